import type { Clients } from "../aws/clients";
import { deleteObject, listObjects, objectUri } from "../aws/objects";
import type { Owner } from "../owner";
import { type Claim, listAllClaims } from "./claims";
import { deleteLayerVersion, listVersionNumbers } from "./layerVersion";
import { artifactObject, type LayerStore, parseVersionFolder, recordObject, versionFolder } from "./layout";
import { forgetPublication, notePublication } from "./publication";
import { readRecord, readRecordAt, type VersionRecord } from "./record";

/** How many of an owner's superseded versions survive. */
export type KeepVersions = number | "all";

/** A version that an owner answers for. */
export interface OwnedVersion {
    readonly version: number;
    readonly record: VersionRecord;
    /** Whether Lambda still has it: it may have been deleted by hand, or by a run that was cut short. */
    readonly exists: boolean;
    /** Whether anyone else has a claim on it. */
    readonly claimedByOthers: boolean;
}

/** What {@link retire} is about. */
export interface Retirement {
    readonly layerName: string;
    readonly owner: Owner;
    /** The owner's current version; `undefined` when it has none (any more). It always survives. */
    readonly current: number | undefined;
    readonly keepVersions: KeepVersions;
    readonly signal: AbortSignal;
}

/**
 * The versions of a layer to delete: all that the owner answers for but its current one, those that others have a claim
 * on, and the newest `keepVersions` of the rest. Answers newest first.
 */
export function chooseRetired(
    owned: readonly OwnedVersion[],
    current: number | undefined,
    keepVersions: KeepVersions,
): number[] {
    if (keepVersions === "all") {
        return [];
    }
    const superseded = owned
        // What is gone takes no place among those that are kept.
        .filter(({ exists }) => exists)
        .map(({ version }) => version)
        .filter((version) => version !== current)
        .sort((left, right) => right - left);
    const claimed = new Set(
        owned.filter(({ claimedByOthers }) => claimedByOthers).map(({ version }) => version),
    );
    // One that others hold survives anyway; it takes a place among the kept ones all the same.
    return superseded.slice(keepVersions).filter((version) => !claimed.has(version));
}

/** Deletes what {@link chooseRetired} names, and what belongs to it. Answers the versions that are gone, newest first. */
export async function retire(clients: Clients, store: LayerStore, retirement: Retirement): Promise<number[]> {
    if (retirement.keepVersions === "all") {
        return [];
    }
    const owned = await listOwnedVersions(clients, store, retirement);
    await forgetGone(store, owned, retirement.current);
    const gone: number[] = [];
    for (const version of chooseRetired(owned, retirement.current, retirement.keepVersions)) {
        const record = owned.find((each) => each.version === version)?.record;
        const withArtifact = true;
        if (
            record !== undefined &&
            (await removeVersion(clients, store, record, retirement, { withArtifact }))
        ) {
            gone.push(version);
        }
    }
    return gone;
}

/** Ends what a deletion by hand, or a run that was cut short, has left of versions that do not exist any more. */
export async function forgetGone(
    store: LayerStore,
    owned: readonly OwnedVersion[],
    current: number | undefined,
): Promise<void> {
    for (const { version, record, exists } of owned) {
        if (!exists && version !== current) {
            await forgetPublication(store, record.versionKey, version);
            await removeArtifact(store, record);
            await removeVersionFolder(store, version);
        }
    }
}

/** Every version of the layer whose record says that this owner answers for it; in order of their numbers. */
export async function listOwnedVersions(
    clients: Clients,
    store: LayerStore,
    { layerName, owner, signal }: Pick<Retirement, "layerName" | "owner" | "signal">,
): Promise<OwnedVersion[]> {
    const claims = await listAllClaims(store);
    const objects = await listObjects(store.bucket, store.versionsFolder);
    const versions = [...new Set(objects.flatMap(({ key }) => parseVersionFolder(store, key) ?? []))];
    const existing = new Set(await listVersionNumbers(clients, layerName, signal));
    const owned: OwnedVersion[] = [];
    for (const version of versions.sort((left, right) => left - right)) {
        const record = await readRecord(store, version);
        if (record?.owner === owner.id) {
            const claimedByOthers = othersClaim(claims, version, owner);
            owned.push({ version, record, exists: existing.has(version), claimedByOthers });
        }
    }
    return owned;
}

/**
 * Deletes a version with its records, unless someone else puts a claim on it meanwhile. Answers whether it is gone.
 *
 * The key goes first: whoever takes the version over from here on notices, see `publishOnce.ts`.
 */
export async function removeVersion(
    clients: Clients,
    store: LayerStore,
    record: VersionRecord,
    { layerName, owner, signal }: Pick<Retirement, "layerName" | "owner" | "signal">,
    { withArtifact = false }: { readonly withArtifact?: boolean } = {},
): Promise<boolean> {
    const { version } = record;
    await forgetPublication(store, record.versionKey, version);
    if (othersClaim(await listAllClaims(store), version, owner)) {
        await notePublication(store, record.versionKey, version);
        return false;
    }
    await deleteLayerVersion(clients, layerName, version, signal);
    if (withArtifact) {
        await removeArtifact(store, record);
    }
    await removeVersionFolder(store, version);
    return true;
}

/** Deletes what is kept of a version; the record last, so that a run that is cut short can be ended by the next. */
export async function removeVersionFolder(store: LayerStore, version: number): Promise<void> {
    const record = recordObject(store, version);
    const objects = await listObjects(store.bucket, versionFolder(store, version));
    for (const { key } of objects.filter((object) => object.key !== record)) {
        await deleteObject(store.bucket, key);
    }
    await deleteObject(store.bucket, record);
}

/**
 * Deletes the artifact that was only this record's own: no other record names it, as its artifact or as its content.
 * Other accounts and regions share the artifacts, so every record below the layer's folder counts.
 */
async function removeArtifact(store: LayerStore, removed: VersionRecord): Promise<void> {
    const artifact = artifactObject(store, removed.artifactKey);
    const uri = objectUri(store.bucket, artifact);
    for (const { key } of await listObjects(store.bucket, store.artifactsFolder)) {
        if (key.endsWith("/record.json") && key !== recordObject(store, removed.version)) {
            const record = await readRecordAt(store.bucket, key);
            if (record?.artifactKey === removed.artifactKey || record?.artifactUri === uri) {
                return;
            }
        }
    }
    await deleteObject(store.bucket, artifact);
}

const othersClaim = (claims: readonly Claim[], version: number, owner: Owner): boolean =>
    claims.some((claim) => claim.version === version && claim.ownerHash !== owner.hash);
