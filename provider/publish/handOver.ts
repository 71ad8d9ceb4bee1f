import type { Clients } from "../aws/clients";
import type { Owner } from "../owner";
import { listClaims, readClaim } from "./claims";
import { type LayerView, listOwnedVersions } from "./layerView";
import type { LayerStore } from "./layout";
import { assertPermissions, type Grantee } from "./permissions";
import { changeRecord, ownedBy, readRecord, type VersionRecord } from "./record";

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
        await changeRecord(store, version, (kept) =>
            kept?.owner === owner.id ? ownedBy(heir.id, kept) : kept,
        );
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

/** How many heirs are tried that turn out to have gone. */
const mostHeirs = 8;

/**
 * Makes whoever else still uses the version answer for it from now on, so that the last one to go can delete it.
 *
 * An heir that leaves at the same moment takes its claim off first and looks at the record then. So the record is written first
 * and the claims are looked at afterwards: either the heir has seen that the version is its own, or it is seen here that the
 * heir has gone, and the version is taken back. Where both is so, the first to write the record has it, see
 * {@link acceptHandOver}.
 *
 * @returns who answers for it then; `undefined` when nobody else has a claim, and it is still this owner's
 */
export async function handOverToClaimant(
    clients: Clients,
    store: LayerStore,
    left: HandOver & { readonly version: number },
): Promise<string | undefined> {
    const { version, owner } = left;
    for (let attempt = 1; attempt <= mostHeirs; attempt++) {
        const heir = await findHeir(store, version, owner);
        const record = await changeRecord(store, version, (kept) =>
            isInHand(kept, owner) ? passedOn(kept, owner, heir?.ownerId ?? owner.id) : kept,
        );
        if (heir === undefined || record?.owner !== heir.ownerId) {
            return record?.owner === owner.id ? undefined : record?.owner;
        }
        const claims = await listClaims(store, version);
        if (claims.some(({ ownerHash }) => ownerHash === heir.ownerHash)) {
            await changeRecord(store, version, (kept) =>
                kept?.owner === heir.ownerId && kept.handedOverBy === owner.id
                    ? ownedBy(heir.ownerId, kept)
                    : kept,
            );
            await withdrawGrants(clients, store, left);
            return heir.ownerId;
        }
    }
    return undefined;
}

/** Whether the owner answers for the version, or has handed it over and may still take it back. */
export const isInHand = (record: VersionRecord | undefined, owner: Owner): record is VersionRecord =>
    record !== undefined && (record.owner === owner.id || record.handedOverBy === owner.id);

function passedOn(record: VersionRecord, owner: Owner, heirId: string): VersionRecord {
    if (record.owner === heirId) {
        return record;
    }
    return heirId === owner.id
        ? ownedBy(owner.id, record)
        : { ...record, owner: heirId, handedOverBy: owner.id };
}

/** Someone else with a claim on the version; of several the first in the order of their hashes. */
async function findHeir(store: LayerStore, version: number, owner: Owner) {
    for (const claim of await listClaims(store, version)) {
        const { ownerId } = claim.ownerHash === owner.hash ? {} : await readClaim(store, claim);
        if (ownerId !== undefined) {
            return { ownerId, ownerHash: claim.ownerHash };
        }
    }
    return undefined;
}

/**
 * Says that the owner acts on a version that was handed over to it: from then on nobody takes it back. To be asked before the
 * version is deleted, so that no two ever do that at the same time.
 *
 * @returns whether the version is the owner's
 */
export async function acceptHandOver(
    store: LayerStore,
    record: VersionRecord,
    owner: Owner,
): Promise<boolean> {
    if (record.handedOverBy === undefined) {
        return record.owner === owner.id;
    }
    const accepted = await changeRecord(store, record.version, (kept) =>
        kept?.owner === owner.id && kept.handedOverBy !== undefined ? ownedBy(owner.id, kept) : kept,
    );
    return accepted?.owner === owner.id;
}
