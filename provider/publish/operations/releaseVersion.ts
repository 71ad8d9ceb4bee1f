import { type Entry, holdingOf, holdingsOf, holdingsOn, type Ledger } from "../ledger/ledger";
import type { KeptBecause } from "../ledger/notes";
import { type Release, type ReleaseRequest, release } from "../ledger/release";
import { changeLedger, look } from "./ledgerAccess";
import type { Place } from "./place";
import { tidy } from "./tidy";

/** A delete hook: a state gives up its version. */
export interface StateRelease extends ReleaseRequest {
    /** What the state says. */
    readonly version: number;
    /** Of the ledger that the hold was made in, as the state says. */
    readonly epoch: string;
}

/** What became of the state's version, and of others of its owner. */
export interface ReleaseOutcome {
    /** Whether the state's version is deleted; why it stays otherwise. */
    readonly version: "deleted" | KeptBecause;
    /** Numbers of further versions that went: kept ones beyond what `keepVersions` says. */
    readonly alsoDeleted: readonly number[];
    /** What failed for the state's version: the hook is to be run again. */
    readonly problems: readonly unknown[];
}

/**
 * Gives up what a state holds. Deletes what nobody holds any more, if it was published under this ledger.
 *
 * Without evidence nothing is deleted: where there is no ledger, or none that is to be used, or another than the one that the hold
 * was made in, the version stays, and a note says so.
 */
export async function releaseVersion(place: Place, request: StateRelease): Promise<ReleaseOutcome> {
    const { version } = request;
    const read = await look(place);
    if ("problem" in read) {
        place.tell({ code: "ledger not used", problem: read.problem });
        return stays(place, version, "ledger not used");
    }
    if (read.version === undefined) {
        return stays(place, version, "no ledger");
    }
    let before = read.ledger;
    const { known, result } = await changeLedger(
        place,
        (current) => {
            before = current.ledger;
            const { ledger, release: became } = release(before, request);
            return { ledger, grounds: { creates: [request.createId] }, result: became };
        },
        read,
    );
    if (!request.lives) {
        tellOtherHolds(place, known.ledger, before, request.createId);
    }
    if (result === "removed") {
        tellKept(place, known.ledger, before, request.createId);
    }
    const deleting = newlyDeleting(before, known.ledger);
    const alsoDeleted = deleting.filter((each) => each !== version);
    const problems = await tidy(place, known, before, version);
    const entry = known.ledger.versions.get(version);
    if (entry?.deleting) {
        return { version: "deleted", alsoDeleted, problems };
    }
    const because = becauseOf(result, entry, request, request.epoch === before.epoch);
    const kept = await stays(place, version, because, known.ledger);
    return { version: kept.version, alsoDeleted, problems };
}

function becauseOf(
    became: Release,
    entry: Entry | undefined,
    { createId }: StateRelease,
    isSameEpoch: boolean,
): KeptBecause {
    if (became === "superseded" && (entry?.holders.size ?? 0) > 0 && !entry?.holders.has(createId)) {
        return "held";
    }
    if (became === "removed") {
        return entry?.holders.size === 0 ? "found" : "held";
    }
    return became === "unknown" && !isSameEpoch ? "another epoch" : became;
}

const newlyDeleting = (before: Ledger, after: Ledger): number[] =>
    [...after.versions]
        .filter(([version, { deleting }]) => deleting && before.versions.get(version)?.deleting === false)
        .map(([version]) => version);

/** Whoever has left with a resource may have left more behind: runs that were cut short, lost states. */
function tellOtherHolds(place: Place, { versions }: Ledger, before: Ledger, createId: string): void {
    const owner = holdingOf(before, createId)?.holder.owner;
    for (const [version, { holders }] of versions) {
        for (const [id, holder] of holders) {
            if (id !== createId && holder.owner === owner && holder.use === "current") {
                place.tell({ code: "other hold", holding: { version, createId: id, holder } });
            }
        }
    }
}

/** Whoever removes a resource learns which of its versions are left. */
function tellKept(place: Place, after: Ledger, before: Ledger, createId: string): void {
    const owner = holdingOf(before, createId)?.holder.owner;
    const held = owner === undefined ? [] : holdingsOf(after, owner, "kept");
    const versions = [...new Set(held.map(({ version }) => version))].sort((left, right) => left - right);
    if (versions.length > 0) {
        place.tell({ code: "kept too", versions });
    }
}

/** Says that a version stays, unless it is gone: a hook that is run again finds no hold and no ledger any more. */
async function stays(
    place: Place,
    version: number,
    because: KeptBecause,
    ledger?: Ledger,
): Promise<ReleaseOutcome> {
    const entry = ledger?.versions.get(version);
    if (entry === undefined && (await place.versions.get(version)) === undefined) {
        return { version: "deleted", alsoDeleted: [], problems: [] };
    }
    const holders = ledger === undefined ? [] : holdingsOn(ledger, version);
    place.tell({ code: "kept", version, because, holders });
    return { version: because, alsoDeleted: [], problems: [] };
}
