import { runCommandLine } from "../../../provider/commandLine/commandLine";

/** What a command line gave. */
export interface Outcome {
    readonly exitCode: number;
    readonly output: string;
    /** Without what is said about this machine's Node. */
    readonly errors: string;
    /** What is said about this machine's Node: a line, or none where it is new enough. */
    readonly notice: string;
}

/** How the terminal is that {@link callCommandLine} pretends. */
export interface PretendedTerminal {
    /** @default a pipe */
    readonly width?: number;
    /** @default false */
    readonly colours?: boolean;
    /** @default this process's own */
    readonly folder?: string;
    /** @default this process's own */
    readonly environment?: NodeJS.ProcessEnv;
}

/** Calls the command line in this process, and catches what it writes. */
export async function callCommandLine(
    args: readonly string[],
    { width, colours = false, folder = process.cwd(), environment = process.env }: PretendedTerminal = {},
): Promise<Outcome> {
    const output: string[] = [];
    const errors: string[] = [];
    const terminal = {
        write: (text: string) => output.push(text),
        writeError: (text: string) => errors.push(text),
        width,
        colours: { output: colours, error: colours },
        environment,
        folder,
    };
    const exitCode = await runCommandLine(args, terminal, new AbortController().signal);
    const isNotice = (text: string) => /^warning: Node \d+\.\d+\.\d+ .*\n$/.test(text);
    return {
        exitCode,
        output: output.join(""),
        errors: errors.filter((text) => !isNotice(text)).join(""),
        notice: errors.filter(isNotice).join(""),
    };
}
