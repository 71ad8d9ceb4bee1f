import { runCommandLine } from "../../../provider/commandLine/commandLine";

/** What a command line gave. */
export interface Outcome {
    readonly exitCode: number;
    readonly output: string;
    readonly errors: string;
}

/** How the terminal is that {@link callCommandLine} pretends. */
export interface PretendedTerminal {
    /** @default a pipe */
    readonly width?: number;
    /** @default false */
    readonly colours?: boolean;
    /** @default this process's own */
    readonly folder?: string;
}

/** Calls the command line in this process, and catches what it writes. */
export async function callCommandLine(
    args: readonly string[],
    { width, colours = false, folder = process.cwd() }: PretendedTerminal = {},
): Promise<Outcome> {
    const [output, errors]: string[][] = [[], []];
    const exitCode = await runCommandLine(args, {
        write: (text) => output?.push(text),
        writeError: (text) => errors?.push(text),
        width,
        colours: { output: colours, error: colours },
        environment: process.env,
        folder,
    });
    return { exitCode, output: output?.join("") ?? "", errors: errors?.join("") ?? "" };
}
