import { isDamaged, isUnreadable } from "./failures";
import type { Pace } from "./pace";

/** A try of a call, as the AWS SDK hands it round. */
interface Attempt {
    getRetryCount: () => number;
    getRetryDelay: () => number;
    getRetryCost: () => number | undefined;
}

/** Why a try failed, in the SDK's own sorting. */
interface AttemptFailure {
    readonly errorType: "TRANSIENT" | "THROTTLING" | "SERVER_ERROR" | "CLIENT_ERROR";
    readonly error?: unknown;
}

/** A retry strategy of the AWS SDK (its `RetryStrategyV2`). */
export interface RetryStrategy {
    readonly acquireInitialRetryToken: () => Promise<Attempt>;
    readonly refreshRetryTokenForRetry: (last: Attempt, failure: AttemptFailure) => Promise<Attempt>;
    readonly recordSuccess: () => void;
}

/** Milliseconds: what a pause doubles from, after a throttled call and after any other, and the longest one. */
const pauses = { throttled: 500, failed: 100, longest: 10_000 };

/**
 * Tries again, with doubling pauses and full jitter, what was throttled, failed inside AWS, or was damaged on its way.
 *
 * The SDK's own strategies stop after a hundred retries of a client, whatever each call has had, and its adaptive mode
 * slows down to a call in two seconds: hundreds of layers need neither.
 *
 * @param attempts of one call, the first included
 * @param pace shared by everything that counts against the same rate
 */
export function createRetryStrategy(attempts: number, pace?: Pace): RetryStrategy {
    return {
        acquireInitialRetryToken: async () => {
            await pace?.wait();
            return attempt(0, 0);
        },
        refreshRetryTokenForRetry: async (last, { errorType, error }) => {
            const throttled = errorType === "THROTTLING";
            if (throttled) {
                pace?.noteThrottled();
            }
            const count = last.getRetryCount() + 1;
            const again = errorType !== "CLIENT_ERROR" || isDamaged(error) || isUnreadable(error);
            if (!again || count >= attempts) {
                // That is how the SDK is told to throw the call's own error.
                throw new Error("No further attempt");
            }
            await pace?.wait();
            return attempt(count, pauseBefore(count, throttled));
        },
        recordSuccess: () => pace?.noteSuccess(),
    };
}

const pauseBefore = (count: number, throttled: boolean): number =>
    Math.random() *
    Math.min(pauses.longest, (throttled ? pauses.throttled : pauses.failed) * 2 ** (count - 1));

const attempt = (count: number, delay: number): Attempt => ({
    getRetryCount: () => count,
    getRetryDelay: () => delay,
    getRetryCost: () => undefined,
});
