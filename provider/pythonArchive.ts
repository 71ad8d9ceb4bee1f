import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Archive, PreparedArchive } from "./archive";
import { planArtifact } from "./artifactPlan";
import { type Bucket, objectUri, readObject } from "./aws/objects";
import { LayerError } from "./errors";
import type { PythonLayerInputs } from "./inputs";
import type { Call, Host } from "./layer/host";
import { uploadProgress } from "./layer/messages";
import { artifactObject } from "./publish/layout";
import { inlineZipLimit } from "./publish/limits";
import { counted, megabytes } from "./quantities";
import { inTemporaryFolder } from "./temporaryFolder";
import { findArtifact, type StoredArtifact, uploadArtifact } from "./upload/artifact";
import type { Destination } from "./upload/destination";

/**
 * The archive of a manifest's dependencies: built, packaged and uploaded once for each artifact key.
 *
 * @throws MANIFEST_CHANGED when the manifest is not the one that was checked, before anything is built
 */
export async function openPythonArchive(
    host: Host,
    call: Call,
    inputs: PythonLayerInputs,
    destination: Destination,
): Promise<Archive> {
    const plan = await planArtifact(host, call, inputs);
    const { artifactKey, file, resolution } = plan;
    const key = artifactObject(destination.store, artifactKey);
    const { bucket } = destination.store;
    return {
        artifactKey,
        resolution,
        manifest: { fileName: path.basename(file.path), bytes: file.bytes, md5: file.md5 },
        prepare: async () => {
            const found = await findArtifact(bucket, key, artifactKey);
            if (found !== undefined) {
                if (destination.sameRegion) {
                    return inBucket(found);
                }
                requireInlineSize(inputs, destination, found.codeSize);
                return inRequest(found, await readStored(bucket, found));
            }
            return inTemporaryFolder(host.temporaryFolder, async (temporaryFolder) => {
                let packing = performance.now();
                const artifact = await plan.make(temporaryFolder, {
                    onWheel: (arrived, wanted) => call.status(`${arrived} of ${counted(wanted, "wheel")}`),
                    onPacking: () => {
                        packing = performance.now();
                    },
                });
                const seconds = ((performance.now() - packing) / 1000).toFixed(1);
                call.status(`packed ${megabytes(artifact.size)} in ${seconds} s`);
                for (const warning of artifact.warnings) {
                    call.log("warning", warning);
                }
                if (!destination.sameRegion) {
                    requireInlineSize(inputs, destination, artifact.size);
                }
                const labels = { artifactKey, manifestMd5: file.md5 };
                const onProgress = uploadProgress(call, artifact.size);
                const stored = await uploadArtifact(bucket, key, artifact, labels, onProgress);
                const archive = destination.sameRegion
                    ? inBucket(stored)
                    : inRequest(stored, await readFile(artifact.path));
                return { ...archive, packages: artifact.packages };
            });
        },
        look: async () => {
            const found = await findArtifact(bucket, key, artifactKey);
            return found === undefined
                ? { uncompressedSize: undefined, artifactUri: undefined }
                : inBucket(found);
        },
    };
}

function inBucket(stored: StoredArtifact): PreparedArchive {
    return {
        content: {
            S3Bucket: stored.bucket,
            S3Key: stored.key,
            ...(stored.versionId === undefined ? {} : { S3ObjectVersion: stored.versionId }),
        },
        codeSha256: stored.codeSha256,
        codeSize: stored.codeSize,
        uncompressedSize: stored.uncompressedSize,
        artifactUri: objectUri({ name: stored.bucket }, stored.key),
    };
}

/** Lambda reads no bucket of another region: what is stored there travels inside the request. */
const inRequest = (stored: StoredArtifact, bytes: Buffer): PreparedArchive => ({
    ...inBucket(stored),
    content: { ZipFile: bytes },
});

async function readStored(bucket: Bucket, { key }: StoredArtifact): Promise<Buffer> {
    const found = await readObject(bucket, key);
    if (found === undefined) {
        throw new LayerError("AWS_FAILED", {
            what: "The artifact was deleted while it was being read.",
            where: objectUri(bucket, key),
            next: "Run the same command again: it is built anew.",
        });
    }
    return found.body;
}

function requireInlineSize(inputs: PythonLayerInputs, destination: Destination, size: number): void {
    if (size > inlineZipLimit) {
        throw new LayerError("BUCKET_WRONG_REGION", {
            what: `The bucket "${inputs.bucket}" is in ${destination.bucketRegion ?? "another region"}, layer "${inputs.layerName}" in ${inputs.region}: Lambda reads archives from its own region only, and ${size} bytes do not fit into a request.`,
            next: `Give the argument bucket a bucket in ${inputs.region}.`,
            property: "bucket",
        });
    }
}
