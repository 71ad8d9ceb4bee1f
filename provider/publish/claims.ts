import { deleteObject, listObjects, writeObject } from "../aws/objects";
import type { Owner } from "../owner";
import { claimObject, claimsFolder, type LayerStore, parseClaimObject } from "./layout";

/**
 * Claims: an owner's marks on the versions it uses. A version that anyone has a claim on is never deleted.
 *
 * A claim's time is S3's own (`LastModified`), so no two machines' clocks are ever compared.
 */
export interface Claim {
    readonly version: number;
    readonly ownerHash: string;
    /** Milliseconds since the epoch, whole seconds as S3 gives them. */
    readonly claimedAt: number;
}

/** Puts the owner's claim on a version, or renews it: the newest claim of an owner is its current version. */
export async function claimVersion(store: LayerStore, version: number, owner: Owner): Promise<void> {
    await writeObject(
        store.bucket,
        claimObject(store, version, owner.hash),
        `${JSON.stringify({ owner: owner.id })}\n`,
        "application/json",
    );
}

/** Takes the owner's claim off a version; one that is not there is no failure. */
export async function releaseClaim(store: LayerStore, version: number, owner: Owner): Promise<void> {
    await deleteObject(store.bucket, claimObject(store, version, owner.hash));
}

/** Every claim on one version. */
export async function listClaims(store: LayerStore, version: number): Promise<Claim[]> {
    return parseClaims(store, await listObjects(store.bucket, claimsFolder(store, version)));
}

/** Every claim on every version of the layer. */
export async function listAllClaims(store: LayerStore): Promise<Claim[]> {
    return parseClaims(store, await listObjects(store.bucket, store.versionsFolder));
}

function parseClaims(store: LayerStore, objects: readonly { key: string; lastModified: number }[]): Claim[] {
    return objects.flatMap(({ key, lastModified }) => {
        const claim = parseClaimObject(store, key);
        return claim === undefined ? [] : [{ ...claim, claimedAt: lastModified }];
    });
}
