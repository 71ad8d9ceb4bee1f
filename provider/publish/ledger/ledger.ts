/**
 * What is known of one layer: which versions there are, who holds them, and who is publishing. It is kept as one object in the
 * bucket, changed by conditional writes only, and nothing else decides what may be deleted.
 *
 * The functions of this folder go from ledger to ledger: no I/O, no clock, no randomness. Each gives the same result when it is
 * applied twice, by create id or nonce, so that a write whose answer was lost can simply be tried again. A function that has
 * nothing to change returns the very ledger that it was given.
 */
export interface Ledger {
    /** ARN of the layer, without a version. */
    readonly layer: string;
    /** Random, made with the ledger: a state with another epoch belongs to a ledger that was lost. */
    readonly epoch: string;
    /** Grows by one with every write. */
    readonly sequence: number;
    /** By version number. */
    readonly versions: ReadonlyMap<number, Entry>;
    /** By version key: who is publishing it. */
    readonly publishing: ReadonlyMap<string, Lease>;
}

/** A layer version that Lambda has, or had a moment ago. */
export interface Entry {
    /** Version key; absent where nobody knows it. Such a version is never taken over. */
    readonly key?: string;
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Artifact keys that are known to lead to these bytes. */
    readonly artifacts: readonly string[];
    /** `found`: perhaps not published under this ledger, so that it is never deleted. */
    readonly origin: "published" | "found";
    /** By create id. */
    readonly holders: ReadonlyMap<string, Holder>;
    readonly policy: Policy;
    /** Final: nobody holds the version, and whoever reads this completes its deletion. */
    readonly deleting: boolean;
}

/** A resource that uses a version: one create, named by a random id that its state keeps. */
export interface Holder {
    /** Project, stack, parents, kind and name of the resource. Two states may have the same. */
    readonly owner: string;
    /** The ledger's `sequence` when it became a holder, or was found to be the newest of its owner. */
    readonly number: number;
    /** `kept`: the resource has gone on to another version, and `keepVersions` holds this one. */
    readonly use: "current" | "kept";
    /** How many superseded versions of the owner survive; `null`: all. */
    readonly keep: number | null;
    /** Accounts, organisations or `*` that may use the version. */
    readonly permissions: readonly string[];
}

/** How far a version's policy in Lambda follows from its holders' permissions. */
export interface Policy {
    /** Counts the changes of the holders' permissions. */
    readonly want: number;
    /** The change up to which the policy in Lambda was brought. Behind `want`: whoever reads this brings it on. */
    readonly done: number;
    /** What may have been granted, sorted: only this is ever taken back. */
    readonly given: readonly string[];
}

/** Somebody is publishing a version key. */
export interface Lease {
    /** Nonce of the publisher. */
    readonly by: string;
    /** S3's time when the publisher took the lease, milliseconds since the epoch. */
    readonly since: number;
    /** S3's time when the lease was last renewed, milliseconds since the epoch. */
    readonly at: number;
    /** Lambda's newest version before the first call: what is published under this lease has a higher number. */
    readonly above: number;
    /** Of what is being published, base64. */
    readonly codeSha256: string;
    /** Digest of the settings that Lambda shows, see `versionKey.ts`. */
    readonly settings: string;
}

/** A policy of which nobody ever wanted anything. */
export const noPolicy: Policy = { want: 0, done: 0, given: [] };

/** A ledger for a layer that had none. */
export const newLedger = (layer: string, epoch: string): Ledger => ({
    layer,
    epoch,
    sequence: 0,
    versions: new Map(),
    publishing: new Map(),
});

/** Whether nothing would be lost without the ledger. */
export const isEmpty = ({ versions, publishing }: Ledger): boolean =>
    versions.size === 0 && publishing.size === 0;

/** A holder with the version that it holds. */
export interface Holding {
    readonly version: number;
    readonly createId: string;
    readonly holder: Holder;
}

/** Every holder of a version; none of one that is not in the ledger. */
export const holdingsOn = ({ versions }: Ledger, version: number): Holding[] =>
    [...(versions.get(version)?.holders ?? [])].map(([createId, holder]) => ({ version, createId, holder }));

/** Every holder of every version. */
export const holdings = (ledger: Ledger): Holding[] =>
    [...ledger.versions.keys()].flatMap((version) => holdingsOn(ledger, version));

/** The holder with a create id; a create holds one version at most. */
export const holdingOf = (ledger: Ledger, createId: string): Holding | undefined =>
    holdings(ledger).find((each) => each.createId === createId);

/** What an owner's resources hold, newest first. */
export const holdingsOf = (ledger: Ledger, owner: string, use: Holder["use"]): Holding[] =>
    holdings(ledger)
        .filter(({ holder }) => holder.owner === owner && holder.use === use)
        .sort((left, right) => right.holder.number - left.holder.number);

/** The ledger with another entry for a version; `undefined` takes it out. */
export function putEntry(ledger: Ledger, version: number, entry: Entry | undefined): Ledger {
    const versions = new Map(ledger.versions);
    if (entry === undefined) {
        versions.delete(version);
    } else {
        versions.set(version, entry);
    }
    return { ...ledger, versions };
}

/** The ledger with another lease on a version key; `undefined` takes it out. */
export function putLease(ledger: Ledger, key: string, lease: Lease | undefined): Ledger {
    const publishing = new Map(ledger.publishing);
    if (lease === undefined) {
        publishing.delete(key);
    } else {
        publishing.set(key, lease);
    }
    return { ...ledger, publishing };
}
