import type { Clients } from "../aws/clients";
import { listObjects } from "../aws/objects";
import { mapConcurrently } from "../concurrency";
import type { Owner } from "../owner";
import { type Claim, claimsAmong, type ListedObject, readsAtOnce } from "./claims";
import { listVersionNumbers } from "./layerVersion";
import { type LayerStore, parseVersionFolder, recordObject } from "./layout";
import { readRecordAt, type VersionRecord } from "./record";

/**
 * A layer as one operation sees it: listed when it is first asked about, and not again. Records are read at the same time,
 * and each of them once. After a change of owners another view is needed.
 */
export interface LayerView {
    readonly store: LayerStore;
    readonly layerName: string;
    readonly clients: Clients;
    readonly signal: AbortSignal;
    /** Every claim on every version: one listing of S3. */
    claims(): Promise<readonly Claim[]>;
    /** Everything that is kept of the layer in all accounts and regions that share the artifacts. */
    objectsEverywhere(): Promise<readonly ListedObject[]>;
    /** Every version that has a record, in order of their numbers: the same listing, one of Lambda, and the records. */
    versions(): Promise<readonly RecordedVersion[]>;
    /** The record with this key, or `undefined` where there is none that can be read. */
    recordAt(key: string): Promise<VersionRecord | undefined>;
}

/** A version with its record. */
export interface RecordedVersion {
    readonly version: number;
    readonly record: VersionRecord;
    /** Whether Lambda still has it: it may have been deleted by hand, or by a run that was cut short. */
    readonly exists: boolean;
}

/** A version that an owner answers for. */
export interface OwnedVersion extends RecordedVersion {
    /** Whether anyone else has a claim on it. */
    readonly claimedByOthers: boolean;
    /** Whether the owner itself still has one: it is current, or its deletion has not come yet. */
    readonly claimedByOwner: boolean;
}

/** Looks at a layer; nothing is asked yet. */
export function viewLayer(
    clients: Clients,
    store: LayerStore,
    layerName: string,
    signal: AbortSignal,
): LayerView {
    const records = new Map<string, Promise<VersionRecord | undefined>>();
    const recordAt = (key: string) => {
        const known = records.get(key) ?? readRecordAt(store.bucket, key);
        records.set(key, known);
        return known;
    };
    const objects = once(() => listObjects(store.bucket, store.versionsFolder));
    const objectsEverywhere = once(() =>
        store.artifactsFolder === store.versionsFolder
            ? objects()
            : listObjects(store.bucket, store.artifactsFolder),
    );
    const claims = once(async () => claimsAmong(store, await objects()));
    const versions = once(async (): Promise<RecordedVersion[]> => {
        const [listed, numbers] = await Promise.all([
            objects(),
            listVersionNumbers(clients, layerName, signal),
        ]);
        const existing = new Set(numbers);
        const recorded = listed.flatMap(({ key }) => {
            const version = parseVersionFolder(store, key);
            return version !== undefined && key === recordObject(store, version) ? [version] : [];
        });
        const found = await mapConcurrently(recorded, readsAtOnce, signal, async (version) => ({
            version,
            record: await recordAt(recordObject(store, version)),
            exists: existing.has(version),
        }));
        return found
            .flatMap(({ record, ...version }) => (record === undefined ? [] : [{ ...version, record }]))
            .sort((left, right) => left.version - right.version);
    });
    return { store, layerName, clients, signal, claims, objectsEverywhere, versions, recordAt };
}

/** Every version of the layer whose record says that this owner answers for it, in order of their numbers. */
export async function listOwnedVersions(view: LayerView, owner: Owner): Promise<OwnedVersion[]> {
    const [claims, versions] = await Promise.all([view.claims(), view.versions()]);
    return versions
        .filter(({ record }) => record.owner === owner.id)
        .map((each) => ({
            ...each,
            claimedByOthers: hasOthersClaim(claims, each.version, owner),
            claimedByOwner: claims.some(
                (claim) => claim.version === each.version && claim.ownerHash === owner.hash,
            ),
        }));
}

/** Whether anyone but the owner has a claim on the version. */
export const hasOthersClaim = (claims: readonly Claim[], version: number, owner: Owner): boolean =>
    claims.some((claim) => claim.version === version && claim.ownerHash !== owner.hash);

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
    let made: Promise<Value> | undefined;
    return () => {
        made ??= make();
        return made;
    };
}
