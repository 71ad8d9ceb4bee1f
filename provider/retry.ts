/** How work that failed is tried again. */
export interface Retrying {
    /** At most, the first attempt included. */
    readonly attempts: number;
    /** Whether the same work may succeed a little later. */
    readonly isPassing: (error: unknown, attempt: number) => boolean;
    /** Milliseconds before the next attempt. @default {@link backoff} */
    readonly pauseAfter?: (error: unknown, attempt: number) => number;
    /** Ends the pauses, and the attempts. @default - nothing does */
    readonly signal?: AbortSignal | undefined;
}

/**
 * Does work until it succeeds, as often and with such pauses as it is told. `attempt` counts from 1.
 *
 * Throws the last attempt's error, and the signal's reason when it is aborted.
 */
export async function retry<Result>(
    work: (attempt: number) => Promise<Result>,
    { attempts, isPassing, pauseAfter = (_, attempt) => backoff(attempt), signal }: Retrying,
): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
        try {
            return await work(attempt);
        } catch (error) {
            signal?.throwIfAborted();
            if (attempt >= attempts || !isPassing(error, attempt)) {
                throw error;
            }
            await pause(pauseAfter(error, attempt), signal);
        }
    }
}

/** Waits; rejects at once when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(signal.reason);
            return;
        }
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
        }, milliseconds);
        const onAbort = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
    });
}

/** The longest pause between two attempts, in milliseconds. */
const longestPause = 10_000;

/** Milliseconds before the attempt after the `attempt`th: doubling from `first`, with full jitter. */
export const backoff = (attempt: number, first = 500): number =>
    Math.random() * Math.min(longestPause, first * 2 ** (attempt - 1));
