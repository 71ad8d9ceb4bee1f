import { listObjects, objectUri } from "../aws/objects";
import { mapConcurrently } from "../concurrency";
import { LayerError } from "../errors";
import { claimsAmong, type ListedObject, type OwnClaim, readClaim, readsAtOnce } from "../publish/claims";
import { listVersionNumbers } from "../publish/layerVersion";
import { parseVersionFolder, recordFileName, recordObject, versionFolder } from "../publish/layout";
import { readRecordAt, type VersionRecord } from "../publish/record";
import type { NamedLayer } from "./layer";

/** A version's folder, from a listing alone. */
export interface VersionFolder {
    /** In order of their names. Several where the manifest got another name, or stacks share the version. */
    readonly manifests: readonly ListedManifest[];
    readonly hasRecord: boolean;
}

/** A manifest that is kept, from a listing alone. */
export interface ListedManifest {
    readonly key: string;
    readonly fileName: string;
    /** Milliseconds since the epoch. */
    readonly writtenAt: number;
}

/** Which versions a layer has, before anything but the records is read. */
export interface LayerOutline {
    readonly layer: NamedLayer;
    /** Absent where neither the command line nor a record names it. */
    readonly layerName: string | undefined;
    /** Every version that S3 or Lambda knows, ascending. Never empty. */
    readonly versions: readonly number[];
    readonly folders: ReadonlyMap<number, VersionFolder>;
    /** Every owner's claims on every version. */
    readonly claims: readonly OwnClaim[];
    /** In order of their numbers. */
    readonly records: ReadonlyMap<number, VersionRecord>;
    /** The versions that Lambda has; `undefined` where the layer's name is not known. */
    readonly inLambda: ReadonlySet<number> | undefined;
}

/**
 * Lists a layer: one listing of S3, its records, and one list of Lambda.
 *
 * @throws VERSION_NOT_FOUND when there is no version at all, and what S3 and Lambda throw
 */
export async function readOutline(layer: NamedLayer, signal: AbortSignal): Promise<LayerOutline> {
    const { store, clients } = layer;
    const objects = await listObjects(store.bucket, store.versionsFolder);
    const folders = listFolders(layer, objects);
    const recorded = [...folders].flatMap(([version, { hasRecord }]) => (hasRecord ? [version] : []));
    const found = await mapConcurrently(recorded, readsAtOnce, signal, async (version) => ({
        version,
        record: await readRecordAt(store.bucket, recordObject(store, version)),
    }));
    const claims = await mapConcurrently(claimsAmong(store, objects), readsAtOnce, signal, (claim) =>
        readClaim(store, claim),
    );
    const records = new Map(
        found.flatMap(({ version, record }) => (record === undefined ? [] : [[version, record] as const])),
    );
    const layerName = layer.layerName ?? [...records.values()].at(-1)?.layerName;
    const numbers =
        layerName === undefined ? undefined : await listVersionNumbers(clients, layerName, signal);
    const versions = [...new Set([...folders.keys(), ...(numbers ?? [])])].sort(
        (left, right) => left - right,
    );
    if (versions.length === 0) {
        throw nothingFound(layer);
    }
    return { layer, layerName, versions, folders, claims, records, inLambda: numbers && new Set(numbers) };
}

function listFolders({ store }: NamedLayer, listed: readonly ListedObject[]): Map<number, VersionFolder> {
    const objects = new Map<number, ListedObject[]>();
    for (const object of listed) {
        const version = parseVersionFolder(store, object.key);
        if (version !== undefined) {
            const found = objects.get(version) ?? [];
            objects.set(version, found);
            found.push(object);
        }
    }
    const folders = [...objects].map(([version, found]): [number, VersionFolder] => {
        const folder = versionFolder(store, version);
        const files = found.flatMap(({ key, lastModified }) => {
            const fileName = key.slice(folder.length);
            const isFile = fileName !== "" && !fileName.includes("/");
            return isFile ? [{ key, fileName, writtenAt: lastModified }] : [];
        });
        const manifests = files.filter(({ fileName }) => fileName !== recordFileName);
        return [version, { manifests, hasRecord: manifests.length < files.length }];
    });
    return new Map(folders.sort(([left], [right]) => left - right));
}

function nothingFound({ store, layerName }: NamedLayer): LayerError {
    return new LayerError("VERSION_NOT_FOUND", {
        what:
            layerName === undefined
                ? "No layer version is kept there."
                : `Layer "${layerName}" has no version in this account and region, and none is kept there.`,
        where: objectUri(store.bucket, store.versionsFolder),
        next: "Check the bucket, the region and the prefix: the prefix is what comes before layer/000001/ in the bucket.",
    });
}

/** The number that a command line's `7` or `latest` means. Throws VERSION_NOT_FOUND, which names the versions. */
export function findVersion({ layerName, versions, inLambda }: LayerOutline, text: string): number {
    const found =
        text === "latest"
            ? versions.findLast((version) => inLambda?.has(version) !== false)
            : versions.find((version) => version === Number(text));
    if (found !== undefined) {
        return found;
    }
    const shown = [...(versions.length > 12 ? ["…"] : []), ...versions.slice(-12)].join(", ");
    throw new LayerError("VERSION_NOT_FOUND", {
        what: `${layerName === undefined ? "The layer" : `Layer "${layerName}"`} has no version ${text}.`,
        next: `Name one of its versions, which are ${shown}.`,
    });
}
