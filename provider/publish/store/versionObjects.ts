import { type Bucket, deleteObject, inBucket, listObjects, objectError } from "../../aws/objects";
import { loadS3 } from "../../aws/sdk";
import { artifactObject, type LayerStore, versionFolder } from "../layout";
import type { VersionObjects } from "../operations/place";

/** Keys that one request deletes at most (Amazon S3, "DeleteObjects"). */
const mostKeys = 1000;

/**
 * What is kept beside the ledger, in S3.
 *
 * @param known names of the files of versions that need not be listed for them, such as the manifest and the record that a state names
 */
export const versionObjects = (
    store: LayerStore,
    known: ReadonlyMap<number, readonly string[]> = new Map(),
): VersionObjects => ({
    delete: async (version, artifacts) => {
        const { bucket } = store;
        const folder = versionFolder(store, version);
        const names = known.get(version);
        const files =
            names === undefined
                ? (await listObjects(bucket, folder)).map(({ key }) => key)
                : names.map((name) => `${folder}${name}`);
        await deleteObjects(bucket, [...files, ...artifacts.map((key) => artifactObject(store, key))]);
    },
});

/** Deletes objects, those that are not there too; many in one request. */
async function deleteObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
    const { DeleteObjectsCommand } = await loadS3();
    const [first, ...others] = keys;
    if (first !== undefined && others.length === 0) {
        return deleteObject(bucket, first);
    }
    for (let start = 0; start < keys.length; start += mostKeys) {
        const batch = keys.slice(start, start + mostKeys);
        const command = new DeleteObjectsCommand({
            ...inBucket(bucket),
            Delete: { Objects: batch.map((Key) => ({ Key })), Quiet: true },
        });
        let refused: unknown;
        try {
            const { Errors = [] } = await bucket.s3.send(command, { abortSignal: bucket.signal });
            // Each key is answered for itself: a refusal of one is an error like that of a single call.
            const [error] = Errors.filter(({ Code }) => Code !== "NoSuchKey");
            refused = error && { name: error.Code, message: error.Message };
        } catch (error) {
            refused = error;
        }
        if (refused !== undefined) {
            throw objectError(refused, bucket, "s3:DeleteObject", batch[0] ?? "");
        }
    }
}
