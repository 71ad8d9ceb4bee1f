/**
 * Starts tasks in their order, so many at a time, and gives the promise of each at once: a test can wait for its own
 * while others go on. A task that fails fails its own promise only.
 */
export function inLanes<Result>(
    lanes: number,
    tasks: readonly (() => Promise<Result>)[],
): readonly Promise<Result>[] {
    const promises: Promise<Result>[] = [];
    for (const [index, task] of tasks.entries()) {
        // The task so many places before this one has the lane, roughly: those after it wait for it.
        const previous = promises[index - lanes];
        const free = index < lanes ? Promise.resolve() : Promise.allSettled([previous]);
        promises.push(free.then(task));
    }
    for (const promise of promises) {
        // Whoever waits for it sees the failure; nobody may be waiting yet.
        promise.catch(() => undefined);
    }
    return promises;
}
