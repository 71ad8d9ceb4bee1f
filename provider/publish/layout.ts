import type { Bucket } from "../aws/objects";

/**
 * Where things are kept below `s3://<bucket>/<prefix>`. The tree is aws-lambda-artifact-builder's own, so that its users find their way:
 *
 * ```
 * layer/ledger-<account>-<region>.json     which versions there are, and who holds them: see `ledger/ledger.ts`
 * layer/artifacts/<artifact key>.zip
 * layer/000007/uv.lock                     the manifest, byte for byte
 * layer/000007/record.json
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

export const artifactObject = (store: LayerStore, artifactKey: string): string =>
    `${store.artifactsFolder}artifacts/${artifactKey}.zip`;

/** `layer/000007/`; six digits, so that a listing is in order. */
export const versionFolder = (store: LayerStore, version: number): string =>
    `${store.versionsFolder}${String(version).padStart(6, "0")}/`;

export const manifestObject = (store: LayerStore, version: number, fileName: string): string =>
    `${versionFolder(store, version)}${fileName}`;

/** The name of a version's record, beside the manifest's own name. */
export const recordFileName = "record.json";

export const recordObject = (store: LayerStore, version: number): string =>
    `${versionFolder(store, version)}${recordFileName}`;

/** The version that a key below the versions' folder belongs to; `undefined` for any other key. */
export function parseVersionFolder(store: LayerStore, key: string): number | undefined {
    const match = /^(\d{6,})\//.exec(key.slice(store.versionsFolder.length));
    return key.startsWith(store.versionsFolder) && match !== null ? Number(match[1]) : undefined;
}
