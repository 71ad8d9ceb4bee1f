/** Where a command writes to and what it learns of its surroundings; nothing else of the process is looked at. */
export interface Terminal {
    /** What was asked for: the only thing on standard output, so that it can be piped. Takes whole lines. */
    readonly write: (text: string) => void;
    /** Progress, warnings and failures. Takes whole lines. */
    readonly writeError: (text: string) => void;
    /** Columns; `undefined` where nobody looks (a pipe, a file), and lines may be as long as they come. */
    readonly width: number | undefined;
    /** Whether standard output, and standard error, show colours. */
    readonly colours: { readonly output: boolean; readonly error: boolean };
    readonly environment: NodeJS.ProcessEnv;
    /** Absolute; relative paths start here. */
    readonly folder: string;
}

/** What of a process a terminal is made from. */
export interface TerminalProcess {
    readonly stdout: TerminalStream;
    readonly stderr: TerminalStream;
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: () => string;
}

type TerminalStream = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): boolean };

/**
 * The terminal of a process. Colours only where a terminal shows them, and never with `NO_COLOR` set to anything
 * (https://no-color.org) or `TERM=dumb`.
 */
export function openTerminal(process: TerminalProcess): Terminal {
    const { stdout, stderr, env } = process;
    const wanted = !env["NO_COLOR"] && env["TERM"] !== "dumb";
    return {
        write: (text) => stdout.write(text),
        writeError: (text) => stderr.write(text),
        width: stdout.isTTY === true ? stdout.columns || 80 : undefined,
        colours: { output: wanted && stdout.isTTY === true, error: wanted && stderr.isTTY === true },
        environment: env,
        folder: process.cwd(),
    };
}

/** Paints a text for a terminal, or leaves it as it is. */
export interface Paint {
    readonly bold: (text: string) => string;
    readonly dim: (text: string) => string;
    readonly red: (text: string) => string;
    readonly green: (text: string) => string;
    readonly yellow: (text: string) => string;
}

/** Escape sequences of ECMA-48 (SGR) where colours are shown, otherwise the texts themselves. */
export function paintFor(colours: boolean): Paint {
    const sequence = (start: number, end: number) => (text: string) =>
        colours && text !== "" ? `\u001b[${start}m${text}\u001b[${end}m` : text;
    return {
        bold: sequence(1, 22),
        dim: sequence(2, 22),
        red: sequence(31, 39),
        green: sequence(32, 39),
        yellow: sequence(33, 39),
    };
}
