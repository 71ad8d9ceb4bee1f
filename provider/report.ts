const said = new Set<string>();

/**
 * Says something to the user once per process, as a line of the stack's output: `check` runs twice for a replacement.
 *
 * The engine gives a dynamic provider no way to attach a message to a resource, so every line names its layer.
 */
export const reportOnce = (message: string): void => once(message, console.log);

/** The same, for what the user should do something about. */
export const warnOnce = (message: string): void => once(`warning: ${message}`, console.warn);

function once(message: string, say: (message: string) => void): void {
    if (!said.has(message)) {
        said.add(message);
        say(message);
    }
}

/** Says what has been done for a layer, in one line under the layer's name. */
export function report(layerName: string, message: string): void {
    console.log(`${layerName}: ${message}`);
}
