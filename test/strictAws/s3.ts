import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import {
    addBucket,
    type Caller,
    newest,
    type ObjectVersion,
    Refusal,
    type StrictBucket,
    type StrictState,
    store,
} from "./state";

export interface Answer {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer | string;
}

export interface S3Request {
    readonly method: string;
    readonly bucket: string;
    readonly key: string;
    readonly query: URLSearchParams;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
}

/** Answers as Amazon S3 does, as far as the product asks it anything. Path style. */
export function answerS3(state: StrictState, caller: Caller, request: S3Request): Answer {
    const { method, key, query } = request;
    if (key === "" && method === "PUT" && !query.has("versioning")) {
        return createBucket(state, caller, request);
    }
    const bucket = openBucket(state, caller, request);
    if (key === "") {
        return answerBucket(state, bucket, request);
    }
    if (Buffer.byteLength(key) > 1024) {
        throw new Refusal(400, "KeyTooLongError", "Your key is too long");
    }
    switch (method) {
        case "PUT":
            allow(state, "s3:PutObject");
            requireHeaders(bucket, request.headers);
            return putObject(state, bucket, request);
        case "GET":
        case "HEAD":
            allow(state, "s3:GetObject");
            return getObject(state, bucket, request);
        case "DELETE":
            allow(state, "s3:DeleteObject");
            return deleteObject(state, bucket, request);
        default:
            throw new Refusal(405, "MethodNotAllowed", "The specified method is not allowed.");
    }
}

const allow = (state: StrictState, action: string): void => {
    if (state.denied.has(action)) {
        throw new Refusal(403, "AccessDenied", "Access Denied");
    }
};

function createBucket(state: StrictState, caller: Caller, request: S3Request): Answer {
    const region = /<LocationConstraint>([^<]+)</.exec(request.body.toString("utf8"))?.[1];
    if (state.buckets.has(request.bucket)) {
        throw new Refusal(409, "BucketAlreadyExists", "The requested bucket name is not available.");
    }
    addBucket(state, {
        name: request.bucket,
        region: region ?? caller.region,
        account: caller.account,
    });
    return { status: 200 };
}

function openBucket(state: StrictState, caller: Caller, request: S3Request): StrictBucket {
    const bucket = state.buckets.get(request.bucket);
    if (bucket === undefined) {
        throw new Refusal(404, "NoSuchBucket", "The specified bucket does not exist");
    }
    const expected = request.headers["x-amz-expected-bucket-owner"];
    if (expected === undefined) {
        state.unguarded.push(`${request.method} /${request.bucket}/${request.key}`);
    }
    if (expected !== undefined && expected !== bucket.account) {
        throw new Refusal(403, "AccessDenied", "Access Denied");
    }
    if (caller.region !== bucket.region) {
        throw new Refusal(301, "PermanentRedirect", "The bucket must be addressed at its own endpoint.", {
            "x-amz-bucket-region": bucket.region,
        });
    }
    return bucket;
}

function answerBucket(state: StrictState, bucket: StrictBucket, request: S3Request): Answer {
    const { method, query, body } = request;
    if (method === "HEAD") {
        allow(state, "s3:ListBucket");
        return { status: 200, headers: { "x-amz-bucket-region": bucket.region } };
    }
    if (method === "PUT") {
        bucket.versioned = body.toString("utf8").includes("Enabled");
        return { status: 200 };
    }
    if (method === "GET" && query.get("list-type") === "2") {
        allow(state, "s3:ListBucket");
        return listObjects(bucket, query);
    }
    if (method === "POST" && query.has("delete")) {
        allow(state, "s3:DeleteObject");
        return deleteObjects(state, bucket, body.toString("utf8"));
    }
    throw new Refusal(501, "NotImplemented", "A header or query you provided is not implemented.");
}

function listObjects(bucket: StrictBucket, query: URLSearchParams): Answer {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const size = Number(query.get("max-keys") ?? 1000);
    const keys = [...bucket.objects.keys()]
        .filter((key) => key.startsWith(prefix) && key > after && newest(bucket, key) !== undefined)
        .sort((left, right) => (left < right ? -1 : 1));
    const page = keys.slice(0, size);
    const contents = page.map((key) => {
        const object = newest(bucket, key);
        return `<Contents><Key>${xml(key)}</Key><LastModified>${new Date(object?.lastModified ?? 0).toISOString()}</LastModified><ETag>${xml(object?.etag ?? "")}</ETag><Size>${object?.body?.length ?? 0}</Size></Contents>`;
    });
    const more = keys.length > page.length;
    return {
        status: 200,
        headers: { "content-type": "application/xml" },
        body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${xml(page.at(-1) ?? "")}</NextContinuationToken>` : ""}<KeyCount>${page.length}</KeyCount>${contents.join("")}</ListBucketResult>`,
    };
}

const preconditionFailed = (): Refusal =>
    new Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");

/** A write or a deletion may be conditional on what is there. */
function requireMatch(headers: S3Request["headers"], present: ReturnType<typeof newest>): void {
    const expected = headers["if-match"];
    if (expected !== undefined && present === undefined) {
        throw new Refusal(404, "NoSuchKey", "The specified key does not exist.");
    }
    if (expected !== undefined && present?.etag !== expected) {
        throw preconditionFailed();
    }
}

function putObject(state: StrictState, bucket: StrictBucket, request: S3Request): Answer {
    const { key, headers, body } = request;
    requireChecksums(headers, body);
    const present = newest(bucket, key);
    if (headers["if-none-match"] === "*" && present !== undefined) {
        throw preconditionFailed();
    }
    requireMatch(headers, present);
    const metadata = Object.fromEntries(
        Object.entries(headers).flatMap(([name, value]) =>
            name.startsWith("x-amz-meta-") ? [[name.slice("x-amz-meta-".length), String(value)]] : [],
        ),
    );
    if (Object.entries(metadata).join("").length > 2048) {
        throw new Refusal(
            400,
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        );
    }
    const contentType = headers["content-type"] ?? "binary/octet-stream";
    const stored = store(state, bucket, key, { body, metadata, contentType });
    return {
        status: 200,
        headers: { etag: stored.etag, ...(stored.id === "null" ? {} : { "x-amz-version-id": stored.id }) },
    };
}

function requireHeaders({ demands }: StrictBucket, headers: IncomingHttpHeaders): void {
    if (Object.entries(demands).some(([name, value]) => headers[name] !== value)) {
        throw new Refusal(403, "AccessDenied", "with an explicit deny in a resource-based policy");
    }
}

function requireChecksums(headers: IncomingHttpHeaders, body: Buffer): void {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    const checks = {
        "x-amz-checksum-sha256": createHash("sha256").update(body).digest("base64"),
        "x-amz-checksum-crc32": sum.toString("base64"),
        "content-md5": createHash("md5").update(body).digest("base64"),
    };
    for (const [name, actual] of Object.entries(checks)) {
        if (headers[name] !== undefined && headers[name] !== actual) {
            throw new Refusal(400, "BadDigest", `The ${name} you specified did not match what we received.`);
        }
    }
}

function getObject(state: StrictState, bucket: StrictBucket, request: S3Request): Answer {
    const wanted = request.query.get("versionId");
    const found: ObjectVersion | undefined =
        wanted === null
            ? newest(bucket, request.key)
            : bucket.objects.get(request.key)?.find(({ id }) => id === wanted);
    if (found?.body === undefined) {
        // Without s3:ListBucket S3 does not tell whether a key exists.
        allow(state, "s3:ListBucket");
        throw wanted === null
            ? new Refusal(404, "NoSuchKey", "The specified key does not exist.")
            : new Refusal(404, "NoSuchVersion", "The specified version does not exist.");
    }
    if (request.headers["if-none-match"] === found.etag) {
        return { status: 304, headers: { etag: found.etag } };
    }
    return {
        status: 200,
        headers: {
            etag: found.etag,
            "content-type": found.contentType,
            "content-length": String(found.body.length),
            "last-modified": new Date(found.lastModified).toUTCString(),
            ...(found.id === "null" ? {} : { "x-amz-version-id": found.id }),
            ...(bucket.kms ? { "x-amz-server-side-encryption": "aws:kms" } : {}),
            ...Object.fromEntries(
                Object.entries(found.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
            ),
        },
        ...(request.method === "HEAD" ? {} : { body: found.body }),
    };
}

function deleteObjects(state: StrictState, bucket: StrictBucket, body: string): Answer {
    for (const [, key = ""] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) {
        remove(state, bucket, unescaped(key), null);
    }
    return {
        status: 200,
        headers: { "content-type": "application/xml" },
        body: '<?xml version="1.0"?><DeleteResult/>',
    };
}

function deleteObject(state: StrictState, bucket: StrictBucket, request: S3Request): Answer {
    const { key, query, headers } = request;
    requireMatch(headers, newest(bucket, key));
    remove(state, bucket, key, query.get("versionId"));
    return { status: 204 };
}

function remove(state: StrictState, bucket: StrictBucket, key: string, wanted: string | null): void {
    const states = bucket.objects.get(key) ?? [];
    if (wanted !== null) {
        bucket.objects.set(
            key,
            states.filter(({ id }) => id !== wanted),
        );
    } else if (bucket.versioned) {
        const marker = { id: `m${states.length}`, body: undefined, etag: "", metadata: {}, contentType: "" };
        bucket.objects.set(key, [...states, { ...marker, lastModified: state.clock }]);
    } else {
        bucket.objects.delete(key);
    }
}

const unescaped = (text: string): string =>
    text
        .replace(
            /&(lt|gt|quot|apos);/g,
            (_, name: string) => ({ lt: "<", gt: ">", quot: '"', apos: "'" })[name] ?? "",
        )
        .replaceAll("&amp;", "&");

const xml = (text: string): string => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
