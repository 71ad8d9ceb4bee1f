import { isStale, type LeaseRequest, settleLease, takeLease } from "../ledger/lease";
import type { Lease } from "../ledger/ledger";
import { LedgerFailure } from "./failure";
import { afterConflict, commit, type Known, readAgain, storeTime } from "./ledgerAccess";
import { lookForPublished, tellFindings } from "./lookForVersion";
import type { Place } from "./place";

/** Milliseconds between two looks at a lease that others hold, on average. */
const pollPause = 1000;

/** A lease that this process has just taken. */
export interface LeaseObtained {
    readonly lease: Lease;
    /** Whether something may have been published under it before that shows only later. */
    readonly inDoubt: boolean;
    readonly known: Known;
}

/** Without a lease, what the ledger says now is to be looked at again. */
export type Obtained = LeaseObtained | { readonly lease?: undefined; readonly known: Known };

/** What the lease is for, and how long it is waited for. */
export interface Obtainment extends Omit<LeaseRequest, "now"> {
    readonly key: string;
    /** The clock's time at which waiting for others ends. */
    readonly deadline: number;
}

/**
 * Obtains the lease on a version key that no version has yet.
 *
 * Waits while another publisher lives. What a dead one may have published is looked for first, and entered.
 *
 * @throws LedgerFailure PUBLISH_CONTENDED
 */
export async function obtainLease(place: Place, read: Known, obtainment: Obtainment): Promise<Obtained> {
    const { key, nonce, codeSha256, settings } = obtainment;
    const others = read.ledger.publishing.get(key);
    let known = read;
    if (others !== undefined && others.by !== nonce) {
        const outlived = await outlive(place, read, others, obtainment);
        if (!outlived.isStale) {
            return { known: outlived.known };
        }
        known = outlived.known;
        const findings = await lookForPublished(place, known.ledger, others);
        if (findings.sure !== undefined || findings.doubtful.length > 0) {
            const settled = await commit(place, known, settleLease(known.ledger, key, findings));
            if (settled !== undefined) {
                tellFindings(place, findings);
            }
            return { known: settled ?? (await afterConflict(place, known)) };
        }
    }
    const { ledger } = known;
    const above = ledger.publishing.get(key)?.above ?? (await place.versions.newest());
    if (known.version === undefined) {
        place.tell({ code: "ledger made", epoch: ledger.epoch, newestVersion: above });
    }
    const request = { nonce, now: storeTime(place, known), codeSha256, settings };
    // A lease that is this process's own already comes from a write whose answer was lost, and is renewed.
    const leased = await commit(place, known, takeLease(ledger, key, request, above));
    const lease = leased?.ledger.publishing.get(key);
    return leased === undefined || lease === undefined
        ? { known: await afterConflict(place, known) }
        : { lease, inDoubt: others !== undefined, known: leased };
}

/** Watches a lease of somebody else until the ledger says something else of it, or its holder counts as dead. */
async function outlive(
    place: Place,
    read: Known,
    lease: Lease,
    { key, deadline }: Obtainment,
): Promise<{ readonly known: Known; readonly isStale: boolean }> {
    const { clock, stale } = place;
    const started = clock.now();
    for (let known = read; ; ) {
        if (isStale(lease, { now: storeTime(place, known), unchangedFor: clock.now() - started, stale })) {
            return { known, isStale: true };
        }
        if (clock.now() >= deadline) {
            throw new LedgerFailure("PUBLISH_CONTENDED", { layer: place.layer, versionKey: key });
        }
        if (known === read) {
            place.tell({ code: "waiting", by: lease.by, versionKey: key });
        }
        await clock.sleep(pollPause * (0.5 + clock.random()));
        known = await readAgain(place, known);
        const now = known.ledger.publishing.get(key);
        if (now?.by !== lease.by || now.at !== lease.at) {
            return { known, isStale: false };
        }
    }
}
