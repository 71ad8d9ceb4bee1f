import { createHash } from "node:crypto";

/** One stored state of an object. A delete marker has no body. */
export interface ObjectVersion {
    readonly id: string;
    readonly body: Buffer | undefined;
    readonly etag: string;
    readonly lastModified: number;
    readonly metadata: Readonly<Record<string, string>>;
    readonly contentType: string;
}

export interface StrictBucket {
    readonly name: string;
    readonly region: string;
    readonly account: string;
    versioned: boolean;
    /** With SSE-KMS an ETag is no MD5. */
    kms: boolean;
    /** What the bucket's policy demands of every PutObject: headers by their names. */
    readonly demands: Readonly<Record<string, string>>;
    /** Oldest first; without versioning there is one at most. */
    readonly objects: Map<string, ObjectVersion[]>;
}

export interface StrictLayerVersion {
    readonly version: number;
    readonly createdDate: string;
    readonly description: string;
    readonly licenseInfo: string | undefined;
    readonly compatibleRuntimes: readonly string[] | undefined;
    readonly compatibleArchitectures: readonly string[] | undefined;
    readonly code: Buffer;
    readonly codeSha256: string;
    /** Of a version in self-managed storage: the very object version that has to stay. */
    readonly reference: { bucket: string; key: string; versionId: string } | undefined;
    readonly statements: Map<string, Readonly<Record<string, unknown>>>;
}

export interface StrictLayer {
    /** Numbers are never used twice. */
    last: number;
    readonly versions: Map<number, StrictLayerVersion>;
}

/** All that this AWS holds. Tests may look into it and change it, as a hand in the console would. */
export interface StrictState {
    readonly buckets: Map<string, StrictBucket>;
    /** By `<account>/<region>/<name>`. */
    readonly layers: Map<string, StrictLayer>;
    /** Milliseconds since the epoch, S3's clock for LastModified: whole seconds, moved by the tests. */
    clock: number;
    /** Milliseconds by which the server's clock is ahead of this machine's. */
    skew: number;
    /** Makes every new version a signed one. */
    signing: boolean;
    /** Codes that the next PublishLayerVersion calls are answered with instead. */
    readonly publishErrors: { status: number; code: string; message: string }[];
    /** Access keys that have expired. */
    readonly expiredKeys: Set<string>;
    /** Calls about buckets that did not say whose bucket is expected, as `PUT /bucket/key`. */
    readonly unguarded: string[];
    /** Every role that was taken on: by which access key, in which region, with which request. */
    readonly assumed: { by: string; region: string; request: Readonly<Record<string, string>> }[];
    /** Actions, such as `s3:GetObject`, that are denied. */
    readonly denied: Set<string>;
}

export const createState = (): StrictState => ({
    buckets: new Map(),
    layers: new Map(),
    clock: Date.UTC(2026, 0, 1),
    skew: 0,
    signing: false,
    publishErrors: [],
    expiredKeys: new Set(),
    unguarded: [],
    assumed: [],
    denied: new Set(),
});

/** What AWS says no with. */
export class Refusal extends Error {
    constructor(
        readonly status: number,
        readonly code: string,
        message: string,
        readonly headers: Readonly<Record<string, string>> = {},
    ) {
        super(message);
    }
}

/** Who asks, and for which region, as the signature's scope says. */
export interface Caller {
    readonly accessKey: string;
    readonly account: string;
    readonly region: string;
}

export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");

/** The newest state of an object that is there. */
export function newest(bucket: StrictBucket, key: string): ObjectVersion | undefined {
    const last = bucket.objects.get(key)?.at(-1);
    return last?.body === undefined ? undefined : last;
}

/** Adds a bucket that nobody's call made. */
export function addBucket(
    state: StrictState,
    given: Pick<StrictBucket, "name" | "region" | "account"> &
        Partial<Pick<StrictBucket, "versioned" | "kms" | "demands">>,
): StrictBucket {
    const bucket = { versioned: false, kms: false, demands: {}, ...given, objects: new Map() };
    state.buckets.set(bucket.name, bucket);
    return bucket;
}

let serial = 0;

/** Writes an object, as a PUT would. */
export function store(
    state: StrictState,
    bucket: StrictBucket,
    key: string,
    object: Pick<ObjectVersion, "body" | "metadata" | "contentType">,
): ObjectVersion {
    serial += 1;
    const body = object.body ?? Buffer.alloc(0);
    const etag = bucket.kms ? createHash("md5").update(`${serial}${key}`).digest("hex") : md5(body);
    const version: ObjectVersion = {
        ...object,
        id: bucket.versioned ? `v${String(serial).padStart(8, "0")}` : "null",
        etag: `"${etag}"`,
        lastModified: Math.floor(state.clock / 1000) * 1000,
    };
    bucket.objects.set(key, [...(bucket.versioned ? (bucket.objects.get(key) ?? []) : []), version]);
    return version;
}
