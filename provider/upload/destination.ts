import type { Clients } from "../aws/clients";
import { type Bucket, requireBucket } from "../aws/objects";
import { isLayerError } from "../errors";
import { type LayerStore, layerStore } from "../publish/layout";

/** Where a layer's things are kept, and whether Lambda can read the bucket itself. */
export interface Destination {
    readonly store: LayerStore;
    /** Lambda reads an archive only from a bucket in the layer's own region. */
    readonly sameRegion: boolean;
    /** Where the bucket is; absent where S3 does not say. */
    readonly bucketRegion: string | undefined;
}

/**
 * Looks at the bucket: that it exists, where it is and whether it is the layer's own account's.
 *
 * @throws BUCKET_NOT_FOUND, ACCESS_DENIED
 */
export async function openDestination(
    clients: Clients,
    account: string,
    place: { readonly bucket: string; readonly prefix: string },
    signal: AbortSignal,
): Promise<Destination> {
    const asked: Bucket = { s3: clients.s3, name: place.bucket, signal };
    const { region, ownAccount } = await look(asked, account);
    const sameRegion = region === undefined || region === clients.region;
    const bucket = { ...asked, s3: clients.s3In(region ?? clients.region) };
    const foreign = sameRegion && ownAccount ? undefined : `${account}-${clients.region}`;
    return { store: layerStore(bucket, place.prefix, foreign), sameRegion, bucketRegion: region };
}

async function look(
    bucket: Bucket,
    account: string,
): Promise<{ region: string | undefined; ownAccount: boolean }> {
    try {
        return { ...(await requireBucket(bucket, account)), ownAccount: true };
    } catch (error) {
        if (!isLayerError(error) || error.code !== "ACCESS_DENIED") {
            throw error;
        }
        // Denied is what S3 answers for a bucket of another account than the expected one, readable or not.
        return { ...(await requireBucket(bucket)), ownAccount: false };
    }
}
