import type { Clients } from "../aws/clients";
import { type Bucket, type Encryption, requireBucket } from "../aws/objects";
import { isLayerError, LayerError } from "../errors";
import { type LayerStore, layerStore } from "../publish/layout";

/** Where a layer's things are kept, and whether Lambda can read the bucket itself. */
export interface Destination {
    readonly store: LayerStore;
    /** Lambda reads an archive only from a bucket in the layer's own region. */
    readonly sameRegion: boolean;
    /** Where the bucket is; absent where S3 does not say. */
    readonly bucketRegion: string | undefined;
}

/** Whose a bucket is and where: neither changes while a run lasts. */
export interface FoundBucket {
    /** Account: twelve digits. */
    readonly owner: string;
    /** Absent where S3 does not say. */
    readonly region: string | undefined;
}

/** Buckets that were found in this run, by {@link findBucket}. */
export type FoundBuckets = Map<string, FoundBucket>;

/** Where a layer's things are to be kept. */
export interface DestinationPlace {
    readonly bucket: string;
    readonly prefix: string;
    /** The account that the bucket may belong to beside the layer's own. */
    readonly bucketOwner?: string | undefined;
    readonly encryption?: Encryption | undefined;
}

/**
 * Looks at the bucket: that it exists, where it is and that it belongs to the layer's own account, or to the one that is named.
 *
 * @throws BUCKET_NOT_FOUND, ACCESS_DENIED
 */
export async function openDestination(
    clients: Clients,
    account: string,
    { bucket: name, prefix, bucketOwner, encryption }: DestinationPlace,
    signal: AbortSignal,
    known?: FoundBuckets,
): Promise<Destination> {
    const { region, ...asked } = await findBucket(clients, account, { name, bucketOwner }, signal, known);
    const sameRegion = region === undefined || region === clients.region;
    const bucket: Bucket = { ...asked, encryption, s3: clients.s3In(region ?? clients.region) };
    const foreign = sameRegion && bucket.owner === account ? undefined : `${account}-${clients.region}`;
    return { store: layerStore(bucket, prefix, foreign), sameRegion, bucketRegion: region };
}

/**
 * A bucket of the account that is named, or else of the layer's own: S3 says of neither whose a bucket is, only that it is not
 * the expected account's.
 *
 * @param known what was found is added to it, and not asked for again
 * @throws BUCKET_NOT_FOUND, ACCESS_DENIED
 */
export async function findBucket(
    clients: Clients,
    account: string,
    { name, bucketOwner }: { readonly name: string; readonly bucketOwner: string | undefined },
    signal: AbortSignal,
    known: FoundBuckets = new Map(),
): Promise<Bucket & { readonly region: string | undefined }> {
    const place = JSON.stringify([clients.region, account, name, bucketOwner]);
    const before = known.get(place);
    if (before !== undefined) {
        return { s3: clients.s3, name, signal, ...before };
    }
    const owners = [...new Set([bucketOwner ?? account, account])];
    for (const [position, owner] of owners.entries()) {
        const bucket: Bucket = { s3: clients.s3, name, owner, signal };
        try {
            const { region } = await requireBucket(bucket);
            known.set(place, { owner, region });
            return { ...bucket, region };
        } catch (error) {
            if (!isLayerError(error) || error.code !== "ACCESS_DENIED") {
                throw error;
            }
            if (position === owners.length - 1) {
                throw denied(error, name, owners);
            }
        }
    }
    throw new Error("no owner was asked for");
}

const denied = ({ failure }: LayerError, name: string, owners: readonly string[]): LayerError =>
    new LayerError("ACCESS_DENIED", {
        ...failure,
        what: `s3:ListBucket on bucket "${name}" was denied: the bucket belongs to none of the accounts ${owners.join(" and ")}, or these credentials may not see it, which S3 answers the same.`,
        next: [
            "If it belongs to another account, and is meant, name that account in the argument bucketOwner.",
            "Otherwise allow s3:ListBucket on it to this identity; the README has the smallest policy that works.",
        ],
        property: "bucket",
    });
