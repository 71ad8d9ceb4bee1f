import type { Clients } from "../aws/clients";
import type { Owner } from "../owner";
import { type Claim, listAllClaims, releaseClaim } from "./claims";
import { handOverAll, handOverToClaimant, withdrawGrants } from "./handOver";
import { removeOwnFolder } from "./layerMark";
import { deleteLayerVersion } from "./layerVersion";
import type { LayerStore } from "./layout";
import type { Grantee } from "./permissions";
import { readRecord } from "./record";
import {
    type KeepVersions,
    listOwnedVersions,
    removeVersion,
    removeVersionFolder,
    retire,
} from "./retention";

/** An owner that gives up a version. */
export interface Departure {
    readonly layerName: string;
    readonly version: number;
    readonly owner: Owner;
    /**
     * Who lives on: the owner itself, when the version is superseded; another one, when the resource was renamed;
     * `undefined`, when the resource is removed.
     */
    readonly survivor: Owner | undefined;
    /** The version of this layer that follows; `"elsewhere"` when it is one of another layer; absent before it exists. */
    readonly successor: number | "elsewhere" | undefined;
    /** Whether someone outside this product published the version. */
    readonly adopted: boolean;
    /** How many of the owner's superseded versions survive. */
    readonly keepVersions: KeepVersions;
    /** Whether a destroy takes the owner's kept versions and artifacts with it. */
    readonly forceDestroy: boolean;
    /** Whether the owner gave permissions, which are taken back where it leaves. Default: false. */
    readonly hadGrants?: boolean | undefined;
    /** Who the survivor lets use what it takes over. Default: nobody. */
    readonly heirGrants?: readonly Grantee[] | undefined;
    readonly signal: AbortSignal;
}

/** What became of the version, and which versions are gone. */
export interface DepartureOutcome {
    /** `waiting`: the version and the claim stay until the successor exists. */
    readonly outcome: "deleted" | "kept" | "waiting";
    readonly deleted: readonly number[];
    /** Versions that this owner still answers for. */
    readonly kept: readonly number[];
}

/**
 * Takes an owner's claim off a version.
 *
 * A superseded version stays as `keepVersions` says. The current one is deleted when this owner answers for it and
 * nobody else has a claim on it; with a claim, its next holder answers for it from then on.
 */
export async function leaveVersion(
    clients: Clients,
    store: LayerStore,
    departure: Departure,
): Promise<DepartureOutcome> {
    const { version, owner, survivor } = departure;
    const newer = newerClaim(await listAllClaims(store), version, owner);
    if (survivor !== undefined && survivor.id !== owner.id) {
        await releaseClaim(store, version, owner);
        await handOverAll(clients, store, departure, survivor);
        await withdrawGrants(clients, store, departure);
        return { outcome: "kept", deleted: [], kept: [] };
    }
    const successor = departure.successor ?? newer;
    if (survivor !== undefined && successor === undefined) {
        return { outcome: "waiting", deleted: [], kept: [version] };
    }
    await releaseClaim(store, version, owner);
    if (survivor !== undefined || newer !== undefined) {
        const current = typeof successor === "number" ? successor : undefined;
        const retired = await retire(clients, store, { ...departure, current });
        await withdrawGrants(clients, store, departure);
        return settled(version, retired, []);
    }
    const deleted = await destroyCurrent(clients, store, departure);
    deleted.push(...(await leaveKept(clients, store, departure)));
    if (departure.forceDestroy) {
        await removeOwnFolder(store, { withArtifacts: true });
    }
    await withdrawGrants(clients, store, departure);
    const kept = await listOwnedVersions(clients, store, departure);
    return settled(
        version,
        deleted,
        kept.filter(({ exists }) => exists).map((each) => each.version),
    );
}

const settled = (version: number, deleted: readonly number[], kept: readonly number[]): DepartureOutcome => ({
    outcome: deleted.includes(version) ? "deleted" : "kept",
    deleted,
    kept,
});

async function destroyCurrent(clients: Clients, store: LayerStore, departure: Departure): Promise<number[]> {
    const { layerName, version, owner, adopted, signal } = departure;
    const record = await readRecord(store, version);
    if (record === undefined) {
        // The record is lost: the state alone says whose the version is, and the claims whether it is in use.
        const claimed = (await listAllClaims(store)).some((claim) => claim.version === version);
        if (adopted || claimed) {
            return [];
        }
        await deleteLayerVersion(clients, layerName, version, signal);
        await removeVersionFolder(store, version);
        return [version];
    }
    if (adopted || record.owner !== owner.id) {
        return [];
    }
    const withArtifact = departure.forceDestroy;
    if (await removeVersion(clients, store, record, departure, { withArtifact })) {
        return [version];
    }
    return [];
}

/** Versions that others still use are theirs from now on; the rest goes with `forceDestroy`, or stays. */
async function leaveKept(clients: Clients, store: LayerStore, departure: Departure): Promise<number[]> {
    const removed: number[] = [];
    for (const owned of await listOwnedVersions(clients, store, departure)) {
        const { version, record, exists, claimedByOthers } = owned;
        if (exists && claimedByOthers) {
            await releaseClaim(store, version, departure.owner);
            await handOverToClaimant(clients, store, { ...departure, version });
        } else if (!exists || departure.forceDestroy) {
            const withArtifact = departure.forceDestroy;
            if ((await removeVersion(clients, store, record, departure, { withArtifact })) && exists) {
                removed.push(version);
            }
        }
    }
    return removed;
}

/**
 * The version of the owner's newest claim, where that is not the one on `version`: a superseded version, also when a run
 * that was cut short has taken its claim off already. S3's times are whole seconds; of two claims in one second the one on
 * the later version counts.
 */
function newerClaim(claims: readonly Claim[], version: number, owner: Owner): number | undefined {
    const newest = claims
        .filter(({ ownerHash }) => ownerHash === owner.hash)
        .sort((left, right) => right.claimedAt - left.claimedAt || right.version - left.version)[0]?.version;
    return newest === version ? undefined : newest;
}
