import { type Entry, type Holding, holdingsOf, type Ledger, putEntry } from "./ledger";
import { putHolder, withHolders } from "./policy";

/**
 * Takes a holder off a version. The last one off a version that was published under this ledger marks it as being deleted, in the
 * same write.
 */
export function removeHolder(ledger: Ledger, version: number, createId: string): Ledger {
    const entry = ledger.versions.get(version);
    if (entry === undefined || !entry.holders.has(createId)) {
        return ledger;
    }
    const holders = new Map(entry.holders);
    holders.delete(createId);
    const rest: Entry = withHolders(entry, holders);
    const deleting = holders.size === 0 && entry.origin === "published";
    return putEntry(ledger, version, deleting ? { ...rest, deleting } : rest);
}

/** What retention goes by. */
export interface Retention {
    readonly owner: string;
    /** Only the versions of these creates are let go. Default: of any. */
    readonly only?: ReadonlySet<string>;
    /** Counts where the owner has no current version here, because the same run has made its next one in another layer. */
    readonly keep?: number | null;
}

/**
 * Lets go of an owner's kept versions beyond the number that its newest current holder names. Kept versions follow the owner's
 * permissions as they are now.
 *
 * What is kept has been through its delete hook: functions have moved. Current versions are never touched.
 */
export function retain(ledger: Ledger, { owner, only, keep: keepElsewhere }: Retention): Ledger {
    const [newest] = holdingsOf(ledger, owner, "current");
    const keep = newest === undefined ? (keepElsewhere ?? null) : newest.holder.keep;
    const permitted = newest === undefined ? ledger : permitKept(ledger, owner, newest.holder.permissions);
    if (keep === null) {
        return permitted;
    }
    return keptVersions(permitted, owner)
        .slice(keep)
        .filter((each) => only === undefined || each.every(({ createId }) => only.has(createId)))
        .flat()
        .reduce((rest, { version, createId }) => removeHolder(rest, version, createId), permitted);
}

/** An owner's kept holders by version, the version that was left last first. */
function keptVersions(ledger: Ledger, owner: string): Holding[][] {
    const byVersion = new Map<number, Holding[]>();
    for (const each of holdingsOf(ledger, owner, "kept")) {
        byVersion.set(each.version, [...(byVersion.get(each.version) ?? []), each]);
    }
    return [...byVersion.values()];
}

function permitKept(ledger: Ledger, owner: string, permissions: readonly string[]): Ledger {
    return holdingsOf(ledger, owner, "kept")
        .filter(({ holder }) => holder.permissions.join() !== permissions.join())
        .reduce(
            (permitted, { version, createId, holder }) =>
                putHolder(permitted, version, createId, { ...holder, permissions }),
            ledger,
        );
}
