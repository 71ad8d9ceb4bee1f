import { enterFound, findByKey, type HolderRequest, hold, learnArtifact } from "./acquire";
import { type Entry, type Ledger, noPolicy, putEntry, putLease } from "./ledger";

/** A version that this process has published, and the ledger may not know yet. */
export interface OwnVersion {
    readonly version: number;
    /** Version key. */
    readonly key: string;
    readonly codeSha256: string;
    readonly artifact: string;
    /** Of the lease that it was published under. */
    readonly nonce: string;
    /** Of the ledger that the lease was in. */
    readonly epoch: string;
}

/** What became of it. */
export type Entered =
    /** The create holds it. */
    | { readonly outcome: "held"; readonly ledger: Ledger }
    /** Another version of the same key was entered meanwhile: this one goes, and the other is to be taken over. */
    | { readonly outcome: "duplicate"; readonly ledger: Ledger }
    /** It is being deleted, or gone: the create starts again. */
    | { readonly outcome: "lost" }
    /** Whether Lambda still has it is to be looked up, after the ledger was read. */
    | { readonly outcome: "look" };

/**
 * Turns a lease into a version with its holder.
 *
 * A publisher that finds its lease gone was taken for dead. Whoever did so may have entered this version, even held and deleted it,
 * so Lambda is asked first. Then it is the key's version if there is none yet, and a duplicate otherwise. In a ledger that was made
 * anew nobody knows who else holds it: there it is `found`.
 *
 * @param lambdaHasIt `undefined`: not looked up since the ledger was read
 */
export function enterPublished(
    ledger: Ledger,
    own: OwnVersion,
    request: HolderRequest,
    lambdaHasIt: boolean | undefined,
): Entered {
    const { version, key, artifact } = own;
    const entry = ledger.versions.get(version);
    if (entry?.deleting) {
        return { outcome: "lost" };
    }
    if (entry !== undefined) {
        return held(learnArtifact(ledger, version, artifact), own, request);
    }
    if (ledger.publishing.get(key)?.by === own.nonce) {
        return held(enterAsPublished(putLease(ledger, key, undefined), own, false), own, request);
    }
    if (lambdaHasIt === undefined) {
        return { outcome: "look" };
    }
    if (!lambdaHasIt) {
        return { outcome: "lost" };
    }
    if (ledger.epoch !== own.epoch) {
        return held(enterFound(ledger, version, { ...own, artifacts: [artifact] }), own, request);
    }
    const known = findByKey(ledger, key);
    if (known !== undefined && ledger.versions.get(known)?.origin === "published") {
        return { outcome: "duplicate", ledger: enterAsPublished(ledger, own, true) };
    }
    return held(enterAsPublished(putLease(ledger, key, undefined), own, false), own, request);
}

/**
 * Enters a version that this process has published and that is not what was meant: it is deleted. The lease goes with it.
 */
export function enterMismatch(ledger: Ledger, own: OwnVersion): Ledger {
    const { version, key, nonce, epoch } = own;
    const leased = ledger.publishing.get(key)?.by === nonce;
    if (ledger.versions.has(version) || ledger.epoch !== epoch) {
        return ledger;
    }
    return enterAsPublished(leased ? putLease(ledger, key, undefined) : ledger, own, true);
}

const held = (ledger: Ledger, { version }: OwnVersion, request: HolderRequest): Entered => ({
    outcome: "held",
    ledger: hold(ledger, version, request),
});

function enterAsPublished(ledger: Ledger, own: OwnVersion, deleting: boolean): Ledger {
    const entry: Entry = {
        key: own.key,
        codeSha256: own.codeSha256,
        artifacts: deleting ? [] : [own.artifact],
        origin: "published",
        holders: new Map(),
        policy: noPolicy,
        deleting,
    };
    return putEntry(ledger, own.version, entry);
}
