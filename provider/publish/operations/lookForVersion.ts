import { judgeFindings, type LeaseFindings, possiblyPublishedUnder } from "../ledger/lease";
import type { Lease, Ledger } from "../ledger/ledger";
import type { Place, PublishedFacts } from "./place";

/** Milliseconds between two looks before a version counts as missing: an answer may be older than the last change. */
const defaultSecondLook = 3000;

/**
 * Looks for what was published under a lease and is in no ledger.
 *
 * @param ledger read before this: what was looked up earlier counts for nothing
 */
export async function lookForPublished(
    { versions }: Place,
    ledger: Ledger,
    lease: Lease,
): Promise<LeaseFindings<PublishedFacts>> {
    const listed = await versions.list();
    const candidates: PublishedFacts[] = [];
    for (const { version } of possiblyPublishedUnder(ledger, lease, listed)) {
        const shown = await versions.get(version);
        if (shown !== undefined) {
            candidates.push(shown);
        }
    }
    return judgeFindings(ledger, lease, listed, candidates);
}

/** The version, or `undefined` where Lambda has said twice that there is none. */
export async function lookUp(
    { versions, clock, secondLook = defaultSecondLook }: Place,
    version: number,
): Promise<PublishedFacts | undefined> {
    const found = await versions.get(version);
    if (found !== undefined) {
        return found;
    }
    await clock.sleep(secondLook);
    return versions.get(version);
}

/** Says what a lease whose publisher did not say anything has come to. */
export function tellFindings({ tell }: Place, { sure, doubtful }: LeaseFindings): void {
    tell({ code: "lease ended", version: sure?.version });
    for (const { version } of doubtful) {
        tell({ code: "doubtful version", version });
    }
}
