import type { Leftover, PruningPlan, StaysBecause } from "../publish/ledger/pruning";
import { type Call, type Command, jsonOption, layerOptions, writeJson, writeLines } from "./command";
import { type ExportedStates, readExportedStates } from "./exportedState";
import { type OpenLedger, openLedger } from "./openLedger";
import { UsageError } from "./options";

export const pruneCommand: Command = {
    name: "prune",
    summary: "What a layer has and nobody needs any more: shows it, and with --yes removes it",
    usage: [
        "--bucket <bucket> --layer <name> --state <file>... [options]",
        "s3://<bucket>/<prefix> --layer <name> --state <file>... [options]",
    ],
    details: [
        "Runs that were cut short and states that were lost leave holds behind, and a version with a hold is never deleted. Only the states tell which holds those are: export each stack that uses the layer after its last run, with `pulumi stack export --file <file>`, and let no run of it go on meanwhile.",
        "A hold is let go only if the state of its own stack is given and does not know it. Where two states have the same project and stack, give both. A version that stands anywhere in a given state stays.",
        "What nobody holds then is deleted, and with it versions that a run which was cut short has published, entries of versions that Lambda does not have, and zips that no version comes from. Versions that this package may not have published are only listed.",
    ],
    options: [
        ...layerOptions,
        {
            name: "state",
            value: "<file>",
            multiple: true,
            text: "state of a stack, as `pulumi stack export` writes it",
        },
        { name: "kept", text: "let go of superseded versions too, which functions may still use" },
        { name: "yes", text: "do it; without, it is only shown" },
        jsonOption,
    ],
    examples: [
        {
            line: "prune --bucket artifacts --layer shop-prod-deps --state prod.json",
            text: "what would go, as far as the stack in prod.json tells",
        },
        {
            line: "prune --bucket artifacts --layer shop-prod-deps --state prod.json --state dev.json --yes",
            text: "remove it",
        },
    ],
    run: runPrune,
};

async function runPrune(call: Call): Promise<void> {
    const { positionals, options, terminal } = call;
    if (positionals.length > 1) {
        throw new UsageError(`prune takes one address, and was given ${positionals.length}.`);
    }
    const states = await readExportedStates(options.texts("state"), terminal.folder);
    const ledger = await openLedger(call, positionals[0]);
    const [{ lookForPruning, pruneLedger }, { deleteArtifacts, findArtifactsLeft }, { objectUri }] =
        await Promise.all([
            import("../publish/operations/repairLedger"),
            import("../publish/store/artifactsLeft"),
            import("../aws/objects"),
        ]);
    const { store } = ledger.layer;
    const known = { ...states, versions: versionsOf(states, ledger) };
    const plan = await ledger.run(() => lookForPruning(ledger.place, known, options.flag("kept")));
    const zips = await findArtifactsLeft(store, Date.now());
    const uris = zips.keys.map((key) => objectUri(store.bucket, key));
    const does = options.flag("yes");
    if (does) {
        await ledger.run(() => pruneLedger(ledger.place, plan.chosen));
        await deleteArtifacts(store, zips.keys);
    }
    if (options.flag("json")) {
        writeJson(terminal, {
            layerName: ledger.layerName,
            done: does,
            goes: [...plan.goes.map(asJson), ...uris.map((uri) => ({ what: "zip", uri }))],
            stays: plan.stays.map(({ leftover, because }) => ({ ...asJson(leftover), because })),
        });
        return;
    }
    const unreadable = zips.unreadable && objectUri(store.bucket, zips.unreadable);
    writeLines(terminal, render(ledger.layerName, plan, uris, unreadable, does));
}

/** Versions of this layer that the states name. */
function versionsOf({ versionArns }: ExportedStates, { place }: OpenLedger): ReadonlySet<number> {
    const start = `${place.layer}:`;
    return new Set(
        [...versionArns].flatMap((arn) => (arn.startsWith(start) ? [Number(arn.slice(start.length))] : [])),
    );
}

function render(
    layerName: string,
    { goes, stays }: PruningPlan,
    uris: readonly string[],
    unreadable: string | undefined,
    done: boolean,
): string[] {
    const going = [
        ...goes.map((each) => `  ${describe(each)}: ${whyItGoes[each.what]}`),
        ...uris.map((uri) => `  ${uri}: no version comes from it`),
    ];
    const staying = [
        ...stays.map(({ leftover, because }) => `  ${describe(leftover)}: ${whyItStays[because]}`),
        ...(unreadable === undefined ? [] : [`  all zips: the ledger ${unreadable} cannot be read`]),
    ];
    const nothing = `Layer ${layerName} has nothing that could go.`;
    return [
        ...(going.length === 0
            ? [nothing]
            : [`${done ? "Gone" : "Goes"} from layer ${layerName}:`, ...going]),
        ...(staying.length === 0 ? [] : ["Stays:", ...staying]),
        ...(going.length === 0 || done ? [] : ["Nothing was changed. With --yes it is done."]),
    ];
}

function describe(leftover: Leftover): string {
    if ("holding" in leftover) {
        const { version, createId, holder } = leftover.holding;
        return `version ${version}, held by create ${createId} of ${holder.owner}`;
    }
    return `version ${leftover.version}`;
}

const whyItGoes: Record<Leftover["what"], string> = {
    hold: "the state of its stack does not know it",
    "kept hold": "it is superseded",
    waiting: "a run that was cut short has published it, and nobody holds it",
    missing: "Lambda does not have it, so its entry goes",
    found: "it was not published from this place",
    unknown: "it is not in the ledger",
};

const whyItStays: Record<StaysBecause, string> = {
    "stack not given": "the state of its stack is not given",
    "named in a state": "a given state names the version",
    kept: "it is superseded, and functions may still use it; --kept lets go of it",
    "not ours": "it may be somebody else's, and nobody holds it here",
    "not in the ledger": "it is not in the ledger, so it is not known whose it is",
};

const asJson = (leftover: Leftover): Record<string, unknown> =>
    "holding" in leftover
        ? {
              what: leftover.what,
              version: leftover.holding.version,
              createId: leftover.holding.createId,
              owner: leftover.holding.holder.owner,
          }
        : { what: leftover.what, version: leftover.version };
