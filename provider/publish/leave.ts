import type { Clients } from "../aws/clients";
import type { Owner } from "../owner";
import {
    hasClaimElsewhere,
    listClaims,
    newestClaim,
    type OwnClaim,
    readOwnClaims,
    releaseClaim,
} from "./claims";
import { handOverAll, handOverToClaimant, withdrawGrants } from "./handOver";
import { removeOwnFolder } from "./layerMark";
import { deleteLayerVersion } from "./layerVersion";
import { hasOthersClaim, type LayerView, listOwnedVersions, type OwnedVersion, viewLayer } from "./layerView";
import type { LayerStore } from "./layout";
import type { Grantee } from "./permissions";
import { forgetPublication, notePublication } from "./publication";
import { readRecord } from "./record";
import { removeVersionFolder, removeVersions } from "./removal";
import { type KeepVersions, retire } from "./retention";

/** An owner that gives up a version. */
export interface Departure {
    readonly layerName: string;
    readonly version: number;
    readonly owner: Owner;
    /** The claim that the resource came to the version with; `undefined` in a state from before there were ids. */
    readonly claimId?: string | undefined;
    /** What the version was published as; absent where the state does not say. */
    readonly versionKey?: string | undefined;
    /**
     * Who lives on: the owner itself, when the version is superseded; another one, when the resource was renamed;
     * `undefined`, when the resource is removed, or nobody here knows better than the claims.
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
 *
 * Which of the two it is, the claims tell where the engine does not: another plugin process may have made the successor. A
 * claim on this very version that follows the resource's own means that a later create of the same resource has taken it over.
 */
export async function leaveVersion(
    clients: Clients,
    store: LayerStore,
    departure: Departure,
): Promise<DepartureOutcome> {
    const { layerName, version, owner, survivor, signal } = departure;
    const view = viewLayer(clients, store, layerName, signal);
    const own = await readOwnClaims(store, await view.claims(), owner);
    if (isTakenOver(own, departure)) {
        return { outcome: "kept", deleted: [], kept: [version] };
    }
    if (survivor !== undefined && survivor.id !== owner.id) {
        await releaseClaim(store, version, owner);
        await handOverAll(view, departure, survivor);
        await withdrawGrants(clients, store, departure);
        return { outcome: "kept", deleted: [], kept: [] };
    }
    const successor = departure.successor ?? (await findSuccessor(view, own, departure));
    if (survivor !== undefined && successor === undefined) {
        return { outcome: "waiting", deleted: [], kept: [version] };
    }
    await releaseClaim(store, version, owner);
    if (successor !== undefined) {
        const current = typeof successor === "number" ? successor : undefined;
        const retired = await retire(view, { ...departure, current });
        await withdrawGrants(clients, store, departure);
        return settled(version, retired, []);
    }
    return destroy(view, departure);
}

/** Whether a later create of the same resource holds this very version: the state, or the other process, points at it. */
const isTakenOver = (own: readonly OwnClaim[], { version, claimId }: Departure): boolean =>
    claimId !== undefined &&
    own.some((claim) => claim.version === version && claim.follows.includes(claimId));

/**
 * The version of the owner's newest claim, where that is not the one on the version that it leaves: that one is superseded,
 * also when a run that was cut short has taken its claim off already.
 */
async function findSuccessor(
    view: LayerView,
    own: readonly OwnClaim[],
    { version, owner, survivor }: Departure,
): Promise<number | "elsewhere" | undefined> {
    const newest = newestClaim(own)?.version;
    if (newest !== undefined && newest !== version) {
        return newest;
    }
    const claimedAt = own.find((claim) => claim.version === version)?.claimedAt ?? 0;
    // Where the engine says that the resource lives on, its successor's version may still be to come.
    const moved =
        survivor === undefined &&
        hasClaimElsewhere(view.store, await view.objectsEverywhere(), owner, claimedAt);
    return moved ? "elsewhere" : undefined;
}

/** How often a removal is tried that meets publishers who are just coming to the version. */
const mostAttempts = 5;

/** The resource is removed. */
async function destroy(view: LayerView, departure: Departure): Promise<DepartureOutcome> {
    const { clients, store } = view;
    const { version, owner, forceDestroy } = departure;
    let deleted: number[] = [];
    let after = view;
    let owned: OwnedVersion[] = [];
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
        deleted = await destroyCurrent(after, departure);
        // Looked at anew: whoever came to the version meanwhile answers for it from now on. One who came and went on to
        // look again has no claim at this moment, and the version is neither deleted nor anybody's: once more.
        after = viewLayer(clients, store, departure.layerName, departure.signal);
        owned = (await listOwnedVersions(after, owner)).filter((each) => !deleted.includes(each.version));
        if (!owned.some((each) => each.version === version && each.exists && !each.claimedByOthers)) {
            break;
        }
    }
    const left = await leaveKept(after, owned, departure);
    if (forceDestroy) {
        await removeOwnFolder(store, { withArtifacts: true });
    }
    await withdrawGrants(clients, store, departure);
    const kept = owned.filter((each) => each.exists && !left.includes(each)).map((each) => each.version);
    const wasThere = left.filter(({ exists, claimedByOthers }) => exists && !claimedByOthers);
    return settled(version, [...deleted, ...wasThere.map((each) => each.version)], kept);
}

const settled = (version: number, deleted: readonly number[], kept: readonly number[]): DepartureOutcome => ({
    outcome: deleted.includes(version) ? "deleted" : "kept",
    deleted,
    kept,
});

async function destroyCurrent(view: LayerView, departure: Departure): Promise<number[]> {
    const { clients, store } = view;
    const { layerName, version, owner, adopted, signal } = departure;
    const record = await readRecord(store, version);
    if (record === undefined) {
        // The record is lost: the state alone says whose the version is, and the claims whether it is in use.
        if (adopted) {
            return [];
        }
        // The key goes first, as in `removal.ts`: who takes the version over from here on notices.
        const { versionKey } = departure;
        if (versionKey !== undefined) {
            await forgetPublication(store, versionKey, version);
        }
        if (hasOthersClaim(await listClaims(store, version), version, owner)) {
            if (versionKey !== undefined) {
                await notePublication(store, versionKey, version);
            }
            return [];
        }
        await deleteLayerVersion(clients, layerName, version, signal);
        await removeVersionFolder(store, version);
        return [version];
    }
    if (adopted || record.owner !== owner.id) {
        return [];
    }
    const withArtifacts = departure.forceDestroy;
    return removeVersions(view, [{ version, record, exists: true }], owner, { withArtifacts });
}

/**
 * Versions that others still use are theirs from now on; the rest goes with `forceDestroy`, or stays.
 *
 * @returns those that this owner does not answer for any more
 */
async function leaveKept(
    view: LayerView,
    owned: readonly OwnedVersion[],
    departure: Departure,
): Promise<OwnedVersion[]> {
    const { clients, store } = view;
    const { owner, forceDestroy } = departure;
    const handedOver = owned.filter(({ exists, claimedByOthers }) => exists && claimedByOthers);
    for (const { version } of handedOver) {
        await releaseClaim(store, version, owner);
        await handOverToClaimant(clients, store, { ...departure, version });
    }
    const unwanted = owned.filter((each) => !handedOver.includes(each) && (!each.exists || forceDestroy));
    const removed = await removeVersions(view, unwanted, owner, { withArtifacts: forceDestroy });
    for (const { version } of unwanted.filter((each) => !removed.includes(each.version))) {
        await releaseClaim(store, version, owner);
        await handOverToClaimant(clients, store, { ...departure, version });
    }
    return owned.filter((each) => handedOver.includes(each) || removed.includes(each.version));
}
