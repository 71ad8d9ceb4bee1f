import type { Bucket } from "../aws/objects";

/**
 * Where things are kept below `s3://<bucket>/<prefix>`. The tree is aws-lambda-artifact-builder's own, so that its users find their way:
 *
 * ```
 * layer/layer.json                         whose records these are
 * layer/artifacts/<artifact key>.zip
 * layer/publications/<version key>.json    who publishes this version key, or which version it became
 * layer/000007/uv.lock                     the manifest, byte for byte
 * layer/000007/record.json
 * layer/000007/claims/<owner hash>
 * layer/<account>-<region>/000007/…        when the layer is not in the bucket's own account and region
 * ```
 */
export interface LayerStore {
    readonly bucket: Bucket;
    /** `lambda/deps/layer/`: artifacts are shared by all accounts and regions. */
    readonly artifactsFolder: string;
    /** `lambda/deps/layer/`, or `lambda/deps/layer/<account>-<region>/`. */
    readonly versionsFolder: string;
}

/** The store of a layer. `prefix` ends with a slash or is empty; `foreign` is `<account>-<region>` where it is needed. */
export function layerStore(bucket: Bucket, prefix: string, foreign?: string): LayerStore {
    const folder = `${prefix}layer/`;
    return {
        bucket,
        artifactsFolder: folder,
        versionsFolder: foreign === undefined ? folder : `${folder}${foreign}/`,
    };
}

export const layerMarkObject = (store: LayerStore): string => `${store.artifactsFolder}layer.json`;

export const artifactObject = (store: LayerStore, artifactKey: string): string =>
    `${store.artifactsFolder}artifacts/${artifactKey}.zip`;

export const publicationObject = (store: LayerStore, versionKey: string): string =>
    `${store.versionsFolder}publications/${versionKey}.json`;

/** `layer/000007/`; six digits, so that a listing is in order. */
export const versionFolder = (store: LayerStore, version: number): string =>
    `${store.versionsFolder}${String(version).padStart(6, "0")}/`;

export const manifestObject = (store: LayerStore, version: number, fileName: string): string =>
    `${versionFolder(store, version)}${fileName}`;

/** The name of a version's record, beside the manifest's own name. */
export const recordFileName = "record.json";

export const recordObject = (store: LayerStore, version: number): string =>
    `${versionFolder(store, version)}${recordFileName}`;

export const claimsFolder = (store: LayerStore, version: number): string =>
    `${versionFolder(store, version)}claims/`;

export const claimObject = (store: LayerStore, version: number, ownerHash: string): string =>
    `${claimsFolder(store, version)}${ownerHash}`;

/** The version and owner hash of a claim's key; `undefined` for any other key. */
export function parseClaimObject(
    store: LayerStore,
    key: string,
): { version: number; ownerHash: string } | undefined {
    const match = /^(\d{6,})\/claims\/([0-9a-f]{32})$/.exec(key.slice(store.versionsFolder.length));
    const [, version, ownerHash] = match ?? [];
    return key.startsWith(store.versionsFolder) && version !== undefined && ownerHash !== undefined
        ? { version: Number(version), ownerHash }
        : undefined;
}

/** The owner hash of a claim's key in any account and region that shares the artifacts; `undefined` for any other key. */
export function parseSharedClaim(store: LayerStore, key: string): string | undefined {
    const pattern = /^(?:\d{12}-[a-z0-9-]+\/)?\d{6,}\/claims\/([0-9a-f]{32})$/;
    return key.startsWith(store.artifactsFolder)
        ? pattern.exec(key.slice(store.artifactsFolder.length))?.[1]
        : undefined;
}

/** The version that a key below the versions' folder belongs to; `undefined` for any other key. */
export function parseVersionFolder(store: LayerStore, key: string): number | undefined {
    const match = /^(\d{6,})\//.exec(key.slice(store.versionsFolder.length));
    return key.startsWith(store.versionsFolder) && match !== null ? Number(match[1]) : undefined;
}
