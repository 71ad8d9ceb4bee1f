import { enterFound, forget } from "./acquire";
import { type Entry, type Holding, holdings, type Ledger, newLedger, putEntry } from "./ledger";
import { removeHolder } from "./retention";

/** An owner's way through the versions. */
export interface Succession {
    readonly owner: string;
    /** What it holds, in the order in which it came to it: each took the place of the one before, ghosts and other states aside. */
    readonly holdings: readonly Holding[];
}

/** Who came to which versions, owner by owner. */
export function history(held: readonly Holding[]): Succession[] {
    const all = [...held].sort((left, right) => left.holder.number - right.holder.number);
    const owners = [...new Set(all.map(({ holder }) => holder.owner))].sort();
    return owners.map((owner) => ({ owner, holdings: all.filter(({ holder }) => holder.owner === owner) }));
}

/** What may be let go by hand. Nothing here says that it is safe: only a person knows which states there are. */
export interface Leftovers {
    /** Holds of creates that none of the given states knows. */
    readonly unknownHolds: readonly Holding[];
    readonly keptHolds: readonly Holding[];
    /** Published under this ledger and held by nobody: what a dead publisher has made. */
    readonly waiting: readonly number[];
    /** Found, and held by nobody: neither taken over nor deleted. */
    readonly abandoned: readonly number[];
    /** In Lambda, and not in the ledger. */
    readonly unknownVersions: readonly number[];
    /** In the ledger, and not in Lambda. */
    readonly missing: readonly number[];
}

/**
 * What nobody may need any more.
 *
 * @param known create ids of all states that use the layer
 * @param inLambda numbers of all versions, looked up after the ledger was read
 */
export function findLeftovers(
    ledger: Ledger,
    known: ReadonlySet<string>,
    inLambda: ReadonlySet<number>,
): Leftovers {
    const all = holdings(ledger);
    const unheld = [...ledger.versions].filter(
        ([, { holders, deleting }]) => holders.size === 0 && !deleting,
    );
    const numbersOf = (origin: Entry["origin"]) =>
        unheld.filter(([, entry]) => entry.origin === origin).map(([version]) => version);
    return {
        unknownHolds: all.filter(({ createId, holder }) => holder.use === "current" && !known.has(createId)),
        keptHolds: all.filter(({ holder }) => holder.use === "kept"),
        waiting: numbersOf("published"),
        abandoned: numbersOf("found"),
        unknownVersions: [...inLambda].filter((version) => !ledger.versions.has(version)),
        missing: [...ledger.versions.keys()].filter((version) => !inLambda.has(version)),
    };
}

/** What a person has chosen to let go. */
export interface Pruning {
    readonly createIds: readonly string[];
    /** Versions that are published under this ledger and held by nobody. */
    readonly waiting: readonly number[];
    /** Versions that Lambda does not have. */
    readonly missing: readonly number[];
}

/** Ends the chosen holds, and marks as being deleted what nobody holds then. A version that was found stays in Lambda. */
export function prune(ledger: Ledger, { createIds, waiting, missing }: Pruning): Ledger {
    const released = holdings(ledger)
        .filter(({ createId }) => createIds.includes(createId))
        .reduce((rest, { version, createId }) => removeHolder(rest, version, createId), ledger);
    const marked = waiting.reduce((rest, version) => {
        const entry = rest.versions.get(version);
        const isWaiting = entry?.origin === "published" && entry.holders.size === 0 && !entry.deleting;
        return isWaiting ? putEntry(rest, version, { ...entry, deleting: true }) : rest;
    }, released);
    return missing.reduce(forget, marked);
}

/** A version that a ledger is made anew from: Lambda has it, and its record says what it is. */
export interface RecordedVersion {
    readonly version: number;
    readonly codeSha256: string;
    readonly key: string | undefined;
    readonly artifacts: readonly string[];
}

/**
 * A ledger in the place of one that was lost. Nobody knows who holds what, so every version is a found one: it can be taken over, and is
 * never deleted. States become holders again with their next update.
 */
export const rebuild = (layer: string, epoch: string, versions: readonly RecordedVersion[]): Ledger =>
    versions.reduce(
        (ledger, recorded) => enterFound(ledger, recorded.version, recorded),
        newLedger(layer, epoch),
    );
