import type { Owner } from "../owner";
import { type LayerView, listOwnedVersions, type OwnedVersion } from "./layerView";
import { removeVersions } from "./removal";

/** How many of an owner's superseded versions survive. */
export type KeepVersions = number | "all";

/** What {@link retire} is about. */
export interface Retirement {
    readonly owner: Owner;
    /** The owner's current version; `undefined` when it has none (any more). It always survives. */
    readonly current: number | undefined;
    readonly keepVersions: KeepVersions;
    /**
     * Whether versions that the owner still has a claim on are left to their own deletion, which comes once everything that
     * uses them has moved. Default: false, as in such a deletion.
     */
    readonly sparesClaimed?: boolean;
    /** Versions whose deletion has come already, and which only waited for the current one. Default: none. */
    readonly waiting?: readonly number[];
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

/**
 * Deletes what {@link chooseRetired} names, and what belongs to it; ends on the way what a deletion by hand, or a run that
 * was cut short, has left of versions that do not exist any more. Answers the versions that are gone, newest first.
 */
export async function retire(
    view: LayerView,
    { owner, current, keepVersions, sparesClaimed = false, waiting = [] }: Retirement,
): Promise<number[]> {
    if (keepVersions === "all") {
        return [];
    }
    const owned = await listOwnedVersions(view, owner);
    const isSpared = ({ version, claimedByOwner }: OwnedVersion) =>
        sparesClaimed && claimedByOwner && !waiting.includes(version);
    const left = owned.filter(({ version, exists }) => !exists && version !== current);
    const retired = chooseRetired(owned, current, keepVersions).flatMap((version) =>
        owned.filter((each) => each.version === version && !isSpared(each)),
    );
    const gone = await removeVersions(view, [...left, ...retired], owner, { withArtifacts: true });
    return gone.filter((version) => retired.some((each) => each.version === version));
}
