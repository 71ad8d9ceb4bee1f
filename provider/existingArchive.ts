import path from "node:path";
import type { Archive, PreparedArchive } from "./archive";
import { type Bucket, hashObject, headObject, objectUri, readObjectStart } from "./aws/objects";
import { readRegularFile } from "./disk";
import { LayerError } from "./errors";
import type { LayerVersionInputs } from "./inputs";
import type { Call, Host } from "./layer/host";
import { uploadProgress } from "./layer/messages";
import { readManifestBytes } from "./manifest";
import { manifestChanged } from "./manifestChanged";
import { type ArchiveFacts, maximumUncompressedSize, readArchive } from "./package";
import { contentKey } from "./publish/contentKey";
import { artifactObject } from "./publish/layout";
import { inlineZipLimit } from "./publish/limits";
import { requireLabel, requireZip } from "./publish/preflight";
import type { KeptManifest } from "./publish/record";
import { findArtifact, uploadArtifact } from "./upload/artifact";
import type { Destination } from "./upload/destination";

/**
 * The archive that a `LayerVersion` names, after the checks that keep a wrong one from being published.
 *
 * @throws MANIFEST_CHANGED, ARCHIVE_NOT_FOUND, ARCHIVE_STALE, ARCHIVE_UNLABELLED, ARCHIVE_INVALID, LAYER_TOO_LARGE,
 *     BUCKET_WRONG_REGION
 */
export async function openExistingArchive(
    host: Host,
    call: Call,
    inputs: LayerVersionInputs,
    bucketNamed: (name: string) => Promise<Bucket>,
    destination: Destination | undefined,
): Promise<Archive> {
    const file = await readManifestBytes(inputs.manifest, host.folder);
    if (file.md5 !== inputs.manifestMd5) {
        throw manifestChanged(inputs, file.md5);
    }
    const manifest = { fileName: path.basename(inputs.manifest), bytes: file.bytes, md5: file.md5 };
    const { s3Bucket, s3Key, s3ObjectVersion, s3ObjectStorageMode, zipFile } = inputs.content;
    if (s3Bucket !== undefined && s3Key !== undefined) {
        const bucket = await bucketNamed(s3Bucket);
        const head = await headObject(bucket, s3Key, s3ObjectVersion);
        const uri = objectUri(bucket, s3Key);
        requireLabel(head, uri, file.md5, inputs.layerName);
        requireZip(await readObjectStart(bucket, s3Key, s3ObjectVersion, 4), uri, inputs.layerName);
        const versionId = s3ObjectVersion ?? head.versionId;
        return {
            // An ETag names the object's bytes within its bucket, whatever it is made of.
            artifactKey: contentKey({
                s3: { bucket: s3Bucket, key: s3Key, etag: head.etag, size: head.size },
                // A version that refers to an object is another one than its copy.
                ...(s3ObjectStorageMode === "REFERENCE" ? { reference: versionId } : {}),
            }),
            manifest,
            prepare: async (again) => ({
                content: {
                    S3Bucket: s3Bucket,
                    S3Key: s3Key,
                    ...(versionId === undefined ? {} : { S3ObjectVersion: versionId }),
                    ...(s3ObjectStorageMode === undefined
                        ? {}
                        : { S3ObjectStorageMode: s3ObjectStorageMode }),
                },
                // Without it nobody could tell whether a publish call without an answer has published this archive. No label
                // tells it: a wrong one would have every run publish a version and delete it again.
                codeSha256: await requireHash(bucket, s3Key, versionId, {
                    again,
                    manifestMd5: file.md5,
                    layerName: inputs.layerName,
                }),
                codeSize: head.size,
                uncompressedSize: undefined,
                artifactUri: uri,
            }),
            look: async () => ({ uncompressedSize: undefined, artifactUri: uri }),
        };
    }
    return openLocalZip(host.folder, call, inputs, zipFile ?? "", manifest, destination);
}

/** The hash of an object that was there a moment ago; the preflight's answer where it is not there any more. */
async function requireHash(
    bucket: Bucket,
    key: string,
    versionId: string | undefined,
    {
        again,
        manifestMd5,
        layerName,
    }: { readonly again: boolean; readonly manifestMd5: string; readonly layerName: string },
): Promise<string> {
    const check = async () =>
        requireLabel(
            await headObject(bucket, key, versionId),
            objectUri(bucket, key),
            manifestMd5,
            layerName,
        );
    if (again) {
        await check();
    }
    for (;;) {
        const hash = await hashObject(bucket, key, versionId);
        if (hash !== undefined) {
            return hash;
        }
        await check();
    }
}

async function openLocalZip(
    folder: string,
    call: Call,
    inputs: LayerVersionInputs,
    zipFile: string,
    manifest: KeptManifest,
    destination: Destination | undefined,
): Promise<Archive> {
    const zipPath = path.resolve(folder, zipFile);
    const facts = await readZip(zipPath, zipFile, inputs.layerName);
    const artifactKey = contentKey({ zip: facts.codeSha256 });
    const known = {
        codeSha256: facts.codeSha256,
        codeSize: facts.size,
        uncompressedSize: facts.uncompressedSize,
    };
    const uri =
        facts.size <= inlineZipLimit || destination === undefined
            ? undefined
            : objectUri(destination.store.bucket, artifactObject(destination.store, artifactKey));
    return {
        artifactKey,
        manifest,
        look: async () => ({ uncompressedSize: facts.uncompressedSize, artifactUri: uri }),
        prepare: async (): Promise<PreparedArchive> => {
            if (facts.size <= inlineZipLimit) {
                return {
                    ...known,
                    content: { ZipFile: await readRegularFile(zipPath) },
                    artifactUri: undefined,
                };
            }
            if (destination === undefined || !destination.sameRegion) {
                throw new LayerError("BUCKET_WRONG_REGION", {
                    what: `The archive ${zipFile} has ${facts.size} bytes; Lambda takes at most ${inlineZipLimit} inside a request, and larger ones from a bucket in ${inputs.region} only.`,
                    next: `Give the argument bucket a bucket in ${inputs.region}: the archive goes through it then.`,
                    property: "bucket",
                });
            }
            const { store } = destination;
            const key = artifactObject(store, artifactKey);
            const stored =
                (await findArtifact(store.bucket, key, artifactKey)) ??
                (await uploadArtifact(
                    store.bucket,
                    key,
                    { path: zipPath, ...facts },
                    { artifactKey, manifestMd5: manifest.md5 },
                    uploadProgress(call, facts.size),
                ));
            return {
                ...known,
                content: {
                    S3Bucket: stored.bucket,
                    S3Key: key,
                    ...(stored.versionId === undefined ? {} : { S3ObjectVersion: stored.versionId }),
                },
                artifactUri: uri,
            };
        },
    };
}

/** Facts of a zip that Lambda would take. */
async function readZip(zipPath: string, shown: string, layerName: string) {
    let facts: ArchiveFacts;
    try {
        facts = await readArchive(zipPath);
    } catch (cause) {
        throw new LayerError("ARCHIVE_NOT_FOUND", {
            what: `The archive of layer "${layerName}" cannot be read.`,
            where: shown,
            detail: [cause instanceof Error ? cause.message : String(cause)],
            next: "Build the zip first, or correct content.zipFile: a relative path starts at the program's directory.",
            property: "content",
            cause,
        });
    }
    const { contents, defect } = facts;
    if (contents === undefined || contents.files === 0) {
        throw new LayerError("ARCHIVE_INVALID", {
            what: `The archive of layer "${layerName}" is no zip that Lambda could unpack: ${defect ?? "it has no files"}.`,
            where: shown,
            next: "Build the zip again.",
            property: "content",
        });
    }
    if (contents.uncompressedSize >= maximumUncompressedSize) {
        throw new LayerError("LAYER_TOO_LARGE", {
            what: `The archive of layer "${layerName}" unpacks to ${contents.uncompressedSize} bytes; Lambda takes less than ${maximumUncompressedSize} for a function and all its layers.`,
            where: shown,
            next: "Leave out what the function does not import.",
            property: "content",
        });
    }
    return { size: facts.size, codeSha256: facts.codeSha256, uncompressedSize: contents.uncompressedSize };
}
