import { releaseClaim } from "./claims";
import { type HandOver, withdrawGrants } from "./handOver";
import type { LayerView } from "./layerView";
import { type KeepVersions, retire } from "./retention";

/** An owner that has come to its current version. */
export interface Succession extends HandOver {
    /** The version that is current now. */
    readonly version: number;
    /** Versions that were left before this one was there, as `claimVersion` tells. */
    readonly waiting: readonly number[];
    readonly keepVersions: KeepVersions;
}

/**
 * Ends the owner's hold on versions that only waited for the current one, and deletes superseded ones as `keepVersions` says.
 * Those that another deletion is still to come for are spared: functions may not have moved yet.
 *
 * @returns the versions that are gone
 */
export async function supersede(view: LayerView, succession: Succession): Promise<number[]> {
    const { clients, store } = view;
    const { version: current, owner, waiting } = succession;
    const deleted = await retire(view, { ...succession, current, sparesClaimed: true });
    // Only now: who is cut short before finds them waiting again.
    for (const version of waiting) {
        await releaseClaim(store, version, owner);
        if (!deleted.includes(version)) {
            await withdrawGrants(clients, store, { ...succession, version });
        }
    }
    return deleted;
}
