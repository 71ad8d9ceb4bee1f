import { setImmediate } from "node:timers/promises";

/** How many small pieces of work (tens of microseconds at most) are done before the event loop gets its turn. */
export const sliceLength = 1024;

/** Lets the event loop run what is waiting. */
export const yieldToEventLoop = (): Promise<void> => setImmediate();

/** Calls `work` for each item in order, with a turn of the event loop after every {@link sliceLength} items. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
    let count = 0;
    for (const item of items) {
        work(item);
        count += 1;
        if (count % sliceLength === 0) await yieldToEventLoop();
    }
}

/**
 * A sorted copy, made by merging sorted slices so that no event loop turn is long, however many items there are.
 * Stable: items with equal keys keep their order. Keys are compared as JavaScript strings; see {@link byteOrder}.
 */
export async function sortedInSlices<T>(items: readonly T[], keyOf: (item: T) => string): Promise<T[]> {
    let runs: { readonly key: string; readonly item: T }[][] = [];
    for (let start = 0; start < items.length; start += sliceLength) {
        const run = items.slice(start, start + sliceLength).map((item) => ({ key: keyOf(item), item }));
        runs.push(run.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0)));
        await yieldToEventLoop();
    }
    while (runs.length > 1) {
        const merged: typeof runs = [];
        for (let index = 0; index < runs.length; index += 2) {
            const [left = [], right = []] = [runs[index], runs[index + 1]];
            merged.push(await mergeRuns(left, right));
        }
        runs = merged;
    }
    return (runs[0] ?? []).map(({ item }) => item);
}

async function mergeRuns<E extends { readonly key: string }>(
    left: readonly E[],
    right: readonly E[],
): Promise<E[]> {
    const merged: E[] = [];
    let [fromLeft, fromRight] = [0, 0];
    for (;;) {
        const [first, second] = [left[fromLeft], right[fromRight]];
        const next =
            second === undefined || (first !== undefined && first.key <= second.key) ? first : second;
        if (next === undefined) return merged;
        if (next === first) fromLeft += 1;
        else fromRight += 1;
        if (merged.push(next) % (8 * sliceLength) === 0) await yieldToEventLoop();
    }
}

/** A key whose JavaScript order is the order of the text's UTF-8 bytes: one character for each byte. */
export const byteOrder = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/**
 * Calls `work` for each item, at most `limit` at a time, in order of start. Resolves once all are done; after the first
 * failure nothing more is started, and it rejects with that failure once what runs has ended.
 */
export async function concurrently<T>(
    items: Iterable<T>,
    limit: number,
    work: (item: T) => Promise<void>,
): Promise<void> {
    const iterator = items[Symbol.iterator]();
    let failure: { readonly error: unknown } | undefined;
    const worker = async (): Promise<void> => {
        for (let next = iterator.next(); !next.done && failure === undefined; next = iterator.next()) {
            try {
                await work(next.value);
            } catch (error) {
                failure ??= { error };
            }
        }
    };
    await Promise.all(Array.from({ length: limit }, worker));
    if (failure !== undefined) throw failure.error;
}
