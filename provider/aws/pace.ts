import { pause } from "../retry";

/**
 * Keeps all calls to one service of one account and region inside its request rate, however many layers are at work.
 *
 * Off until AWS throttles for the first time: most stacks never notice it. From then on calls are let through one after
 * the other. Every second in which AWS still throttles makes the rate smaller, every success a little larger, so that
 * several machines share an account's rate too.
 */
export interface Pace {
    /** Waits for a place in the line; rejects at once when the signal aborts, which wastes one place. */
    readonly wait: (signal?: AbortSignal) => Promise<void>;
    readonly noteThrottled: () => void;
    readonly noteSuccess: () => void;
}

/** Calls a second: Lambda's control plane takes 15 for an account and region ("Lambda quotas"). */
const rates = { first: 10, largest: 14, smallest: 1 };

/**
 * A pace that has not been throttled yet.
 *
 * @param now milliseconds of a clock that never goes back
 * @param sleep waits for milliseconds of it
 */
export function createPace(now: () => number = () => performance.now(), sleep: typeof pause = pause): Pace {
    let rate: number | undefined;
    let nextSlot = 0;
    let throttledAt = Number.NEGATIVE_INFINITY;
    return {
        wait: async (signal) => {
            if (rate === undefined) {
                return;
            }
            const start = Math.max(now(), nextSlot);
            nextSlot = start + 1000 / rate;
            const milliseconds = start - now();
            if (milliseconds > 0) {
                await sleep(milliseconds, signal);
            }
        },
        noteThrottled: () => {
            // A burst that was under way is refused as one: it counts once.
            if (now() - throttledAt > 1000) {
                rate = rate === undefined ? rates.first : Math.max(rates.smallest, rate * 0.8);
                throttledAt = now();
            }
        },
        noteSuccess: () => {
            if (rate !== undefined) {
                rate = Math.min(rates.largest, rate + 0.1);
            }
        },
    };
}
