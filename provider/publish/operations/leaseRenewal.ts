import { leaseTimes, renewLease } from "../ledger/lease";
import { afterConflict, commit, type Known, storeTime } from "./ledgerAccess";
import type { Place } from "./place";

/** A lease that is kept alive while its holder is at work. */
export interface LeaseRenewal {
    /** Whether the lease is this process's, and young enough for a call; an old one is to be taken again (a machine that slept). */
    isHeld(): Promise<boolean>;
    /** Ends the renewal. Answers the ledger as it was read or written last. */
    stop(): Promise<Known>;
}

/** Keeps a lease alive that was just taken. A renewal that fails is no failure: at worst somebody takes the lease over. */
export function keepRenewed(place: Place, taken: Known, key: string, nonce: string): LeaseRenewal {
    const { clock } = place;
    const ended = new AbortController();
    let known = taken;
    let held = true;
    let last: Promise<void> = Promise.resolve();

    /** Milliseconds since the lease says that its holder lives: what others go by. */
    const age = () => storeTime(place, known) - (known.ledger.publishing.get(key)?.at ?? 0);
    const renewOnce = async () => {
        while (held) {
            const renewed = renewLease(known.ledger, key, nonce, storeTime(place, known));
            if (renewed === undefined) {
                held = false;
                return;
            }
            const written = await commit(place, known, renewed);
            if (written !== undefined) {
                known = written;
                return;
            }
            known = await afterConflict(place, known);
        }
    };
    const renew = (): Promise<void> => {
        last = last.then(renewOnce).catch(() => undefined);
        return last;
    };
    const running = (async () => {
        while (held && !ended.signal.aborted) {
            await clock.sleep(leaseTimes.renewal, ended.signal);
            await renew();
        }
    })().catch(() => undefined);
    return {
        isHeld: async () => {
            await last;
            return held && age() < leaseTimes.renewal;
        },
        stop: async () => {
            ended.abort("stopped");
            await running;
            await last;
            return known;
        },
    };
}
