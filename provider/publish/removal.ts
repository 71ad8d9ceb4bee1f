import { deleteObject, listObjects, objectUri } from "../aws/objects";
import { mapConcurrently } from "../concurrency";
import type { Owner } from "../owner";
import { listClaims, readsAtOnce } from "./claims";
import { acceptHandOver } from "./handOver";
import { deleteLayerVersion } from "./layerVersion";
import { hasOthersClaim, type LayerView, type RecordedVersion } from "./layerView";
import {
    artifactObject,
    type LayerStore,
    parseClaimObject,
    recordFileName,
    recordObject,
    versionFolder,
} from "./layout";
import { forgetPublication, notePublication } from "./publication";

/** Versions that are removed at the same time. */
const removalsAtOnce = 8;

/**
 * Deletes versions with their records, but for those that someone else has put a claim on meanwhile, or taken back. The record
 * goes so late that a run that is cut short is ended by the next: what Lambda does not have any more is cleared away all the same.
 *
 * @returns the numbers of those that are gone, in the given order
 */
export async function removeVersions(
    view: LayerView,
    removed: readonly RecordedVersion[],
    owner: Owner,
    { withArtifacts }: { readonly withArtifacts: boolean },
): Promise<number[]> {
    const { store, signal } = view;
    const outcomes = await mapConcurrently(removed, removalsAtOnce, signal, async (each) => ({
        each,
        gone:
            (await acceptHandOver(store, each.record, owner)) &&
            (await removeFromLambda(view, each.version, each.record.versionKey, owner)),
    }));
    const gone = outcomes.flatMap((outcome) => (outcome.gone ? [outcome.each] : []));
    if (withArtifacts && gone.length > 0) {
        await removeArtifacts(view, gone);
    }
    await mapConcurrently(gone, removalsAtOnce, signal, ({ version }) => removeVersionFolder(store, version));
    return gone.map(({ version }) => version);
}

/**
 * Deletes one version in Lambda, unless someone else has a claim on it. The key goes first: whoever takes the version over from
 * here on notices, see `publishOnce.ts`.
 *
 * @param versionKey `undefined` where nobody knows what the version was published as
 * @returns whether it is gone
 */
export async function removeFromLambda(
    { clients, store, layerName, signal }: LayerView,
    version: number,
    versionKey: string | undefined,
    owner: Owner,
): Promise<boolean> {
    if (versionKey !== undefined) {
        await forgetPublication(store, versionKey, version);
    }
    if (hasOthersClaim(await listClaims(store, version), version, owner)) {
        if (versionKey !== undefined) {
            await notePublication(store, versionKey, version);
        }
        return false;
    }
    await deleteLayerVersion(clients, layerName, version, signal);
    return true;
}

/** Deletes what is kept of a version: the record last but for the claims, by which the owner's next create finds it. */
export async function removeVersionFolder(store: LayerStore, version: number): Promise<void> {
    const record = recordObject(store, version);
    const keys = (await listObjects(store.bucket, versionFolder(store, version))).map(({ key }) => key);
    const isClaim = (key: string) => parseClaimObject(store, key) !== undefined;
    const others = keys.filter((key) => key !== record && !isClaim(key));
    for (const key of [...others, record, ...keys.filter(isClaim)]) {
        await deleteObject(store.bucket, key);
    }
}

/**
 * Deletes the artifacts that were only these records' own: no other record names one, as its artifact or as its content.
 * Other accounts and regions share the artifacts, so every record below the layer's folder counts.
 */
async function removeArtifacts(view: LayerView, removed: readonly RecordedVersion[]): Promise<void> {
    const { store, signal } = view;
    const own = new Set(removed.map(({ version }) => recordObject(store, version)));
    const keys = (await listObjects(store.bucket, store.artifactsFolder))
        .map(({ key }) => key)
        .filter((key) => key.endsWith(`/${recordFileName}`) && !own.has(key));
    const others = await mapConcurrently(keys, readsAtOnce, signal, async (key) => ({
        record: await view.recordAt(key),
    }));
    const used = new Set(
        others.flatMap(({ record }) =>
            record === undefined
                ? []
                : [objectUri(store.bucket, artifactObject(store, record.artifactKey)), record.artifactUri],
        ),
    );
    for (const key of new Set(removed.map(({ record }) => artifactObject(store, record.artifactKey)))) {
        if (!used.has(objectUri(store.bucket, key))) {
            await deleteObject(store.bucket, key);
        }
    }
}
