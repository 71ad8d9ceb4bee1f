import { dropLease } from "../ledger/lease";
import { type Answered, callUntilAnswered, type Prepared } from "./callUntilAnswered";
import { keepRenewed } from "./leaseRenewal";
import { changeLedger, type Known, readLedger } from "./ledgerAccess";
import { lookForPublished } from "./lookForVersion";
import type { LeaseObtained } from "./obtainLease";
import type { Place } from "./place";

/** What came of it, with the ledger as it was read or written last. */
export interface PublishOutcome extends Answered {
    readonly known: Known;
}

/**
 * Publishes under a lease that this process has just taken, and keeps it alive meanwhile.
 *
 * A lease under which certainly nothing was published ends with a refusal. Any other stays, and leads the next publisher to what came of it.
 *
 * @param prepare brings the artifact to the bucket again, where it was deleted meanwhile
 * @throws what {@link callUntilAnswered} throws
 */
export async function publishUnderLease(
    place: Place,
    { known: leased, lease, inDoubt: wasInDoubt }: LeaseObtained,
    key: string,
    prepared: Prepared,
    prepare: () => Promise<Prepared>,
): Promise<PublishOutcome> {
    const { layer, clock } = place;
    const renewal = keepRenewed(place, leased, key, lease.by);
    let inDoubt = wasInDoubt;
    try {
        const answered = await callUntilAnswered(prepared, {
            layer,
            clock,
            mayCall: renewal.isHeld,
            look: async () => lookForPublished(place, (await readLedger(place)).ledger, lease),
            prepare,
            doubt: () => {
                inDoubt = true;
            },
        });
        return { ...answered, known: await renewal.stop() };
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
