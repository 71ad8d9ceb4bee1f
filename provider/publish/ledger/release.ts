import { type Holding, holdingOf, holdingsOf, type Ledger } from "./ledger";
import { putHolder } from "./policy";
import { removeHolder, retain } from "./retention";

/** A delete hook, or the command line, gives up what a create holds. */
export interface ReleaseRequest {
    readonly createId: string;
    /** The engine has checked this resource in this run: it lives on. A hint that can only keep. */
    readonly lives: boolean;
    /** Whether a resource that is removed takes its owner's kept versions along. */
    readonly forceDestroy: boolean;
    /** The same run has made the resource's next version in another layer, with this `keep`: see {@link retain}. */
    readonly movedOn?: { readonly keep: number | null } | undefined;
}

/** What became of the create's hold. */
export type Release =
    /** It holds nothing here: released before, or unknown. */
    | "unknown"
    /** The resource has gone on: `keepVersions` decides. */
    | "superseded"
    /** Another create of this owner is newer, so this one may be superseded: `keepVersions` decides. */
    | "doubtful"
    /** It holds the version no more. */
    | "removed";

/** Gives up a create's hold. Nothing else of anybody is touched, but for kept versions of the same owner. */
export function release(
    ledger: Ledger,
    { createId, lives, forceDestroy, movedOn }: ReleaseRequest,
): { readonly ledger: Ledger; readonly release: Release } {
    const holding = holdingOf(ledger, createId);
    if (holding === undefined) {
        return { ledger, release: "unknown" };
    }
    const { owner } = holding.holder;
    const isKept = holding.holder.use === "kept";
    const isNewest = holdingsOf(ledger, owner, "current")[0]?.createId === createId;
    if (lives || !isNewest) {
        const retention = { owner, ...(movedOn === undefined ? {} : { keep: movedOn.keep }) };
        return {
            ledger: retain(supersede(ledger, holding), retention),
            release: lives || isKept ? "superseded" : "doubtful",
        };
    }
    const gone = removeHolder(ledger, holding.version, createId);
    return { ledger: forceDestroy ? removeKept(gone, owner) : gone, release: "removed" };
}

/** The hold becomes a kept one, or ends where another hold of the owner on the version says as much. */
function supersede(ledger: Ledger, { version, createId, holder }: Holding): Ledger {
    const entry = ledger.versions.get(version);
    const isCurrentBeside = holdingsOf(ledger, holder.owner, "current").some(
        (each) => each.version === version && each.createId !== createId,
    );
    return entry === undefined || isCurrentBeside
        ? removeHolder(ledger, version, createId)
        : putHolder(ledger, version, createId, { ...holder, use: "kept" });
}

const removeKept = (ledger: Ledger, owner: string): Ledger =>
    holdingsOf(ledger, owner, "kept").reduce(
        (rest, { version, createId }) => removeHolder(rest, version, createId),
        ledger,
    );
