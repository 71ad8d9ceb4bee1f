import { dropLease, type LeaseFindings } from "../ledger/lease";
import type { Lease } from "../ledger/ledger";
import { LedgerFailure } from "./failure";
import { keepRenewed } from "./leaseRenewal";
import { changeLedger, type Known, readLedger } from "./ledgerAccess";
import { lookForPublished } from "./lookForVersion";
import type { LeaseObtained } from "./obtainLease";
import type { Place, PublishedFacts } from "./place";

/** Bytes that are ready to be published. */
export interface Prepared {
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Bytes of the zip. */
    readonly codeSize: number;
    /**
     * Calls PublishLayerVersion once. Throws where Lambda refuses: then nothing was published.
     *
     * `throttled`: nothing was published, and the call may be repeated. `artifact missing`: the zip is not in the bucket any more.
     */
    publish(): Promise<PublishedFacts | "unanswered" | "throttled" | "artifact missing">;
}

/** Milliseconds before each look after a call without an answer: Lambda may still be at work on it. */
const looks = [0, 500, 1500, 3000];

/** Calls of PublishLayerVersion by one create: each but the first after a plain no, or a look that found nothing. */
const mostCalls = 11;

/** What came of it. */
export interface PublishOutcome {
    /** The ledger as it was read or written last. */
    readonly known: Known;
    /** `undefined`: the lease was lost before anything was published. */
    readonly published: PublishedFacts | undefined;
    /** Versions of which nobody can tell whether an unanswered call has made them: another was published instead. */
    readonly doubtful: readonly PublishedFacts[];
}

/**
 * Publishes under a lease that this process has just taken: one call, and after an answer that leaves it open whether the version
 * exists, a look for it before the next.
 *
 * @param prepare brings the artifact to the bucket again, where it was deleted meanwhile
 * @throws LedgerFailure PUBLISH_UNANSWERED, and what `Prepared.publish` throws
 */
export async function publishUnderLease(
    place: Place,
    { known: leased, lease, inDoubt: wasInDoubt }: LeaseObtained,
    key: string,
    prepared: Prepared,
    prepare: () => Promise<Prepared>,
): Promise<PublishOutcome> {
    const renewal = keepRenewed(place, leased, key, lease.by);
    let bytes = prepared;
    // Whether something may still come to be under this lease: then it stays, for the next to look.
    let inDoubt = wasInDoubt;
    let doubtful: readonly PublishedFacts[] = [];
    try {
        for (let call = 1; call <= mostCalls; call++) {
            if (!(await renewal.isHeld())) {
                return { known: await renewal.stop(), published: undefined, doubtful };
            }
            const answer = await bytes.publish();
            if (typeof answer === "object") {
                return { known: await renewal.stop(), published: answer, doubtful };
            }
            if (answer === "artifact missing") {
                if (call === mostCalls) {
                    throw new LedgerFailure("ARTIFACT_MISSING", { layer: place.layer });
                }
                bytes = await prepare();
                continue;
            }
            if (answer === "unanswered") {
                inDoubt = true;
                const findings = await lookRepeatedly(place, lease);
                doubtful = findings.doubtful;
                if (findings.sure !== undefined) {
                    return { known: await renewal.stop(), published: findings.sure, doubtful };
                }
            }
            await place.clock.sleep(place.clock.random() * Math.min(8000, 250 * 2 ** call));
        }
        throw new LedgerFailure("PUBLISH_UNANSWERED", { layer: place.layer, versionKey: key });
    } catch (error) {
        const known = await renewal.stop();
        if (!inDoubt) {
            await changeLedger(
                place,
                ({ ledger }) => ({ ledger: dropLease(ledger, key, lease.by), result: undefined }),
                known,
            ).catch(() => undefined);
        }
        throw error;
    }
}

async function lookRepeatedly(place: Place, lease: Lease): Promise<LeaseFindings<PublishedFacts>> {
    let findings: LeaseFindings<PublishedFacts> = { sure: undefined, doubtful: [] };
    for (const milliseconds of looks) {
        await place.clock.sleep(milliseconds);
        const { ledger } = await readLedger(place);
        findings = await lookForPublished(place, ledger, lease);
        if (findings.sure !== undefined || findings.doubtful.length > 0) {
            break;
        }
    }
    return findings;
}
