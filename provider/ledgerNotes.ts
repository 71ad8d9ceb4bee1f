import { isLayerError } from "./errors";
import { readKeepVersions } from "./inputs";
import type { Call } from "./layer/host";
import { problemText } from "./ledgerErrors";
import type { Holding } from "./publish/ledger/ledger";
import type { KeptBecause, Note, Tell } from "./publish/ledger/notes";
import { versionList } from "./quantities";

/** Says what the operations on a ledger tell, in the words of the run. */
export const tellThrough =
    (call: Pick<Call, "log">): Tell =>
    (note) => {
        const said = wordsOf(note);
        if (said !== undefined) {
            call.log(said[0], said[1]);
        }
    };

/** How much a note matters, and its words; `undefined` where the hook itself says it. */
function wordsOf(note: Note): readonly [severity: "info" | "warning", text: string] | undefined {
    switch (note.code) {
        case "published":
        case "taken over":
            return undefined;
        case "deleted":
            return ["info", `deleted version ${note.version}`];
        case "let go":
            return ["info", `let go of version ${note.version}`];
        case "kept":
            return kept(note.version, note.because, note.holders);
        case "kept too":
            return [
                "info",
                `kept ${versionList(note.versions)} too: superseded versions stay, unless forceDestroy is true`,
            ];
        case "other hold": {
            const { version, createId, holder } = note.holding;
            return [
                "warning",
                `version ${version} is also held by create ${createId} of ${holder.owner}: a run that was cut short, or another state with the same names. It stays. If no state has it, \`pulumi-lambda-layer release ${createId}\` lets go of it.`,
            ];
        }
        case "waiting":
            return ["info", "another run is publishing the same version: waiting for it"];
        case "lease ended":
            return note.version === undefined
                ? undefined
                : ["info", `version ${note.version} was published by a run that was cut short`];
        case "doubtful version":
            return [
                "warning",
                `version ${note.version} may have been published by a call that was never answered. It is left alone: \`pulumi-lambda-layer prune\` lists it.`,
            ];
        case "ledger made":
            return note.newestVersion === 0
                ? undefined
                : [
                      "info",
                      `no ledger was there, so a new one is made: versions up to ${note.newestVersion} are left alone`,
                  ];
        case "ledger not used":
            return ["warning", `the ledger is not used: ${problemText(note.problem)}. Nothing is deleted.`];
        case "missing in Lambda":
            return ["warning", `version ${note.version} is not in Lambda any more: its entry is taken out`];
        case "not what it says":
            return [
                "warning",
                `version ${note.version} is not what the ledger says of it. It is neither taken over nor deleted.`,
            ];
        case "duplicate":
            return ["info", `version ${note.version} was published twice: the second one goes`];
        case "left undone": {
            const { what, version, error } = note;
            const about = version === undefined ? "" : ` of version ${version}`;
            const because = isLayerError(error) ? `${error.code}: ${error.failure.what}` : String(error);
            return [
                "warning",
                `the ${what}${about} could not be completed: ${because} The next run tries again.`,
            ];
        }
    }
}

function kept(
    version: number,
    because: KeptBecause,
    holders: readonly Holding[],
): readonly ["info" | "warning", string] {
    const stays = `kept version ${version}`;
    switch (because) {
        case "superseded":
            return ["info", `${stays}: functions may still use it (keepVersions)`];
        case "held":
            return ["info", `${stays}: ${ownersOf(holders)}`];
        case "doubtful":
            return [
                "warning",
                `${stays}: a newer create of this resource is known, so this one may be superseded (keepVersions)`,
            ];
        case "found":
            return [
                "info",
                `${stays}: it may be somebody else's, since it was not published from this place`,
            ];
        case "unknown":
            return ["info", `${stays}: this state holds it no more`];
        case "another epoch":
            return [
                "warning",
                `${stays}: the ledger was made anew since, so it is not known who else uses it`,
            ];
        case "no ledger":
            return [
                "warning",
                `${stays}: its ledger is missing, so it is not known who else uses it. \`pulumi-lambda-layer rebuild\` makes it anew`,
            ];
        case "ledger not used":
            return ["warning", `${stays}: its ledger is not used, so it is not known who else uses it`];
    }
}

/** Owners that a line names; the rest is a number. */
const mostOwners = 3;

function ownersOf(holders: readonly Holding[]): string {
    const owners = [...new Set(holders.map(({ holder }) => holder.owner))].sort();
    const named = owners.slice(0, mostOwners).join(", ");
    const rest = owners.length - mostOwners;
    return `${named}${rest > 0 ? ` and ${rest} more` : ""} ${owners.length === 1 ? "uses" : "use"} it`;
}

/**
 * What becomes of a version that is to be replaced, as far as a preview can tell: others may use it, too.
 *
 * @param keepVersions as the program says
 */
export function ruleOfKeeping(version: number, keepVersions: unknown): string {
    const keep = readKeepVersions(keepVersions);
    if (keep === undefined) {
        return `version ${version} will be kept`;
    }
    return keep === 0
        ? `version ${version} will be deleted at the end, unless somebody else uses it (keepVersions: 0)`
        : `version ${version} will be kept; of the superseded ones the newest ${keep} stay (keepVersions: ${keep})`;
}
