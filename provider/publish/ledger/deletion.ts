import { type Ledger, putEntry } from "./ledger";

/** A version whose deletion is to be completed. */
export interface Deletion {
    readonly version: number;
    /** Artifact keys that no other version is known to come from: their zips may go. */
    readonly artifacts: readonly string[];
}

/** Every version that is being deleted. */
export function deletions({ versions }: Ledger): Deletion[] {
    const used = new Set(
        [...versions.values()].filter(({ deleting }) => !deleting).flatMap(({ artifacts }) => artifacts),
    );
    return [...versions]
        .filter(([, { deleting }]) => deleting)
        .map(([version, { artifacts }]) => ({
            version,
            artifacts: artifacts.filter((artifact) => !used.has(artifact)),
        }));
}

/** Takes out the entries of versions whose deletion is complete, in Lambda and in the bucket. */
export const completeDeletions = (ledger: Ledger, completed: readonly number[]): Ledger =>
    completed
        .filter((version) => ledger.versions.get(version)?.deleting)
        .reduce((rest, version) => putEntry(rest, version, undefined), ledger);
