import { once } from "node:events";
import { createReadStream, type ReadStream } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { isPassing, isPreconditionFailed } from "../aws/failures";
import { type Bucket, encryptedFor, headObject, inBucket, objectError } from "../aws/objects";
import { loadS3 } from "../aws/sdk";
import { LayerError } from "../errors";
import type { Artifact } from "../package/model";
import { retry } from "../retry";

/** An artifact in S3, with what its metadata says of it. */
export interface StoredArtifact {
    readonly bucket: string;
    readonly key: string;
    /** Absent in a bucket without versioning; otherwise what is published is this very object version. */
    readonly versionId: string | undefined;
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Bytes of the zip. */
    readonly codeSize: number;
    /** Bytes once unpacked. */
    readonly uncompressedSize: number;
}

/** Milliseconds. */
const progressInterval = 250;

const uploadAttempts = 10;

/** What is uploaded: a zip on this machine's disk and what was found out about it. */
export type UploadedFile = Pick<Artifact, "path" | "size" | "codeSha256" | "uncompressedSize">;

/** Labels of an artifact, as object metadata. */
export interface ArtifactLabels {
    readonly artifactKey: string;
    /** Hex; what a reader of the bucket, or aws-lambda-artifact-builder, compares with a manifest. */
    readonly manifestMd5: string;
}

/**
 * The artifact that is there already, or `undefined`.
 *
 * An object whose labels are not ours counts as absent: it is written anew rather than trusted.
 */
export async function findArtifact(
    bucket: Bucket,
    key: string,
    artifactKey: string,
): Promise<StoredArtifact | undefined> {
    const head = await headObject(bucket, key, undefined, true);
    if (head === undefined || head.metadata["artifact_key"] !== artifactKey) {
        return undefined;
    }
    const codeSha256 = head.metadata["code_sha256"];
    const uncompressedSize = Number(head.metadata["uncompressed_size"]);
    if (codeSha256 === undefined || head.size === 0 || !Number.isInteger(uncompressedSize)) {
        return undefined;
    }
    return {
        bucket: bucket.name,
        key,
        versionId: head.versionId,
        codeSha256,
        codeSize: head.size,
        uncompressedSize,
    };
}

/**
 * Uploads an artifact, unless the same one arrived meanwhile. The file is streamed; S3 verifies its SHA-256.
 *
 * @param onProgress told four times a second how many bytes of the file are on their way
 * @throws UPLOAD_FAILED, ACCESS_DENIED, BUCKET_NOT_FOUND
 */
export async function uploadArtifact(
    bucket: Bucket,
    key: string,
    artifact: UploadedFile,
    labels: ArtifactLabels,
    onProgress: (sent: number) => void = () => undefined,
): Promise<StoredArtifact> {
    const { PutObjectCommand } = await loadS3();
    let onlyIfAbsent = true;
    const upload = async (): Promise<StoredArtifact> => {
        // A stream can be read once: every attempt opens the file again.
        const body = createReadStream(artifact.path);
        const ticking = setInterval(() => onProgress(body.bytesRead), progressInterval);
        try {
            const answer = await bucket.s3.send(
                new PutObjectCommand({
                    ...inBucket(bucket),
                    ...encryptedFor(bucket),
                    Key: key,
                    Body: body,
                    ContentLength: artifact.size,
                    ContentType: "application/zip",
                    ChecksumSHA256: artifact.codeSha256,
                    ...(onlyIfAbsent ? { IfNoneMatch: "*" } : {}),
                    Metadata: {
                        artifact_key: labels.artifactKey,
                        manifest_md5: labels.manifestMd5,
                        code_sha256: artifact.codeSha256,
                        uncompressed_size: String(artifact.uncompressedSize),
                    },
                }),
                { abortSignal: bucket.signal },
            );
            await readToItsEnd(body);
            return {
                bucket: bucket.name,
                key,
                versionId: answer.VersionId === "null" ? undefined : answer.VersionId,
                codeSha256: artifact.codeSha256,
                codeSize: artifact.size,
                uncompressedSize: artifact.uncompressedSize,
            };
        } catch (error) {
            const found = isPreconditionFailed(error)
                ? await findArtifact(bucket, key, labels.artifactKey)
                : undefined;
            if (found !== undefined) return found;
            throw error;
        } finally {
            clearInterval(ticking);
            body.destroy();
        }
    };
    try {
        return await retry(upload, {
            attempts: uploadAttempts,
            isPassing: (error) => {
                // What is there has lost its labels: it is replaced.
                if (isPreconditionFailed(error)) onlyIfAbsent = false;
                return isPreconditionFailed(error) || isPassing(error);
            },
            signal: bucket.signal,
        });
    } catch (error) {
        throw uploadFailure(error, bucket, key, artifact);
    }
}

/**
 * S3 can answer when it has all bytes and the stream has not yet said that there are no more. Torn off there, the request
 * would never end and keep its connection, and with it a process that is done, until S3 closes it.
 */
async function readToItsEnd(body: ReadStream): Promise<void> {
    if (!body.closed) {
        await Promise.race([once(body, "close"), setTimeout(1000, undefined, { ref: false })]);
    }
}

function uploadFailure(error: unknown, bucket: Bucket, key: string, artifact: UploadedFile): LayerError {
    const known = objectError(error, bucket, `s3:PutObject of ${artifact.size} bytes`, key);
    if (known.code !== "AWS_FAILED") {
        return known;
    }
    return new LayerError("UPLOAD_FAILED", {
        ...known.failure,
        what: `The artifact (${artifact.size} bytes) could not be uploaded.`,
        next: "Run the same command again. Nothing was published.",
    });
}
