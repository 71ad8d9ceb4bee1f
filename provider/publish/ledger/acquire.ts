import { type Entry, type Holder, holdingsOf, type Ledger, noPolicy, putEntry } from "./ledger";
import { wantPolicy, withHolders } from "./policy";
import { versionKey, type WantedVersion } from "./versionKey";

/** A create, or an update that speaks for one. */
export interface HolderRequest {
    /** Random, chosen by the create, kept by the state. */
    readonly createId: string;
    readonly owner: string;
    /** See {@link Holder.keep}. */
    readonly keep: number | null;
    readonly permissions: readonly string[];
}

/** A version as Lambda shows it, as far as the ledger is concerned. */
export interface ShownVersion {
    readonly version: number;
    readonly codeSha256: string;
    /** Digest of the settings. */
    readonly settings: string;
}

/**
 * The version to take over, before anything is built: one that the artifact key is known to lead to, with these settings.
 * Whether Lambda still has it is to be looked up.
 */
export const findByArtifact = (ledger: Ledger, wanted: WantedVersion): number | undefined =>
    joinable(
        ledger,
        ({ key, codeSha256, artifacts }) =>
            artifacts.includes(wanted.artifact) && key === versionKey(wanted, codeSha256),
    );

/** The version to take over, once the bytes are known. */
export const findByKey = (ledger: Ledger, key: string): number | undefined =>
    joinable(ledger, (entry) => entry.key === key);

/** One that is being deleted is never taken over; published under this ledger goes before found, the older before the newer. */
function joinable(ledger: Ledger, matches: (entry: Entry) => boolean): number | undefined {
    const candidates = [...ledger.versions]
        .filter(([, entry]) => !entry.deleting && matches(entry))
        .sort(
            ([left, { origin }], [right, other]) =>
                Number(origin === "found") - Number(other.origin === "found") || left - right,
        );
    return candidates[0]?.[0];
}

/**
 * Makes a create the current holder of a version that is in the ledger and not being deleted.
 *
 * A create that holds it already keeps its number, unless another current holder of its owner has a higher one: whoever asks is
 * alive, and newest. A kept holder of the same owner on this very version says nothing more beside it, and goes.
 */
export function hold(ledger: Ledger, version: number, request: HolderRequest): Ledger {
    const entry = ledger.versions.get(version);
    if (entry === undefined || entry.deleting) {
        return ledger;
    }
    const { createId, owner, keep, permissions } = request;
    const former = entry.holders.get(createId);
    const newest = holdingsOf(ledger, owner, "current")[0];
    const isNewest = former?.use === "current" && newest?.createId === createId;
    const holder: Holder = {
        owner,
        number: isNewest ? former.number : ledger.sequence + 1,
        use: "current",
        keep,
        permissions: [...new Set(permissions)].sort(),
    };
    const others = [...entry.holders].filter(
        ([id, each]) => id !== createId && !(each.owner === owner && each.use === "kept"),
    );
    if (isNewest && others.length === entry.holders.size - 1 && sameHolder(former, holder)) {
        return ledger;
    }
    return putEntry(ledger, version, withHolders(entry, new Map([...others, [createId, holder]])));
}

/** Notes that an artifact key leads to a version's bytes. */
export function learnArtifact(ledger: Ledger, version: number, artifact: string): Ledger {
    const entry = ledger.versions.get(version);
    return entry === undefined || entry.artifacts.includes(artifact)
        ? ledger
        : putEntry(ledger, version, { ...entry, artifacts: [...entry.artifacts, artifact] });
}

/** Facts of a version that comes into the ledger. */
export interface EntryFacts {
    readonly key?: string | undefined;
    readonly codeSha256: string;
    readonly artifacts: readonly string[];
}

/**
 * Enters a version that may be anybody's: it can be held, and is never deleted. One that is in the ledger stays as it is.
 *
 * @param given what its permissions may have been so far
 */
export function enterFound(
    ledger: Ledger,
    version: number,
    { key, codeSha256, artifacts }: EntryFacts,
    given: readonly string[] = [],
): Ledger {
    if (ledger.versions.has(version)) {
        return ledger;
    }
    const entry: Entry = {
        ...(key === undefined ? {} : { key }),
        codeSha256,
        artifacts,
        origin: "found",
        holders: new Map(),
        policy: noPolicy,
        deleting: false,
    };
    return putEntry(ledger, version, given.length === 0 ? entry : wantPolicy(entry, given));
}

/** Takes out the entry of a version that Lambda certainly does not have, holders and all. */
export const forget = (ledger: Ledger, version: number): Ledger =>
    ledger.versions.has(version) ? putEntry(ledger, version, undefined) : ledger;

/** An entry that does not say what Lambda says was changed by hand: it is neither taken over nor deleted from now on. */
export function distrust(ledger: Ledger, { version, codeSha256 }: ShownVersion): Ledger {
    const entry = ledger.versions.get(version);
    if (entry === undefined || entry.deleting || (entry.key === undefined && entry.origin === "found")) {
        return ledger;
    }
    const { key: _, ...rest } = entry;
    return putEntry(ledger, version, { ...rest, codeSha256, artifacts: [], origin: "found" });
}

const sameHolder = (left: Holder, right: Holder): boolean =>
    left.owner === right.owner &&
    left.keep === right.keep &&
    left.use === right.use &&
    left.permissions.join() === right.permissions.join();
