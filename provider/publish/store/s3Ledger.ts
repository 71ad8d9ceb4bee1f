import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { describeAwsFailure, isNotFound, isPreconditionFailed } from "../../aws/failures";
import { type Bucket, encryptedFor, inBucket, objectError } from "../../aws/objects";
import { loadS3 } from "../../aws/sdk";
import { backoff, retry } from "../../retry";
import type { LedgerStore, StoredText } from "../operations/place";

/** Where a layer's ledger is. Two accounts or regions that share a bucket have one each. */
export const ledgerObject = (folder: string, account: string, region: string): string =>
    `${folder}ledger-${account}-${region}.json`;

/**
 * A ledger in S3, under compare and swap.
 *
 * S3 answers 412 to a write that another was quicker than, 409 to one of two at the same moment, 404 to an `If-Match` on what is gone
 * ("Conditional writes"). The client repeats a write that got no answer, and is then refused because of its own. All of that is `undefined`.
 */
export function s3Ledger(bucket: Bucket, key: string): LedgerStore {
    return {
        read: async (known) => {
            const { GetObjectCommand } = await loadS3();
            const command = new GetObjectCommand({
                ...inBucket(bucket),
                Key: key,
                ...(known === undefined ? {} : { IfNoneMatch: known }),
            });
            const date = dateOfAnswer(command);
            let begun = false;
            const send = async () => {
                begun = false;
                const answer = await bucket.s3.send(command, { abortSignal: bucket.signal });
                // The client tries again until the answer begins; what becomes of its bytes is ours to look after.
                begun = true;
                return { text: await textOf(answer), version: answer.ETag, date: date() };
            };
            try {
                return await retry(send, {
                    attempts: 10,
                    isPassing: () => begun,
                    pauseAfter: (_, attempt) => backoff(attempt, 100),
                    signal: bucket.signal,
                });
            } catch (error) {
                if (describeAwsFailure(error).status === 304) {
                    return "unchanged";
                }
                if (isAbsent(error)) {
                    return { text: undefined, version: undefined, date: date() } satisfies StoredText;
                }
                throw objectError(error, bucket, "s3:GetObject", key);
            }
        },
        write: (text, over) =>
            text === undefined ? remove(bucket, key, over) : put(bucket, key, text, over),
    };
}

async function put(bucket: Bucket, key: string, text: string, over: string | undefined) {
    const { PutObjectCommand } = await loadS3();
    const command = new PutObjectCommand({
        ...inBucket(bucket),
        ...encryptedFor(bucket),
        Key: key,
        Body: text,
        ContentType: "application/json",
        ...(over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over }),
    });
    const date = dateOfAnswer(command);
    try {
        const { ETag } = await bucket.s3.send(command, { abortSignal: bucket.signal });
        return { version: ETag, date: date() };
    } catch (error) {
        return undefinedOnConflict(error, bucket, "s3:PutObject", key);
    }
}

async function remove(bucket: Bucket, key: string, over: string | undefined) {
    const { DeleteObjectCommand } = await loadS3();
    const command = new DeleteObjectCommand({
        ...inBucket(bucket),
        Key: key,
        ...(over === undefined ? {} : { IfMatch: over }),
    });
    const date = dateOfAnswer(command);
    try {
        await bucket.s3.send(command, { abortSignal: bucket.signal });
        return { version: undefined, date: date() };
    } catch (error) {
        return undefinedOnConflict(error, bucket, "s3:DeleteObject", key);
    }
}

function undefinedOnConflict(error: unknown, bucket: Bucket, call: string, key: string): undefined {
    if (isPreconditionFailed(error) || isAbsent(error)) {
        return undefined;
    }
    throw objectError(error, bucket, call, key);
}

const isAbsent = (error: unknown): boolean =>
    isNotFound(error) && describeAwsFailure(error).name !== "NoSuchBucket";

const textOf = async ({ Body }: GetObjectCommandOutput): Promise<string> =>
    (await Body?.transformToString("utf8")) ?? "";

/** A command of the SDK, as far as its answers' headers are concerned. */
interface Observable {
    readonly middlewareStack: {
        add(
            middleware: (
                next: (args: never) => Promise<{ readonly response: unknown }>,
            ) => (args: never) => Promise<{ readonly response: unknown }>,
            options: { readonly step: "deserialize"; readonly priority: "low" },
        ): void;
    };
}

/**
 * S3's own time of a command's answer, whatever its status, milliseconds since the epoch. The SDK's outputs leave the header `Date` out. An
 * answer without one, which is none of S3's, counts as of now.
 */
function dateOfAnswer(command: unknown): () => number {
    let date = Number.NaN;
    // The commands differ in their inputs and outputs, which are not looked at here.
    (command as Observable).middlewareStack.add(
        (next) => async (args) => {
            const result = await next(args);
            date = Date.parse(headerOf(result.response, "date") ?? "");
            return result;
        },
        { step: "deserialize", priority: "low" },
    );
    return () => (Number.isNaN(date) ? Date.now() : date);
}

function headerOf(response: unknown, name: string): string | undefined {
    if (typeof response !== "object" || response === null || !("headers" in response)) {
        return undefined;
    }
    const { headers } = response;
    const value: unknown =
        typeof headers === "object" && headers !== null ? Reflect.get(headers, name) : undefined;
    return typeof value === "string" ? value : undefined;
}
