import { writeFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** A variable that the bench sets for its workers. Throws an Error when it is not set. */
export function setting(name: string): string {
    const value = process.env[name];
    if (value === undefined || value === "") {
        throw new Error(`${name} is not set.`);
    }
    return value;
}

/** Leaves a worker's result for the bench. */
export const report = (result: Readonly<Record<string, unknown>>): Promise<void> =>
    writeFile(setting("BENCH_REPORT"), JSON.stringify(result));

/** The result of some work and how long it took, in seconds. */
export async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
    const started = performance.now();
    const result = await work();
    return [result, (performance.now() - started) / 1000];
}

/** Runs work and tells the longest time in ms for which the event loop was held meanwhile. */
export async function watchingEventLoop<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
    const resolution = 1;
    const delays = monitorEventLoopDelay({ resolution });
    delays.enable();
    const result = await work();
    delays.disable();
    return [result, Math.max(0, delays.max / 1e6 - resolution)];
}
