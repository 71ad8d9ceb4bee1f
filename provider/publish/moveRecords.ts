import type { Clients } from "../aws/clients";
import { readObject, writeObject } from "../aws/objects";
import { listClaims, releaseClaim } from "./claims";
import { acceptHandOver, type HandOver, handOverToClaimant } from "./handOver";
import { hasOthersClaim, listOwnedVersions, viewLayer } from "./layerView";
import { type LayerStore, manifestObject } from "./layout";
import { forgetPublication, notePublication } from "./publication";
import { changeRecord, ownedBy, readRecord, type VersionRecord } from "./record";
import { removeVersionFolder } from "./removal";

/** What {@link moveRecords} is about: an owner whose records go to another bucket or prefix. */
export interface Move extends HandOver {
    /** The owner's current version, whose records are in the new place already. */
    readonly current: number;
}

/**
 * Takes an owner's records along to a new place, so that its retention and permissions still reach its kept versions.
 *
 * What others still use in the old place stays there and is theirs from then on: nothing in the new place may delete it.
 */
export async function moveRecords(
    clients: Clients,
    from: LayerStore,
    to: LayerStore,
    move: Move,
): Promise<void> {
    const view = viewLayer(clients, from, move.layerName, move.signal);
    for (const { version, record, exists, claimedByOthers } of await listOwnedVersions(view, move.owner)) {
        const isOwn = await acceptHandOver(from, record, move.owner);
        await releaseClaim(from, version, move.owner);
        const heir =
            isOwn && claimedByOthers
                ? await handOverToClaimant(clients, from, { ...move, version })
                : undefined;
        if (heir !== undefined && version === move.current) {
            await changeRecord(to, version, (kept) => (kept === undefined ? kept : ownedBy(heir, kept)));
        }
        const isUsed =
            claimedByOthers && hasOthersClaim(await listClaims(from, version), version, move.owner);
        if (!isOwn || heir !== undefined || isUsed) {
            continue;
        }
        if (exists && version !== move.current) {
            await copyRecord(from, to, ownedBy(move.owner.id, record));
        }
        await forgetPublication(from, record.versionKey, version);
        await removeVersionFolder(from, version);
    }
    await releaseClaim(from, move.current, move.owner);
}

async function copyRecord(from: LayerStore, to: LayerStore, record: VersionRecord): Promise<void> {
    const { version } = record;
    if ((await readRecord(to, version)) !== undefined) {
        return;
    }
    const { fileName } = record.manifest;
    const manifest = await readObject(from.bucket, manifestObject(from, version, fileName));
    if (manifest !== undefined) {
        const key = manifestObject(to, version, fileName);
        await writeObject(to.bucket, key, manifest.body, "text/plain; charset=utf-8");
    }
    await changeRecord(to, version, (kept) => kept ?? record);
    await notePublication(to, record.versionKey, version);
}
