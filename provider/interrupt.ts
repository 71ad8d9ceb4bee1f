import { setMaxListeners } from "node:events";
import { LayerError } from "./errors";

/** Milliseconds between the engine's SIGINT and its SIGKILL that are left for cleaning up; it waits five seconds. */
const grace = 4500;

/** Milliseconds in which an answer reaches the engine. */
const answerTime = 250;

const controller = new AbortController();
let running = 0;
let listening = false;

/**
 * Runs work that can be stopped: by the second Ctrl-C (the engine passes on no first one), by SIGTERM, by the time-out.
 *
 * The process then stays until the work has ended its child processes and removed its temporary files.
 *
 * @param timeoutMinutes default 30
 */
export async function interruptible<Result>(
    timeoutMinutes: number | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
    listen();
    const minutes = timeoutMinutes ?? 30;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(timedOut(minutes)), minutes * 60_000);
    running += 1;
    const signal = AbortSignal.any([controller.signal, timeout.signal]);
    // Every download and request listens: there is no number of them that means a leak.
    setMaxListeners(0, signal);
    try {
        return await work(signal);
    } catch (error) {
        // Whatever failed because of the abort is told as the abort, but for what tells the engine of a version that
        // exists: that has to reach the state.
        throw signal.aborted && !isPartialFailure(error) ? signal.reason : error;
    } finally {
        clearTimeout(timer);
        running -= 1;
        if (controller.signal.aborted && running === 0) {
            // Not at once: the answer, which may be that a version exists, has to reach the engine first.
            setTimeout(() => process.exit(130), answerTime);
        }
    }
}

/** Whether an error carries a resource that was made nevertheless (Pulumi: an error with `id` and `reasons`). */
const isPartialFailure = (error: unknown): boolean =>
    typeof error === "object" && error !== null && "id" in error && "reasons" in error;

function listen(): void {
    if (listening) {
        return;
    }
    listening = true;
    for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => {
            if (running === 0) {
                process.exit(130);
            }
            controller.abort(interrupted());
            setTimeout(() => process.exit(130), grace).unref();
        });
    }
}

const interrupted = (): LayerError =>
    new LayerError("ABORTED", {
        what: "The run was interrupted.",
        next: "Run the same command again: what was published already is found and taken over.",
    });

const timedOut = (minutes: number): LayerError =>
    new LayerError("ABORTED", {
        what: `The work took longer than ${minutes} minutes.`,
        next: "Give the argument timeoutMinutes a larger value, or look at what the last line said it was doing.",
    });
