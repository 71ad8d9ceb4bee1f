import { objectUri, readObject } from "../aws/objects";
import { LayerError } from "../errors";
import type { Dependencies } from "../manifest/compare";
import { newestClaim } from "../publish/claims";
import type { VersionRecord } from "../publish/record";
import { isoTime } from "../quantities";
import type { LayerOutline, ListedManifest, VersionFolder } from "./layerOutline";
import { type Settings, type StoredManifest, storedDependencies, targetOf } from "./storedDependencies";

/** One version of a layer, as S3 and Lambda tell of it. */
export interface DescribedVersion {
    readonly version: number;
    /** ISO 8601, UTC; the record's or, without one, when the manifest was written. */
    readonly publishedAt: string | undefined;
    /** Absent for a version that another tool published. */
    readonly record: VersionRecord | undefined;
    readonly manifest: StoredManifest | undefined;
    /** What the version was made for: its record's settings, or what its neighbours or the command line say. */
    readonly settings: Settings;
    readonly claims: readonly VersionClaim[];
    /** Whether Lambda has it; `undefined` where the layer's name is not known. */
    readonly inLambda: boolean | undefined;
    /** Name → version; `undefined` where nobody knows. */
    readonly dependencies: Dependencies | undefined;
    /** Where they were read: `"manifest"` when selected from it for a target, `"listed"` when they are all that it lists. */
    readonly dependenciesFrom: "record" | "manifest" | "listed" | undefined;
}

/** Who uses a version. */
export interface VersionClaim {
    /** `<organisation>/<URN>`; the claim's hash where the claim does not say. */
    readonly owner: string;
    /** Whether it is the newest version that this owner uses. */
    readonly current: boolean;
}

/**
 * Describes one version of the outline.
 *
 * A version without a record (the folders of aws-lambda-artifact-builder hold the manifest alone) is read from its manifest, for the settings
 * that `given` names or, where it names no target, for those of the next version with a record, else of the one before.
 */
export async function describeVersion(
    outline: LayerOutline,
    version: number,
    given: Settings,
): Promise<DescribedVersion> {
    const folder = outline.folders.get(version);
    const record = outline.records.get(version);
    const settings =
        record?.settings ??
        (targetOf(given) === undefined ? neighbour(outline.records, version)?.settings : undefined) ??
        given;
    const listed = manifestOf(folder, record);
    const manifest = listed && (await readListed(outline, listed));
    return {
        version,
        publishedAt: isoTime(record?.createdDate) ?? isoTime(listed?.writtenAt),
        record,
        manifest,
        settings,
        claims: claimsOn(outline, version),
        inLambda: outline.inLambda?.has(version),
        ...dependenciesOf(record, manifest, settings),
    };
}

/** The manifest that the record is of; without a record, or that one, the first there is. */
function manifestOf(
    folder: VersionFolder | undefined,
    record: VersionRecord | undefined,
): ListedManifest | undefined {
    const manifests = folder?.manifests ?? [];
    return manifests.find(({ fileName }) => fileName === record?.manifest.fileName) ?? manifests[0];
}

async function readListed(
    { layer: { store } }: LayerOutline,
    { key, fileName }: ListedManifest,
): Promise<StoredManifest | undefined> {
    const bytes = (await readObject(store.bucket, key))?.body;
    return bytes && { uri: objectUri(store.bucket, key), fileName, bytes };
}

function claimsOn({ claims }: LayerOutline, version: number): VersionClaim[] {
    const described = claims
        .filter((claim) => claim.version === version)
        .map(({ ownerId, ownerHash }) => {
            const own = claims.filter((claim) => claim.ownerHash === ownerHash);
            return { owner: ownerId || ownerHash, current: newestClaim(own)?.version === version };
        });
    return described.sort((left, right) => (left.owner < right.owner ? -1 : 1));
}

/** The record of the next version that has one with a target, else of the one before. */
function neighbour(records: LayerOutline["records"], version: number): VersionRecord | undefined {
    const targeted = [...records.values()].filter(({ settings }) => targetOf(settings) !== undefined);
    return (
        targeted.find((record) => record.version > version) ??
        targeted.findLast((record) => record.version < version)
    );
}

function dependenciesOf(
    record: VersionRecord | undefined,
    manifest: StoredManifest | undefined,
    settings: Settings,
): Pick<DescribedVersion, "dependencies" | "dependenciesFrom"> {
    if (record?.dependencies !== undefined) {
        return { dependencies: record.dependencies, dependenciesFrom: "record" };
    }
    const found = manifest && storedDependencies(manifest, settings);
    return found === undefined
        ? { dependencies: undefined, dependenciesFrom: undefined }
        : { dependencies: found.dependencies, dependenciesFrom: found.complete ? "manifest" : "listed" };
}

/** The packages of a version. Throws MANIFEST_UNREADABLE, with the reason, where nobody knows them. */
export function requireDependencies({ version, manifest, dependencies }: DescribedVersion): Dependencies {
    if (dependencies !== undefined) {
        return dependencies;
    }
    throw new LayerError("MANIFEST_UNREADABLE", {
        what:
            manifest === undefined
                ? `Which packages version ${version} has is not known: neither a record nor a manifest is kept of it.`
                : `Which packages version ${version} has is not known: its manifest ${manifest.fileName} is none of Python packages, or not complete without files that it includes.`,
        ...(manifest === undefined ? {} : { where: manifest.uri }),
        next: "`size` and `sbom` read what is inside the version's own zip.",
    });
}
