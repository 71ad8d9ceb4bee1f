import { createHash } from "node:crypto";
import type { GetObjectCommandOutput, S3Client, ServerSideEncryption } from "@aws-sdk/client-s3";
import { LayerError } from "../errors";
import { backoff, retry } from "../retry";
import { awsError, describeAwsFailure, isNotFound, isPreconditionFailed } from "./failures";
import { loadS3 } from "./sdk";

/** A bucket, with the client that reaches it. */
export interface Bucket {
    readonly s3: S3Client;
    readonly name: string;
    /** The account that it must belong to. S3 refuses every call about a bucket of another one. */
    readonly owner: string;
    /** What every write says of encryption. @default - nothing, so that the bucket's own setting counts */
    readonly encryption?: Encryption | undefined;
    readonly signal: AbortSignal;
}

/** How objects are encrypted, in S3's words. */
export interface Encryption {
    /** `AES256`, `aws:kms`, `aws:kms:dsse`. */
    readonly serverSideEncryption: string;
    readonly kmsKeyId: string | undefined;
}

/** What every call about a bucket says: a bucket can be deleted, and its name taken by somebody else. */
export const inBucket = ({ name, owner }: Bucket) => ({ Bucket: name, ExpectedBucketOwner: owner });

/** What every write to a bucket says, beside {@link inBucket}. */
export function encryptedFor({ encryption }: Bucket): {
    ServerSideEncryption?: ServerSideEncryption;
    SSEKMSKeyId?: string;
} {
    if (encryption === undefined) {
        return {};
    }
    const { serverSideEncryption, kmsKeyId } = encryption;
    return {
        // The SDK's type lists what it knew when it was made; S3 decides.
        ServerSideEncryption: serverSideEncryption as ServerSideEncryption,
        ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    };
}

/** A small object, read whole. */
export interface StoredObject {
    readonly body: Buffer;
    readonly etag: string;
    readonly lastModified: Date | undefined;
    readonly metadata: Readonly<Record<string, string>>;
}

/** What is known of an object without reading it. */
export interface ObjectHead {
    readonly etag: string;
    /** Bytes. */
    readonly size: number;
    readonly metadata: Readonly<Record<string, string>>;
    /** Absent in a bucket without versioning. */
    readonly versionId: string | undefined;
}

/** A condition on a write: only if nothing is there, or only over the very object that was read. */
export type WriteCondition = { readonly ifNoneMatch: "*" } | { readonly ifMatch: string };

/** The `s3://` URI of an object. */
export const objectUri = (bucket: Pick<Bucket, "name">, key: string): string => `s3://${bucket.name}/${key}`;

/** How often an object is read again whose bytes broke off or were damaged on their way. */
const readAttempts = 10;

/** The object, or `undefined` when it is not there. Throws BUCKET_NOT_FOUND, ACCESS_DENIED and the like. */
export function readObject(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
    return readThrough(bucket, key, undefined, async (answer) => ({
        body: Buffer.from((await answer.Body?.transformToByteArray()) ?? []),
        etag: answer.ETag ?? "",
        lastModified: answer.LastModified,
        metadata: answer.Metadata ?? {},
    }));
}

/** SHA-256 of an object's bytes, base64 as Lambda gives it; `undefined` when it is not there. It is read as a stream. */
export function hashObject(bucket: Bucket, key: string, versionId?: string): Promise<string | undefined> {
    return readThrough(bucket, key, versionId, async ({ Body }) => {
        const hash = createHash("sha256");
        for await (const chunk of Body as AsyncIterable<Uint8Array>) {
            hash.update(chunk);
        }
        return hash.digest("base64");
    });
}

/** The first bytes of an object, at most `length`; `undefined` when it is not there. */
export function readObjectStart(
    bucket: Bucket,
    key: string,
    versionId: string | undefined,
    length: number,
): Promise<Buffer | undefined> {
    const consume = async ({ Body }: GetObjectCommandOutput) =>
        Buffer.from((await Body?.transformToByteArray()) ?? []).subarray(0, length);
    return readThrough(bucket, key, versionId, consume, `bytes=0-${length - 1}`);
}

async function readThrough<Result>(
    bucket: Bucket,
    key: string,
    versionId: string | undefined,
    consume: (answer: GetObjectCommandOutput) => Promise<Result>,
    range?: string,
): Promise<Result | undefined> {
    const { GetObjectCommand } = await loadS3();
    const command = new GetObjectCommand({
        ...inBucket(bucket),
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(range === undefined ? {} : { Range: range }),
    });
    let begun = false;
    try {
        return await retry(
            async () => {
                begun = false;
                const answer = await bucket.s3.send(command, { abortSignal: bucket.signal });
                // The client tries again until the answer begins; what becomes of its bytes is ours to look after.
                begun = true;
                return consume(answer);
            },
            {
                attempts: readAttempts,
                isPassing: () => begun,
                pauseAfter: (_, attempt) => backoff(attempt, 100),
                signal: bucket.signal,
            },
        );
    } catch (error) {
        return absentOrThrow(error, bucket, "s3:GetObject", key);
    }
}

/**
 * Facts of an object, or `undefined` when it is not there.
 *
 * @param isBucketKnown the bucket was there a moment ago: it is not asked for again when the object is not there. Default: false.
 */
export async function headObject(
    bucket: Bucket,
    key: string,
    versionId?: string,
    isBucketKnown = false,
): Promise<ObjectHead | undefined> {
    const { HeadObjectCommand } = await loadS3();
    try {
        const answer = await bucket.s3.send(
            new HeadObjectCommand({
                ...inBucket(bucket),
                Key: key,
                ...(versionId === undefined ? {} : { VersionId: versionId }),
            }),
            { abortSignal: bucket.signal },
        );
        return {
            etag: answer.ETag ?? "",
            size: answer.ContentLength ?? 0,
            metadata: answer.Metadata ?? {},
            // S3 names the one version of an object in a bucket without versioning "null".
            versionId: answer.VersionId === "null" ? undefined : answer.VersionId,
        };
    } catch (error) {
        // A HEAD has no body, so a missing bucket and a missing key answer alike: ask which it is. And IAM knows it as GetObject.
        if (isNotFound(error) && !isBucketKnown) {
            await requireBucket(bucket);
        }
        return absentOrThrow(error, bucket, "s3:GetObject", key);
    }
}

/** Writes a small object. Answers its ETag, or `undefined` when the condition did not hold. */
export async function writeObject(
    bucket: Bucket,
    key: string,
    body: Buffer | string,
    contentType: string,
    condition?: WriteCondition,
): Promise<string | undefined> {
    const { PutObjectCommand } = await loadS3();
    try {
        const answer = await bucket.s3.send(
            new PutObjectCommand({
                ...inBucket(bucket),
                ...encryptedFor(bucket),
                Key: key,
                Body: body,
                ContentType: contentType,
                ...(condition === undefined
                    ? {}
                    : "ifMatch" in condition
                      ? { IfMatch: condition.ifMatch }
                      : { IfNoneMatch: condition.ifNoneMatch }),
            }),
            { abortSignal: bucket.signal },
        );
        return answer.ETag ?? "";
    } catch (error) {
        // The object that an If-Match write is about may be gone: S3 answers 404 then.
        if (condition !== undefined && (isPreconditionFailed(error) || isMissingKey(error))) {
            return undefined;
        }
        throw objectError(error, bucket, "s3:PutObject", key);
    }
}

/** Removes an object; one that is not there is no failure. */
export async function deleteObject(bucket: Bucket, key: string): Promise<void> {
    const { DeleteObjectCommand } = await loadS3();
    try {
        await bucket.s3.send(new DeleteObjectCommand({ ...inBucket(bucket), Key: key }), {
            abortSignal: bucket.signal,
        });
    } catch (error) {
        absentOrThrow(error, bucket, "s3:DeleteObject", key);
    }
}

/** An object as a listing names it. */
export interface ListedObject {
    readonly key: string;
    readonly etag: string;
    /** Milliseconds since the epoch, whole seconds. */
    readonly lastModified: number;
}

/** The objects below a prefix, in S3's order. */
export async function listObjects(bucket: Bucket, prefix: string): Promise<ListedObject[]> {
    const { paginateListObjectsV2 } = await loadS3();
    const found: ListedObject[] = [];
    try {
        const pages = paginateListObjectsV2(
            { client: bucket.s3 },
            { ...inBucket(bucket), Prefix: prefix },
            { abortSignal: bucket.signal },
        );
        for await (const page of pages) {
            bucket.signal.throwIfAborted();
            for (const { Key, ETag, LastModified } of page.Contents ?? []) {
                if (Key !== undefined) {
                    found.push({ key: Key, etag: ETag ?? "", lastModified: LastModified?.getTime() ?? 0 });
                }
            }
        }
    } catch (error) {
        throw objectError(error, bucket, "s3:ListBucket", prefix);
    }
    return found;
}

/** Throws BUCKET_NOT_FOUND unless the bucket exists; answers its region where S3 names it. */
export async function requireBucket(bucket: Bucket): Promise<{ region: string | undefined }> {
    const { HeadBucketCommand } = await loadS3();
    try {
        const answer = await bucket.s3.send(new HeadBucketCommand(inBucket(bucket)), {
            abortSignal: bucket.signal,
        });
        return { region: answer.BucketRegion };
    } catch (error) {
        if (isNotFound(error)) {
            throw bucketNotFound(error, bucket);
        }
        throw awsError(error, `s3:ListBucket on bucket "${bucket.name}"`, `s3://${bucket.name}`);
    }
}

function absentOrThrow(error: unknown, bucket: Bucket, call: string, key: string): undefined {
    if (isMissingKey(error)) {
        return undefined;
    }
    throw objectError(error, bucket, call, key);
}

const isMissingKey = (error: unknown): boolean =>
    isNotFound(error) && describeAwsFailure(error).name !== "NoSuchBucket";

/** The {@link LayerError} for a failed call about an object: BUCKET_NOT_FOUND where the bucket is not there. */
export function objectError(error: unknown, bucket: Bucket, call: string, key: string): LayerError {
    return describeAwsFailure(error).name === "NoSuchBucket"
        ? bucketNotFound(error, bucket)
        : awsError(error, call, objectUri(bucket, key));
}

function bucketNotFound(cause: unknown, bucket: Bucket): LayerError {
    return new LayerError("BUCKET_NOT_FOUND", {
        what: `The bucket "${bucket.name}" does not exist.`,
        where: `s3://${bucket.name}`,
        next: "Create it, or name another one in the argument bucket. A bucket made in the same program is passed as its output: bucket: artifacts.bucket.",
        property: "bucket",
        cause,
    });
}
