import { setMaxListeners } from "node:events";
import { LayerError } from "../errors";

/** What of a process tells that somebody wants it to end. */
export interface InterruptibleProcess {
    on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
    exit(code: number): void;
}

/** The exit code of a process that was interrupted: 128 and the number of SIGINT. */
export const interruptedExitCode = 130;

/**
 * A signal that the first Ctrl-C, or SIGTERM, aborts: whoever works then ends child processes and removes temporary files. A
 * second one ends the process at once.
 */
export function interruptSignal(process: InterruptibleProcess): AbortSignal {
    const controller = new AbortController();
    // Every download and request listens: there is no number of them that means a leak.
    setMaxListeners(0, controller.signal);
    for (const name of ["SIGINT", "SIGTERM"] as const) {
        process.on(name, () => {
            if (controller.signal.aborted) {
                process.exit(interruptedExitCode);
            }
            controller.abort(
                new LayerError("ABORTED", {
                    what: "The run was interrupted.",
                    next: "Run the same command again: what was fetched already is not fetched again.",
                }),
            );
        });
    }
    return controller.signal;
}
