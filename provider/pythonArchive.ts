import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Archive, PreparedArchive } from "./archive";
import { objectUri } from "./aws/objects";
import { buildWheels, run } from "./build";
import { defaultCacheFolder } from "./build/wheelCache";
import { LayerError } from "./errors";
import type { PythonLayerInputs } from "./inputs";
import { parseManifest, readManifest } from "./manifest";
import { sourceIdentity } from "./manifest/compare";
import type { Dependency } from "./manifest/model";
import { kindOf, select } from "./manifestInputs";
import { packageLayer } from "./package";
import type { Artifact } from "./package/model";
import { contentKey } from "./publish/keys";
import { artifactObject } from "./publish/layout";
import { inlineZipLimit } from "./publish/limits";
import { report } from "./report";
import { type Target, targetFor } from "./target";
import { inTemporaryFolder } from "./temporaryFolder";
import { findArtifact, uploadArtifact } from "./upload/artifact";
import type { Destination } from "./upload/destination";

/** Moves only when the same dependencies have to give other bytes. */
const artifactFormat = 1;

/**
 * The archive of a manifest's dependencies: built, packaged and uploaded once for each artifact key.
 *
 * @param folder the program's directory
 * @throws MANIFEST_CHANGED when the manifest is not the one that was checked, before anything is built
 */
export async function openPythonArchive(
    inputs: PythonLayerInputs,
    destination: Destination,
    folder: string,
    signal: AbortSignal,
): Promise<Archive> {
    const target = targetFor(inputs.pythonVersion, inputs.architecture);
    const file = await readManifest(inputs.manifest, { folder, ...kindOf({ ...inputs }) });
    if (file.md5 !== inputs.manifestMd5) {
        throw manifestChanged(inputs, file.md5);
    }
    const { dependencies } = select(file, { ...inputs }, target);
    const artifactKey = pythonArtifactKey(dependencies, target);
    const key = artifactObject(destination.store, artifactKey);
    const { bucket } = destination.store;
    return {
        artifactKey,
        manifest: { fileName: path.basename(file.path), bytes: file.bytes, md5: file.md5 },
        prepare: async () => {
            const found = await findArtifact(bucket, key, artifactKey);
            if (found !== undefined && destination.sameRegion) {
                report(inputs.layerName, `the artifact is in S3 already (${found.codeSize} bytes)`);
                return inBucket(found);
            }
            return inTemporaryFolder(async (temporaryFolder) => {
                const wheels = await buildWheels(
                    {
                        manifest: parseManifest(file),
                        manifestFolder: path.dirname(file.absolutePath),
                        dependencies,
                        target,
                        indexes: [],
                        allowSourceBuilds: inputs.allowSourceBuilds ?? [],
                    },
                    {
                        run,
                        signal,
                        cacheFolder: defaultCacheFolder(process.env),
                        temporaryFolder,
                        report: (line) => report(inputs.layerName, line),
                    },
                );
                const artifact = await packageLayer(
                    { wheels, target, destination: path.join(temporaryFolder, "layer.zip") },
                    { signal, cacheFolder: defaultCacheFolder(process.env) },
                );
                report(
                    inputs.layerName,
                    `packed ${wheels.length} wheels into ${megabytes(artifact.size)}, ${megabytes(artifact.uncompressedSize)} unpacked`,
                );
                for (const warning of artifact.warnings) {
                    report(inputs.layerName, `warning: ${warning}`);
                }
                if (!destination.sameRegion) {
                    return await inRequest(inputs, destination, artifact);
                }
                const labels = { artifactKey, manifestMd5: file.md5 };
                return inBucket(await uploadArtifact(bucket, key, artifact, labels));
            });
        },
    };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** What decides the zip's bytes. Where the manifest leaves the choice of a file open, the target decides with it. */
function pythonArtifactKey(dependencies: readonly Dependency[], target: Target): string {
    const complete = dependencies.every(({ file }) => file?.hash !== undefined);
    return contentKey({
        artifactFormat,
        dependencies: dependencies.map(({ name, version, source, file, hashes }) => ({
            name,
            version,
            ...(file?.hash === undefined
                ? { source: sourceIdentity(source), hashes: [...hashes].sort() }
                : {}),
            filename: file?.filename,
            hash: file?.hash,
        })),
        ...(complete ? {} : { python: target.pythonFullVersion, architecture: target.architecture }),
    });
}

function inBucket(stored: Awaited<ReturnType<typeof uploadArtifact>>): PreparedArchive {
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

async function inRequest(
    inputs: PythonLayerInputs,
    destination: Destination,
    artifact: Artifact,
): Promise<PreparedArchive> {
    if (artifact.size > inlineZipLimit) {
        throw new LayerError("BUCKET_WRONG_REGION", {
            what: `The bucket "${inputs.bucket}" is in ${destination.bucketRegion ?? "another region"}, layer "${inputs.layerName}" in ${inputs.region}: Lambda reads archives from its own region only, and ${artifact.size} bytes do not fit into a request.`,
            next: `Give the argument bucket a bucket in ${inputs.region}.`,
            property: "bucket",
        });
    }
    return {
        content: { ZipFile: await readFile(artifact.path) },
        codeSha256: artifact.codeSha256,
        codeSize: artifact.size,
        uncompressedSize: artifact.uncompressedSize,
        artifactUri: undefined,
    };
}

function manifestChanged(inputs: PythonLayerInputs, md5: string): LayerError {
    return new LayerError("MANIFEST_CHANGED", {
        what: `The manifest ${inputs.manifest} of layer "${inputs.layerName}" changed while the run was under way.`,
        detail: [`checked MD5 ${inputs.manifestMd5}`, `found MD5 ${md5}`],
        next: "Nothing was built. Run the same command again when whatever writes the file is done.",
        property: "manifest",
    });
}
