/** Waits; rejects at once when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        if (signal.aborted) {
            reject(signal.reason);
            return;
        }
        const timer = setTimeout(() => {
            signal.removeEventListener("abort", onAbort);
            resolve();
        }, milliseconds);
        const onAbort = () => {
            clearTimeout(timer);
            reject(signal.reason);
        };
        signal.addEventListener("abort", onAbort, { once: true });
    });
}

/** Milliseconds before the attempt after the `attempt`th: doubling from half a second to eight, with full jitter. */
export const backoff = (attempt: number): number => Math.random() * Math.min(8000, 250 * 2 ** attempt);
