import type { OptionDescription, Options } from "./options";
import type { Terminal } from "./terminal";

/** One command of the command line. Its file is loaded when the command is asked for, and loads the rest when it runs. */
export interface Command {
    readonly name: string;
    /** One line for the list of commands. */
    readonly summary: string;
    /** What follows the command's name, one line for each way to call it. */
    readonly usage: readonly string[];
    /** Paragraphs for its help. */
    readonly details: readonly string[];
    readonly options: readonly OptionDescription[];
    /** Whole command lines, with what they are for. */
    readonly examples: readonly { readonly line: string; readonly text: string }[];
    /** Does it. Throws `LayerError` for what failed and `UsageError` for what was not said rightly. */
    readonly run: (call: Call) => Promise<void>;
}

/** What a command is called with. */
export interface Call {
    readonly positionals: readonly string[];
    readonly options: Options;
    readonly terminal: Terminal;
    /** Aborted by Ctrl-C. */
    readonly signal: AbortSignal;
}

/** The option of every command that programs read. */
export const jsonOption: OptionDescription = { name: "json", text: "print JSON instead of a table" };

/** Options that say which layer is meant, and how AWS is reached. */
export const layerOptions: readonly OptionDescription[] = [
    { name: "bucket", short: "b", value: "<bucket>", text: "S3 bucket with the layer's records" },
    { name: "layer", short: "l", value: "<name>", text: "the layer's name, or its ARN" },
    { name: "prefix", value: "<prefix>", text: "where in the bucket (default lambda/<layer>)" },
    {
        name: "bucket-owner",
        value: "<account>",
        argument: "bucketOwner",
        text: "account of a bucket that is not the credentials' own",
    },
    { name: "region", value: "<region>", text: "AWS region (default: the AWS SDK's own)" },
    { name: "profile", value: "<name>", text: "profile of the AWS configuration files" },
    { name: "endpoint-url", value: "<url>", text: "one address for all AWS services, such as an emulator's" },
];

/** JSON on standard output, as every command prints it. */
export function writeJson(terminal: Terminal, value: unknown): void {
    terminal.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines on standard output. */
export function writeLines(terminal: Terminal, lines: readonly string[]): void {
    terminal.write(lines.map((line) => `${line}\n`).join(""));
}
