import { createHash } from "node:crypto";
import { type Bucket, headObject, objectUri, readObject, writeObject } from "../aws/objects";
import { LayerError } from "../errors";
import type { Owner } from "../owner";
import type { PackageSize } from "../package/model";
import { backoff, pause } from "../retry";
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
    /**
     * Who is handing it over to the owner, and takes it back should that one turn out to have gone. Absent once that is
     * settled. See `handOver.ts`.
     */
    readonly handedOverBy?: string;
}

/** The record of a version, or `undefined` where there is none that can be read. */
export function readRecord(store: LayerStore, version: number): Promise<VersionRecord | undefined> {
    return readRecordAt(store.bucket, recordObject(store, version));
}

/** The record with this key, or `undefined` where there is none that can be read. */
export async function readRecordAt(bucket: Bucket, key: string): Promise<VersionRecord | undefined> {
    return parseRecord((await readObject(bucket, key))?.body);
}

function parseRecord(body: Buffer | undefined): VersionRecord | undefined {
    try {
        const value: unknown = JSON.parse(body?.toString("utf8") ?? "");
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
 * @returns the URIs of manifest and record, the record that is there now, and the owner's versions that waited for this one
 */
export async function keepVersion(
    store: LayerStore,
    published: PublishedVersion,
    manifest: KeptManifest,
    record: VersionRecord,
    owner: Owner,
    claimId: string,
): Promise<{ manifestUri: string; recordUri: string; record: VersionRecord; waiting: number[] }> {
    const manifestKey = manifestObject(store, published.version, manifest.fileName);
    // The claim comes first: from here on nobody's retention takes the version away.
    const waiting = await claimVersion(store, published.version, owner, claimId);
    if (await isManifestMissing(store, manifestKey, manifest)) {
        await writeObject(store.bucket, manifestKey, manifest.bytes, "text/plain; charset=utf-8");
    }
    const kept = await changeRecord(store, published.version, (found) => mergeRecords(found, record));
    return {
        manifestUri: objectUri(store.bucket, manifestKey),
        recordUri: objectUri(store.bucket, recordObject(store, published.version)),
        record: kept,
        waiting,
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

/** The record of a version that the owner answers for, and nobody may take back. */
export function ownedBy(ownerId: string, { handedOverBy: _, ...record }: VersionRecord): VersionRecord {
    return { ...record, owner: ownerId };
}

/** How often a record is changed that others change at the same moment. */
const mostChanges = 20;

/**
 * Changes a version's record, or makes it. Of two who do so at the same moment the later one sees what the earlier one wrote.
 *
 * @param change the record as it should be, given the one that is there: that very one where nothing is to be written
 * @returns what `change` answered in the end
 */
export async function changeRecord<Wanted extends VersionRecord | undefined>(
    store: LayerStore,
    version: number,
    change: (kept: VersionRecord | undefined) => Wanted,
): Promise<Wanted> {
    const { bucket } = store;
    const key = recordObject(store, version);
    for (let attempt = 1; ; attempt++) {
        const found = await readObject(bucket, key);
        const kept = parseRecord(found?.body);
        const wanted = change(kept);
        if (wanted === undefined || wanted === kept) {
            return wanted;
        }
        const body = `${JSON.stringify(wanted, null, 2)}\n`;
        const condition = found === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: found.etag };
        if ((await writeObject(bucket, key, body, "application/json", condition)) !== undefined) {
            return wanted;
        }
        if (attempt === mostChanges) {
            throw new LayerError("AWS_FAILED", {
                what: `The record of version ${version} of layer "${wanted.layerName}" was changed by others each time that it was to be written.`,
                where: objectUri(bucket, key),
                next: "Run the same command again.",
            });
        }
        await pause(backoff(attempt) / 8, bucket.signal);
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
