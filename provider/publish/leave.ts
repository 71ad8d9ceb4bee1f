import type { Clients } from "../aws/clients";
import type { Owner } from "../owner";
import {
    hasClaimElsewhere,
    newestClaim,
    type OwnClaim,
    readOwnClaims,
    releaseClaim,
    waitForSuccessor,
} from "./claims";
import { handOverAll, handOverToClaimant, isInHand, withdrawGrants } from "./handOver";
import { removeOwnFolder } from "./layerMark";
import { type LayerView, listOwnedVersions, type OwnedVersion, viewLayer } from "./layerView";
import type { LayerStore } from "./layout";
import type { Grantee } from "./permissions";
import { readRecord } from "./record";
import { removeFromLambda, removeVersionFolder, removeVersions } from "./removal";
import { type KeepVersions, retire } from "./retention";

/** An owner that gives up a version. */
export interface Departure {
    readonly layerName: string;
    readonly version: number;
    readonly owner: Owner;
    /** The claim that the resource came to the version with; `undefined` where the state does not say. */
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
    /** `waiting`: the version and the claim stay until the successor exists, see `succession.ts`. */
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
        await waitForSuccessor(store, version, owner, own);
        return { outcome: "waiting", deleted: [], kept: [version] };
    }
    await releaseClaim(store, version, owner);
    if (successor !== undefined) {
        const current = typeof successor === "number" ? successor : undefined;
        const retired = await retire(view, { ...departure, current });
        await withdrawGrants(clients, store, departure);
        return settled(version, retired, []);
    }
    // A resource that is removed uses nothing any more, also what a run that was cut short had just come to.
    for (const claim of own.filter((each) => each.version !== version)) {
        await releaseClaim(store, claim.version, owner);
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

/** How often a version is given up whose other users come and go at the same time. */
const mostAttempts = 5;

/** The resource is removed. */
async function destroy(view: LayerView, departure: Departure): Promise<DepartureOutcome> {
    const { clients, store, layerName, signal } = view;
    const { version, owner, forceDestroy } = departure;
    const deleted = (await giveUpCurrent(view, departure)) ? [version] : [];
    // Looked at anew: the claims and the owners of all versions may be others by now.
    const after = viewLayer(clients, store, layerName, signal);
    const owned = (await listOwnedVersions(after, owner)).filter((each) => !deleted.includes(each.version));
    const { removed, handedOver } = await leaveKept(after, owned, departure);
    if (forceDestroy) {
        await removeOwnFolder(store, { withArtifacts: true });
    }
    await withdrawGrants(clients, store, departure);
    const present = owned.filter(({ exists }) => exists).map((each) => each.version);
    return settled(
        version,
        [...deleted, ...present.filter((each) => removed.includes(each))],
        present.filter((each) => !removed.includes(each) && !handedOver.includes(each)),
    );
}

const settled = (version: number, deleted: readonly number[], kept: readonly number[]): DepartureOutcome => ({
    outcome: deleted.includes(version) ? "deleted" : "kept",
    deleted,
    kept,
});

/**
 * Deletes the version that the resource had, or makes whoever else uses it answer for it. Users may come, and go again, at any
 * moment: then once more.
 *
 * @returns whether it is deleted
 */
async function giveUpCurrent(view: LayerView, departure: Departure): Promise<boolean> {
    const { clients, store } = view;
    const { version, owner, versionKey, forceDestroy } = departure;
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
        const record = await readRecord(store, version);
        if (record === undefined) {
            // The record is lost: the state alone says whose the version is, and the claims whether it is in use.
            const gone = await removeFromLambda(view, version, versionKey, owner);
            if (gone) {
                await removeVersionFolder(store, version);
            }
            return gone;
        }
        if (record.owner === owner.id) {
            const removed = [{ version, record, exists: true }];
            if ((await removeVersions(view, removed, owner, { withArtifacts: forceDestroy })).length > 0) {
                return true;
            }
        }
        if (!isInHand(record, owner) || (await handOverToClaimant(clients, store, departure)) !== undefined) {
            return false;
        }
    }
    return false;
}

/** Numbers of versions that an owner does not answer for any more. */
interface LeftVersions {
    readonly removed: readonly number[];
    readonly handedOver: readonly number[];
}

/** Versions that others still use are theirs from now on; the rest goes with `forceDestroy`, or stays. */
async function leaveKept(
    view: LayerView,
    owned: readonly OwnedVersion[],
    departure: Departure,
): Promise<LeftVersions> {
    const { clients, store } = view;
    const { owner, forceDestroy } = departure;
    const removed: number[] = [];
    const handedOver: number[] = [];
    const giveUp = async (versions: readonly OwnedVersion[]) => {
        for (const { version } of versions) {
            await releaseClaim(store, version, owner);
            if ((await handOverToClaimant(clients, store, { ...departure, version })) !== undefined) {
                handedOver.push(version);
            }
        }
    };
    await giveUp(owned.filter(({ exists, claimedByOthers }) => exists && claimedByOthers));
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
        const unwanted = owned.filter(
            ({ version, exists }) =>
                (forceDestroy || !exists) && !removed.includes(version) && !handedOver.includes(version),
        );
        if (unwanted.length === 0) {
            break;
        }
        removed.push(...(await removeVersions(view, unwanted, owner, { withArtifacts: forceDestroy })));
        await giveUp(unwanted.filter(({ version }) => !removed.includes(version)));
    }
    return { removed, handedOver };
}
