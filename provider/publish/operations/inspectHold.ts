import { batchesOf } from "../../concurrency";
import { type Entry, holdingOf, holdingsOf, type Ledger } from "../ledger/ledger";
import { policyChange } from "../ledger/policy";
import { look } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import { granteesOf, type LayerVersions, type Place, type PublishedFacts } from "./place";

/** Policies that are read at the same time. */
const atOnce = 8;

/** What a state says of its version. */
export interface StateHold {
    readonly version: number;
    /** `undefined` in a state that was imported: it never held anything. */
    readonly createId: string | undefined;
    readonly epoch: string | undefined;
    /** Who may use the version; `undefined`: the resource never said, and policies are not looked at. Default: the same. */
    readonly permissions?: readonly string[] | undefined;
}

/** What is there of it. Everything but `current` is drift: the next update makes the state's create a holder again. */
export interface InspectedHold {
    /** `undefined`: Lambda does not have the version. */
    readonly version: PublishedFacts | undefined;
    readonly hold:
        | "current"
        | "kept"
        | "none"
        | "deleting"
        | "another epoch"
        | "no ledger"
        | "ledger not used";
    /** Whether others hold the version too. */
    readonly isShared: boolean;
    /** Who is permitted in Lambda, sorted, for the first version of the owner whose policy is not what its holders want. */
    readonly permissions: readonly string[] | undefined;
}

/** Looks at a state's version and its hold. Changes nothing. */
export async function inspectHold(place: Place, state: StateHold): Promise<InspectedHold> {
    const read = await look(place);
    const version = await lookUp(place, state.version);
    const alone = { version, isShared: false, permissions: undefined };
    if ("problem" in read) {
        place.tell({ code: "ledger not used", problem: read.problem });
        return { ...alone, hold: "ledger not used" };
    }
    if (read.version === undefined) {
        return { ...alone, hold: "no ledger" };
    }
    const { ledger } = read;
    if (state.epoch !== undefined && ledger.epoch !== state.epoch) {
        return { ...alone, hold: "another epoch" };
    }
    const entry = ledger.versions.get(state.version);
    if (entry?.deleting) {
        return { ...alone, hold: "deleting" };
    }
    const holding = state.createId === undefined ? undefined : holdingOf(ledger, state.createId);
    const isHeld = holding?.version === state.version;
    const permissions =
        state.permissions === undefined || holding === undefined || version === undefined
            ? undefined
            : await wrongPermissions(place.versions, ledger, holding.holder.owner, state.version);
    return {
        version,
        hold: isHeld ? holding.holder.use : "none",
        isShared: (entry?.holders.size ?? 0) > (isHeld ? 1 : 0),
        permissions,
    };
}

/** Looks at the policies of the version and of the owner's kept ones. */
async function wrongPermissions(
    versions: LayerVersions,
    ledger: Ledger,
    owner: string,
    version: number,
): Promise<readonly string[] | undefined> {
    const kept = holdingsOf(ledger, owner, "kept").map((each) => each.version);
    const entries = [...new Set([version, ...kept])].flatMap((each): [number, Entry][] => {
        const entry = ledger.versions.get(each);
        return entry === undefined || entry.deleting ? [] : [[each, entry]];
    });
    for (const batch of batchesOf(entries, atOnce)) {
        const read = batch.map(async ([each, entry]) => {
            const present = granteesOf(await versions.readPolicy(each));
            const { add, remove } = policyChange(entry, present);
            return add.length + remove.length > 0 ? present.sort() : undefined;
        });
        const wrong = (await Promise.all(read)).find((present) => present !== undefined);
        if (wrong !== undefined) {
            return wrong;
        }
    }
    return undefined;
}
