import { objectUri, readObject, writeObject } from "../aws/objects";
import type { PackageSize } from "../package/model";
import { type LayerStore, manifestObject, recordObject } from "./layout";

/**
 * What a version was made from, for people: enough to find it again, to compare it, and to say where it came from. It is written with the
 * version and decides nothing.
 */
export interface VersionRecord {
    readonly schemaVersion: 1;
    readonly layerName: string;
    readonly layerVersionArn: string;
    readonly version: number;
    /** As `ledger/versionKey.ts` makes it. */
    readonly versionKey: string;
    readonly artifactKey: string;
    /** S3 URI of the archive; absent for a local zip that travelled inside the request. */
    readonly artifactUri?: string;
    readonly codeSha256: string;
    /** Bytes. */
    readonly codeSize: number;
    /** Bytes once unpacked; absent where nobody counted. */
    readonly uncompressedSize?: number;
    /** Of the manifest that it was published with; the bytes beside it may be newer ones of the same dependencies. */
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
}

/** A manifest as it is kept: its file name and its bytes. */
export interface KeptManifest {
    readonly fileName: string;
    readonly bytes: Buffer;
    /** Hex. */
    readonly md5: string;
}

/** The record of a version, or `undefined` where there is none that can be read. */
export async function readRecord(store: LayerStore, version: number): Promise<VersionRecord | undefined> {
    const found = await readObject(store.bucket, recordObject(store, version));
    try {
        const value: unknown = JSON.parse(found?.body.toString("utf8") ?? "");
        return isVersionRecord(value) ? value : undefined;
    } catch {
        return undefined;
    }
}

/** @param over whether a record that is there is replaced */
export async function writeRecord(store: LayerStore, record: VersionRecord, over: boolean): Promise<void> {
    const body = `${JSON.stringify(record, null, 2)}\n`;
    const key = recordObject(store, record.version);
    await writeObject(store.bucket, key, body, "application/json", over ? undefined : { ifNoneMatch: "*" });
}

/** Stores the manifest of a version over the one that is there. */
export async function writeManifest(
    store: LayerStore,
    version: number,
    { fileName, bytes }: KeptManifest,
): Promise<void> {
    const key = manifestObject(store, version, fileName);
    await writeObject(store.bucket, key, bytes, "text/plain; charset=utf-8");
}

/** S3 URIs of what is kept beside a version. */
export const fileUris = (store: LayerStore, version: number, fileName: string) => ({
    manifestUri: objectUri(store.bucket, manifestObject(store, version, fileName)),
    recordUri: objectUri(store.bucket, recordObject(store, version)),
});

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
        typeof manifest === "object" &&
        manifest !== null &&
        typeof (manifest as Record<string, unknown>)["fileName"] === "string" &&
        typeof (manifest as Record<string, unknown>)["md5"] === "string"
    );
}
