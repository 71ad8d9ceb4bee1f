/** Milliseconds between two lines of progress about one resource. */
const interval = 10_000;

/**
 * Passes on the first line of each step, and of the lines that differ in their numbers alone one every ten seconds. The engine
 * prints progress as lines of its own where its output is no terminal.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function limitProgress(
    say: (text: string) => void,
    now: () => number = () => performance.now(),
): (text: string) => void {
    let last: { readonly step: string; readonly time: number } | undefined;
    return (text) => {
        const [step, time] = [text.replace(/[\d.]+/g, ""), now()];
        if (last?.step === step && time - last.time < interval) {
            return;
        }
        last = { step, time };
        say(text);
    };
}

/** Progress as {@link limitProgress} passes it on, and none in CI: there the engine's output is a log, where each line of it would stay. */
export const showProgress = (
    environment: NodeJS.ProcessEnv,
    say: (text: string) => void,
): ((text: string) => void) =>
    ["", "0", "false"].includes(environment["CI"] ?? "") ? limitProgress(say) : () => undefined;
