import type { Archive, PreparedArchive } from "./archive";
import { deleteObject } from "./aws/objects";
import { wantedBy } from "./holding";
import type { CheckedInputs } from "./inputs";
import type { PublishedVersion } from "./publish/layerVersion";
import { type LayerStore, manifestObject } from "./publish/layout";
import { versionKey } from "./publish/ledger/versionKey";
import {
    type KeptManifest,
    readRecord,
    type VersionRecord,
    writeManifest,
    writeRecord,
} from "./publish/record";

/** Inputs that say how the version came about. None can hold a secret. */
const recorded = [
    "description",
    "licenseInfo",
    "compatibleRuntimes",
    "compatibleArchitectures",
    "pythonVersion",
    "architecture",
    "manifestKind",
    "package",
    "extras",
    "groups",
    "localPackages",
    "exclude",
    "excludeRuntimeProvided",
    "compileBytecode",
    "resolveUnpinned",
    "installer",
    "content",
] as const;

/** What is known of an archive, for its record. */
type ArchiveFacts = Pick<Archive, "artifactKey" | "resolution"> & {
    readonly manifest: Pick<KeptManifest, "fileName" | "md5">;
};

/**
 * The record of a version that these inputs describe, with the sizes of its packages where they are known.
 *
 * @param layer ARN of the layer, as its ledger names it
 */
export function createRecord(
    inputs: CheckedInputs,
    { artifactKey, resolution, manifest }: ArchiveFacts,
    { artifactUri, uncompressedSize, packages }: Partial<PreparedArchive>,
    layer: string,
    published: PublishedVersion,
): VersionRecord {
    const given: Readonly<Record<string, unknown>> = { ...inputs };
    const dependencies = resolution ?? ("dependencies" in inputs ? inputs.dependencies : undefined);
    return {
        schemaVersion: 1,
        layerName: inputs.layerName,
        layerVersionArn: published.layerVersionArn,
        version: published.version,
        versionKey: versionKey({ ...wantedBy(inputs, artifactKey), layer }, published.codeSha256),
        artifactKey,
        ...(artifactUri === undefined ? {} : { artifactUri }),
        codeSha256: published.codeSha256,
        codeSize: published.codeSize,
        ...(uncompressedSize === undefined ? {} : { uncompressedSize }),
        manifest: { fileName: manifest.fileName, md5: manifest.md5 },
        settings: Object.fromEntries(
            recorded.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
        ),
        ...(dependencies === undefined ? {} : { dependencies }),
        ...(packages === undefined ? {} : { packages }),
        createdDate: published.createdDate,
        publishedBy: inputs.owner,
    };
}

/** Writes what is kept beside a version that nobody else knows yet. */
export async function writeNewFiles(
    store: LayerStore,
    manifest: KeptManifest,
    record: VersionRecord,
): Promise<void> {
    await writeManifest(store, record.version, manifest);
    await writeRecord(store, record, true);
}

/**
 * Brings what is kept beside a version that was taken over up to date. Its record stays, and so does the name of its manifest: the bytes
 * are the latest of this name.
 *
 * @param makeRecord asked only where there is no record of these bytes
 * @returns the record that is there then
 */
export async function writeTakenFiles(
    store: LayerStore,
    version: number,
    codeSha256: string,
    manifest: KeptManifest,
    makeRecord: () => Promise<VersionRecord>,
): Promise<VersionRecord> {
    const found = await readRecord(store, version);
    if (found?.codeSha256 !== codeSha256) {
        const record = await makeRecord();
        await writeNewFiles(store, manifest, record);
        return record;
    }
    if (found.manifest.fileName === manifest.fileName && found.manifest.md5 !== manifest.md5) {
        await writeManifest(store, version, manifest);
    }
    return found;
}

/**
 * Brings what is kept beside a state's version up to date: the manifest's bytes, and a record that is missing.
 *
 * @param keptAs the file name that the manifest has there, where the state names one
 * @param renamed whether the program names another file since: then the kept one gets the new name
 * @returns the file name of the kept manifest
 */
export async function writeUpdatedFiles(
    store: LayerStore,
    manifest: KeptManifest,
    record: VersionRecord,
    keptAs: string | undefined,
    renamed: boolean,
): Promise<string> {
    const { version } = record;
    const { fileName } = manifest;
    if (keptAs === undefined || keptAs === fileName) {
        await writeManifest(store, version, manifest);
        await writeRecord(store, record, false);
        return fileName;
    }
    if (!renamed) {
        // Whoever published the version keeps a manifest of another kind: it stands for the same dependencies.
        await writeRecord(store, record, false);
        return keptAs;
    }
    const found = await readRecord(store, version);
    await writeNewFiles(store, manifest, { ...record, ...found, manifest: record.manifest });
    await deleteObject(store.bucket, manifestObject(store, version, keptAs));
    return fileName;
}
