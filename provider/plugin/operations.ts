import { signalFor } from "../concurrency";
import { type EngineLog, severity } from "../dynamic/engineLog";
import { showProgress } from "../dynamic/progress";
import { LayerError } from "../errors";
import type { Call } from "../layer/host";

/** The operations that the engine waits for. */
export interface Operations {
    /**
     * Does the work of one operation on a resource.
     *
     * @param seconds after which it is given up: the resource's custom time-out; 0 for none
     */
    run<Result>(urn: string, seconds: number, work: (call: Call) => Promise<Result>): Promise<Result>;
    /** Gives up every operation under way, and every later one: the user pressed Ctrl-C. */
    cancel(): void;
}

/** @param engine the log of the engine; `undefined` before it has said where it is */
export function createOperations(
    engine: () => EngineLog | undefined,
    environment: NodeJS.ProcessEnv,
): Operations {
    const cancelled = new AbortController();
    return {
        run: async (urn, seconds, work) => {
            const timeout = new AbortController();
            const timer =
                seconds > 0
                    ? setTimeout(() => timeout.abort(tookTooLong(seconds)), seconds * 1000)
                    : undefined;
            const signal = signalFor(cancelled.signal, timeout.signal);
            const send = (importance: keyof typeof severity, text: string, ephemeral: boolean) =>
                engine()?.send({ urn, text, severity: severity[importance], ephemeral });
            try {
                signal.throwIfAborted();
                return await work({
                    signal,
                    log: (importance, text) => send(importance, text, false),
                    status: showProgress(environment, (text) => send("info", text, true)),
                });
            } catch (error) {
                throw signal.aborted ? signal.reason : error;
            } finally {
                clearTimeout(timer);
                // An answer that overtakes them leaves messages under no resource.
                await engine()?.delivered();
            }
        },
        cancel: () =>
            cancelled.abort(
                new LayerError("ABORTED", {
                    what: "The run was interrupted.",
                    next: "Run the same command again: what was published already is found.",
                }),
            ),
    };
}

const tookTooLong = (seconds: number): LayerError =>
    new LayerError("ABORTED", {
        what: `The work took longer than the ${seconds} seconds of the resource's customTimeouts.`,
        next: "Give it more time there, and run the same command again: what was published already is found.",
    });
