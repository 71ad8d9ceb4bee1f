import { enterFound, type ShownVersion } from "./acquire";
import { type Lease, type Ledger, noPolicy, putEntry, putLease } from "./ledger";

/**
 * Times of a lease, milliseconds. A publisher that lives renews after `renewal`; one that was not heard of for `stale` counts as
 * dead. Fifty publishers that renew every 20 s write two and a half times a second, which one object carries.
 */
export const leaseTimes = { renewal: 20_000, stale: 30_000 } as const;

/** How long after a lease's last renewal its version may come to be, and how much two of AWS's clocks may differ. */
const windows = { after: 60_000, clocks: 10_000 } as const;

/** What a publisher says of itself. */
export interface LeaseRequest {
    readonly nonce: string;
    /** S3's time now. */
    readonly now: number;
    readonly codeSha256: string;
    readonly settings: string;
}

/**
 * Takes the lease on a version key, or takes it over.
 *
 * @param above Lambda's newest version, looked up for this; where a lease is taken over, what that one says: so what its publisher may
 *   have published is still found by the next
 */
export function takeLease(
    ledger: Ledger,
    key: string,
    { nonce, now, codeSha256, settings }: LeaseRequest,
    above: number,
): Ledger {
    const former = ledger.publishing.get(key);
    const since = former?.by === nonce ? former.since : now;
    return putLease(ledger, key, { by: nonce, since, at: now, above, codeSha256, settings });
}

/** Says that the publisher lives; `undefined` when the lease is not its own any more. */
export function renewLease(ledger: Ledger, key: string, nonce: string, now: number): Ledger | undefined {
    const lease = ledger.publishing.get(key);
    return lease?.by !== nonce ? undefined : putLease(ledger, key, { ...lease, at: Math.max(now, lease.at) });
}

/** Ends a lease under which certainly nothing was published. */
export const dropLease = (ledger: Ledger, key: string, nonce: string): Ledger =>
    ledger.publishing.get(key)?.by === nonce ? putLease(ledger, key, undefined) : ledger;

/** A lease as somebody watches it. */
export interface WatchedLease {
    /** S3's time of the read, milliseconds since the epoch. */
    readonly now: number;
    /** For how many milliseconds the watcher has seen it unchanged, by its own clock. */
    readonly unchangedFor: number;
    /** Default: {@link leaseTimes}.stale. */
    readonly stale?: number | undefined;
}

/** Whether the publisher is taken for dead. Being wrong is safe: the other then finds its lease gone. */
export const isStale = (
    { at }: Lease,
    { now, unchangedFor, stale = leaseTimes.stale }: WatchedLease,
): boolean => now - at >= stale || unchangedFor >= stale;

/** A version in Lambda's list: everything but what its bytes are. */
export interface ListedVersion {
    readonly version: number;
    readonly settings: string;
    /** Milliseconds since the epoch. */
    readonly createdAt: number;
}

/** A version that Lambda shows, with when it came to be. */
export type CandidateVersion = ShownVersion & ListedVersion;

/** Versions that the ledger does not know and a publisher under this lease may have published, as far as a list tells. */
export const possiblyPublishedUnder = <Listed extends ListedVersion>(
    ledger: Ledger,
    { above, settings }: Lease,
    listed: readonly Listed[],
): Listed[] =>
    listed.filter(
        (each) => each.version > above && each.settings === settings && !ledger.versions.has(each.version),
    );

/** What was found of a lease whose publisher did not say. */
export interface LeaseFindings<Version = CandidateVersion> {
    /** What it has published: nothing else can be it. */
    readonly sure: Version | undefined;
    /** What it may have published, or somebody whose ledger is another one. */
    readonly doubtful: readonly Version[];
}

/**
 * Judges what was found of a lease.
 *
 * Another ledger may exist for the same layer, in another bucket, and publish the same bytes at the same time; a version says nothing
 * of where it came from. So a version is taken for this lease's only if it is the only one, came to be in the lease's time, and
 * Lambda has no other version that this ledger does not know. In doubt another is published.
 *
 * @param listed every version of the layer
 * @param candidates those of them that {@link possiblyPublishedUnder} names and whose bytes are the lease's
 */
export function judgeFindings<Version extends CandidateVersion>(
    ledger: Ledger,
    lease: Lease,
    listed: readonly ListedVersion[],
    candidates: readonly Version[],
): LeaseFindings<Version> {
    const matching = candidates.filter(({ codeSha256 }) => codeSha256 === lease.codeSha256);
    const unknown = listed.filter(({ version }) => !ledger.versions.has(version));
    const [first] = matching;
    const isSure =
        first !== undefined &&
        unknown.every(({ version }) => version === first.version) &&
        first.createdAt >= lease.since - windows.clocks &&
        first.createdAt <= lease.at + windows.after;
    return isSure ? { sure: first, doubtful: [] } : { sure: undefined, doubtful: matching };
}

/** Ends a stale lease with what was found of it, without a holder: for the next create of its key. */
export function settleLease(ledger: Ledger, key: string, { sure, doubtful }: LeaseFindings): Ledger {
    const ended = enterDoubtful(putLease(ledger, key, undefined), doubtful);
    return sure === undefined
        ? ended
        : putEntry(ended, sure.version, {
              key,
              codeSha256: sure.codeSha256,
              artifacts: [],
              origin: "published",
              holders: new Map(),
              policy: noPolicy,
              deleting: false,
          });
}

/**
 * Enters versions that may be another ledger's, so that they are known: without a key nobody takes them over, since the other may delete
 * them, and as found nobody deletes them here.
 */
export const enterDoubtful = (ledger: Ledger, doubtful: readonly ShownVersion[]): Ledger =>
    doubtful.reduce(
        (entered, { version, codeSha256 }) => enterFound(entered, version, { codeSha256, artifacts: [] }),
        ledger,
    );
