import { setMaxListeners } from "node:events";

/**
 * A signal that aborts when any of these does. Any number of requests and programs may listen to it at once without Node's
 * warning of a leak, and it adds no listener to the given ones.
 */
export function signalFor(...signals: readonly AbortSignal[]): AbortSignal {
    const either = AbortSignal.any([...signals]);
    setMaxListeners(0, either);
    return either;
}

/**
 * Calls `work` for each item, at most `limit` at a time, and resolves to the results in the items' order.
 *
 * The first failure aborts the signal that the others were given and is thrown once all of them have ended, so that nothing
 * goes on behind the caller's back.
 */
export async function mapConcurrently<Item, Result>(
    items: readonly Item[],
    limit: number,
    signal: AbortSignal,
    work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
    const failed = new AbortController();
    const either = signalFor(signal, failed.signal);
    const results: Result[] = [];
    const failures: unknown[] = [];
    const queue = items.entries();
    const worker = async () => {
        for (const [position, item] of queue) {
            if (either.aborted) return;
            try {
                results[position] = await work(item, either);
            } catch (error) {
                failures.push(error);
                failed.abort(error);
            }
        }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    if (failures.length > 0) throw failures[0];
    signal.throwIfAborted();
    return results;
}

/** The items in their order, at most `size` in each batch. */
export function* batchesOf<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
    for (let start = 0; start < items.length; start += size) {
        yield items.slice(start, start + size);
    }
}
