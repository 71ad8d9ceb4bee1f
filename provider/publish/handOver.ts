import type { Clients } from "../aws/clients";
import type { Owner } from "../owner";
import { listClaims, readClaim } from "./claims";
import { type LayerView, listOwnedVersions } from "./layerView";
import type { LayerStore } from "./layout";
import { assertPermissions, type Grantee } from "./permissions";
import { handOver, readRecord } from "./record";

/** An owner whose versions others answer for from now on. */
export interface HandOver {
    readonly layerName: string;
    readonly owner: Owner;
    /** Whether the owner gave permissions, which are taken back then. */
    readonly hadGrants?: boolean | undefined;
    /** Who the heir lets use what it takes over; nobody, where absent. */
    readonly heirGrants?: readonly Grantee[] | undefined;
    readonly signal: AbortSignal;
}

/**
 * Makes the heir answer for every version that the owner answered for. Permissions go along: the heir's are put before
 * the owner's are taken back, so that nobody who may use a version is shut out in between.
 */
export async function handOverAll(view: LayerView, former: HandOver, heir: Owner): Promise<void> {
    const { clients, store } = view;
    const { layerName, owner, hadGrants = false, heirGrants = [], signal } = former;
    for (const { version, exists } of await listOwnedVersions(view, owner)) {
        if (exists && heirGrants.length > 0) {
            await assertPermissions(clients, layerName, version, heirGrants, heir, signal);
        }
        if (exists && hadGrants) {
            await assertPermissions(clients, layerName, version, [], owner, signal);
        }
        await handOver(store, version, heir.id);
    }
}

/** Takes the owner's permissions back from a version that it left, unless it still answers for it. */
export async function withdrawGrants(
    clients: Clients,
    store: LayerStore,
    { layerName, version, owner, hadGrants, signal }: HandOver & { readonly version: number },
): Promise<void> {
    if (hadGrants === true && (await readRecord(store, version))?.owner !== owner.id) {
        await assertPermissions(clients, layerName, version, [], owner, signal);
    }
}

/**
 * Makes whoever else still uses the version answer for it from now on, so that the last one to go can delete it.
 *
 * @returns the heir; `undefined` when nobody else has a claim
 */
export async function handOverToClaimant(
    clients: Clients,
    store: LayerStore,
    left: HandOver & { readonly version: number },
): Promise<string | undefined> {
    const { version, owner } = left;
    const heir = (await listClaims(store, version)).find((claim) => claim.ownerHash !== owner.hash);
    if (heir === undefined) {
        return undefined;
    }
    const { ownerId } = await readClaim(store, heir);
    if (ownerId !== undefined) {
        await handOver(store, version, ownerId);
        await withdrawGrants(clients, store, left);
    }
    return ownerId;
}
