import { createHash } from "node:crypto";
import { type Bucket, headObject, objectUri, readObject, writeObject } from "../aws/objects";
import type { Owner } from "../owner";
import type { PackageSize } from "../package/model";
import { claimVersion } from "./claims";
import type { PublishedVersion } from "./layerVersion";
import { type LayerStore, manifestObject, recordObject } from "./layout";

/** What is kept for every published version: enough to find it again, to compare it, and to say where it came from. */
export interface VersionRecord {
    readonly schemaVersion: 1;
    readonly layerName: string;
    readonly layerVersionArn: string;
    readonly version: number;
    readonly versionKey: string;
    readonly artifactKey: string;
    /** S3 URI of the archive; absent for a local zip that travelled inside the request. */
    readonly artifactUri?: string;
    readonly codeSha256: string;
    /** Bytes. */
    readonly codeSize: number;
    /** Bytes once unpacked; absent where nobody counted. */
    readonly uncompressedSize?: number;
    readonly manifest: { readonly fileName: string; readonly md5: string };
    /** The arguments that the version was made from, none of them secret. */
    readonly settings: Readonly<Record<string, unknown>>;
    /** Name → version. */
    readonly dependencies?: Readonly<Record<string, string>>;
    /** What each package takes of the layer, largest first; absent where the artifact was found and not made. */
    readonly packages?: readonly PackageSize[];
    readonly createdDate: string;
    /** `<organisation>/<URN>` of the resource that published it. */
    readonly publishedBy: string;
    /** Who answers for it now, and whose retention may delete it: the publisher, or who it was handed over to. */
    readonly owner: string;
}

/** The record of a version, or `undefined` where there is none that can be read. */
export function readRecord(store: LayerStore, version: number): Promise<VersionRecord | undefined> {
    return readRecordAt(store.bucket, recordObject(store, version));
}

/** The record with this key, or `undefined` where there is none that can be read. */
export async function readRecordAt(bucket: Bucket, key: string): Promise<VersionRecord | undefined> {
    const found = await readObject(bucket, key);
    if (found === undefined) {
        return undefined;
    }
    try {
        const value: unknown = JSON.parse(found.body.toString("utf8"));
        return isVersionRecord(value) ? value : undefined;
    } catch {
        return undefined;
    }
}

/** A manifest as it is kept: its file name and its bytes. */
export interface KeptManifest {
    readonly fileName: string;
    readonly bytes: Buffer;
    /** Hex. */
    readonly md5: string;
}

/**
 * Brings what is kept of a version to what it should be: the manifest, the record, the owner's claim. Can be repeated:
 * what is right already is left alone, and the record of the first publisher stays the record.
 *
 * @returns the URIs of manifest and record, and the record that is there now
 */
export async function keepVersion(
    store: LayerStore,
    published: PublishedVersion,
    manifest: KeptManifest,
    record: VersionRecord,
    owner: Owner,
    claimId: string,
): Promise<{ manifestUri: string; recordUri: string; record: VersionRecord }> {
    const manifestKey = manifestObject(store, published.version, manifest.fileName);
    // The claim comes first: from here on nobody's retention takes the version away.
    await claimVersion(store, published.version, owner, claimId);
    if (await isManifestMissing(store, manifestKey, manifest)) {
        await writeObject(store.bucket, manifestKey, manifest.bytes, "text/plain; charset=utf-8");
    }
    const kept = await readRecord(store, published.version);
    const merged = mergeRecords(kept, record);
    if (merged !== kept) {
        await writeRecord(store, merged);
    }
    return {
        manifestUri: objectUri(store.bucket, manifestKey),
        recordUri: objectUri(store.bucket, recordObject(store, published.version)),
        record: merged,
    };
}

/** The record that is there, unless what it says of the version is out of date. Who published is never rewritten. */
function mergeRecords(kept: VersionRecord | undefined, record: VersionRecord): VersionRecord {
    if (kept === undefined) {
        return record;
    }
    const current = kept.manifest.md5 === record.manifest.md5 && kept.versionKey === record.versionKey;
    // What only the publisher knew (sizes, where the artifact is) outlives the rewrite.
    return current ? kept : { ...kept, ...record, owner: kept.owner, publishedBy: kept.publishedBy };
}

/** Writes a record where its version's records are. */
export async function writeRecord(store: LayerStore, record: VersionRecord): Promise<void> {
    const body = `${JSON.stringify(record, null, 2)}\n`;
    await writeObject(store.bucket, recordObject(store, record.version), body, "application/json");
}

/** Makes another owner the one who answers for the version: the first one has gone, and this one still uses it. */
export async function handOver(store: LayerStore, version: number, ownerId: string): Promise<void> {
    const kept = await readRecord(store, version);
    if (kept !== undefined && kept.owner !== ownerId) {
        await writeRecord(store, { ...kept, owner: ownerId });
    }
}

/** Whether the kept manifest is absent or not the given bytes. An ETag is no MD5 in a bucket with SSE-KMS, so it is read. */
export async function isManifestMissing(
    store: LayerStore,
    key: string,
    manifest: KeptManifest,
): Promise<boolean> {
    const head = await headObject(store.bucket, key);
    if (head === undefined || head.size !== manifest.bytes.length) {
        return true;
    }
    if (head.etag.replaceAll('"', "") === manifest.md5) {
        return false;
    }
    const found = await readObject(store.bucket, key);
    return found === undefined || createHash("md5").update(found.body).digest("hex") !== manifest.md5;
}

function isVersionRecord(value: unknown): value is VersionRecord {
    if (typeof value !== "object" || value === null) {
        return false;
    }
    const record = value as Record<string, unknown>;
    const manifest = record["manifest"];
    return (
        typeof record["version"] === "number" &&
        typeof record["versionKey"] === "string" &&
        typeof record["artifactKey"] === "string" &&
        typeof record["codeSha256"] === "string" &&
        typeof record["publishedBy"] === "string" &&
        typeof record["owner"] === "string" &&
        typeof manifest === "object" &&
        manifest !== null &&
        typeof (manifest as Record<string, unknown>)["md5"] === "string"
    );
}
