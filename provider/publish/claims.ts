import { deleteObject, listObjects, readObject, writeObject } from "../aws/objects";
import { mapConcurrently } from "../concurrency";
import type { Owner } from "../owner";
import { claimObject, claimsFolder, type LayerStore, parseClaimObject, parseSharedClaim } from "./layout";

/** Objects of a layer that are read at the same time. */
export const readsAtOnce = 16;

/** Claims: an owner's marks on the versions it uses. A version that anyone has a claim on is never deleted. */
export interface Claim {
    readonly version: number;
    readonly ownerHash: string;
    /**
     * Milliseconds since the epoch, whole seconds. S3's own time (`LastModified`), so no two machines' clocks are ever
     * compared.
     */
    readonly claimedAt: number;
}

/** An object as a listing names it. */
export interface ListedObject {
    readonly key: string;
    /** Milliseconds since the epoch, whole seconds. */
    readonly lastModified: number;
}

/** A claim of one owner, with what its object says. */
export interface OwnClaim extends Claim {
    /** Which create made it; `undefined` in one that was written before claims had ids. */
    readonly claimId: string | undefined;
    /** One more than any claim that this owner had then; 0 in one that was written before claims had numbers. */
    readonly sequence: number;
    /** The ids of the claims that this one took the place of on the same version, newest first. */
    readonly follows: readonly string[];
    /** The owner as it was written; `undefined` where the object cannot be read. */
    readonly ownerId: string | undefined;
    /** Whether the owner has left the version, and holds it only until its next one is there (deleteBeforeReplace). */
    readonly isWaiting: boolean;
}

/** How many earlier ids a claim remembers: more than runs that were cut short in a row. */
const mostFollowed = 8;

/**
 * Puts the owner's claim on a version, as its newest: the newest claim of an owner is on its current version. One that is
 * the newest already, and has this id, is left as it is.
 *
 * @param claimId names the create that the state's resource came from. A resource that is deleted with an id that its version's
 *   claim follows is the old half of a replacement by the very same version, see `leave.ts`.
 * @returns the other versions that the owner held only until this one is there, see {@link waitForSuccessor}
 */
export async function claimVersion(
    store: LayerStore,
    version: number,
    owner: Owner,
    claimId: string,
): Promise<number[]> {
    const own = await readOwnClaims(store, await listAllClaims(store), owner);
    const newest = newestClaim(own);
    const others = own.filter((claim) => claim.version !== version);
    // Where one waits, the engine has deleted the owner's resource: the rest is of runs that were cut short since, and in no state.
    const superseded = others.some((claim) => claim.isWaiting) ? others.map((claim) => claim.version) : [];
    if (newest?.version === version && newest.claimId === claimId && !newest.isWaiting) {
        return superseded;
    }
    const sequence = 1 + Math.max(0, ...own.map((claim) => claim.sequence));
    const former = own.find((claim) => claim.version === version);
    const follows = [former?.claimId, ...(former?.follows ?? [])]
        .filter((id): id is string => id !== undefined && id !== claimId)
        .slice(0, mostFollowed);
    await writeClaim(store, version, owner, { claimId, sequence, follows });
    return superseded;
}

async function writeClaim(
    store: LayerStore,
    version: number,
    owner: Owner,
    claim: Partial<Pick<OwnClaim, "claimId" | "sequence" | "follows" | "isWaiting">>,
): Promise<void> {
    const body = `${JSON.stringify({ owner: owner.id, ...claim })}\n`;
    await writeObject(store.bucket, claimObject(store, version, owner.hash), body, "application/json");
}

/**
 * Notes in the owner's claim on a version that the version is left, and held only until the owner's next one is there: whichever
 * run makes that one ends it.
 */
export async function waitForSuccessor(
    store: LayerStore,
    version: number,
    owner: Owner,
    own: readonly OwnClaim[],
): Promise<void> {
    const claim = own.find((each) => each.version === version);
    if (claim !== undefined && !claim.isWaiting) {
        const { claimId, sequence, follows } = claim;
        await writeClaim(store, version, owner, { claimId, sequence, follows, isWaiting: true });
    }
}

/**
 * Sees to it that the owner has a claim on a version, without saying yet that it is its newest one: a create that fails
 * after this leaves the claim of the resource in the state as it was. Answers whether there was none.
 */
export async function holdVersion(
    store: LayerStore,
    version: number,
    owner: Owner,
    claimId: string,
): Promise<boolean> {
    if ((await listClaims(store, version)).some(({ ownerHash }) => ownerHash === owner.hash)) {
        return false;
    }
    await claimVersion(store, version, owner, claimId);
    return true;
}

/** Takes the owner's claim off a version; one that is not there is no failure. */
export async function releaseClaim(store: LayerStore, version: number, owner: Owner): Promise<void> {
    await deleteObject(store.bucket, claimObject(store, version, owner.hash));
}

/** Every claim on one version. */
export async function listClaims(store: LayerStore, version: number): Promise<Claim[]> {
    return claimsAmong(store, await listObjects(store.bucket, claimsFolder(store, version)));
}

/** Every claim on every version of the layer. */
export async function listAllClaims(store: LayerStore): Promise<Claim[]> {
    return claimsAmong(store, await listObjects(store.bucket, store.versionsFolder));
}

/** The claims among the objects of a listing. */
export function claimsAmong(store: LayerStore, objects: readonly ListedObject[]): Claim[] {
    return objects.flatMap(({ key, lastModified }) => {
        const claim = parseClaimObject(store, key);
        return claim === undefined ? [] : [{ ...claim, claimedAt: lastModified }];
    });
}

/** Reads those of the claims that are this owner's. */
export function readOwnClaims(
    store: LayerStore,
    claims: readonly Claim[],
    owner: Owner,
): Promise<OwnClaim[]> {
    const own = claims.filter(({ ownerHash }) => ownerHash === owner.hash);
    return mapConcurrently(own, readsAtOnce, store.bucket.signal, (claim) => readClaim(store, claim));
}

/** Reads one claim; one that cannot be read counts as one without an id. */
export async function readClaim(store: LayerStore, claim: Claim): Promise<OwnClaim> {
    const found = await readObject(store.bucket, claimObject(store, claim.version, claim.ownerHash));
    return { ...claim, ...parseClaimBody(found?.body.toString("utf8") ?? "") };
}

/**
 * The owner's newest claim. Claims without a number are compared by S3's whole seconds; of two in one second the one on the
 * later version counts.
 */
export function newestClaim(own: readonly OwnClaim[]): OwnClaim | undefined {
    return [...own].sort(
        (left, right) =>
            (left.sequence > 0 && right.sequence > 0 ? right.sequence - left.sequence : 0) ||
            right.claimedAt - left.claimedAt ||
            right.version - left.version,
    )[0];
}

/**
 * Whether the owner has put a claim on a version of the same layer in another account or region since: its resource has
 * moved there. Only what shares the bucket and the prefix is seen.
 *
 * @param objects of all accounts and regions
 * @param since milliseconds since the epoch, S3's time
 */
export function hasClaimElsewhere(
    store: LayerStore,
    objects: readonly ListedObject[],
    owner: Owner,
    since: number,
): boolean {
    return objects.some(
        ({ key, lastModified }) =>
            lastModified >= since &&
            parseSharedClaim(store, key) === owner.hash &&
            parseClaimObject(store, key) === undefined,
    );
}

function parseClaimBody(text: string): Omit<OwnClaim, keyof Claim> {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        value = undefined;
    }
    const { owner, claimId, sequence, follows, isWaiting } = (
        typeof value === "object" && value !== null ? value : {}
    ) as Record<string, unknown>;
    return {
        ownerId: typeof owner === "string" ? owner : undefined,
        claimId: typeof claimId === "string" ? claimId : undefined,
        follows: Array.isArray(follows) ? follows.filter((id) => typeof id === "string") : [],
        sequence: typeof sequence === "number" && Number.isSafeInteger(sequence) ? sequence : 0,
        isWaiting: isWaiting === true,
    };
}
