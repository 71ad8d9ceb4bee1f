import { type ParseArgsConfig, parseArgs } from "node:util";

/** An option of a command, as its help shows it. */
export interface OptionDescription {
    readonly name: string;
    /** One letter. */
    readonly short?: string;
    /** What stands for its value in the help; an option without one is a flag. */
    readonly value?: string;
    /** Whether it may be given several times. */
    readonly multiple?: boolean;
    /** The argument of a `PythonLayer` that it stands for, where that has another name: errors speak of arguments. */
    readonly argument?: string;
    readonly text: string;
}

/** A command line that says nothing a command could do. Its message is a sentence; the exit code is 2. */
export class UsageError extends Error {
    constructor(message: string) {
        super(message);
        this.name = "UsageError";
    }
}

/** The options of a command line, by name. */
export interface Options {
    /** The value, or `undefined` when it was not given. */
    readonly text: (name: string) => string | undefined;
    /** Every value, in order. */
    readonly texts: (name: string) => string[];
    readonly flag: (name: string) => boolean;
}

/** Arguments and options of a command line. Throws {@link UsageError} for an unknown option and one without its value. */
export function parseOptions(
    args: readonly string[],
    descriptions: readonly OptionDescription[],
): { readonly positionals: readonly string[]; readonly options: Options } {
    const config: NonNullable<ParseArgsConfig["options"]> = Object.fromEntries(
        descriptions.map(({ name, short, value, multiple }) => [
            name,
            {
                type: value === undefined ? "boolean" : "string",
                multiple: multiple === true,
                ...(short === undefined ? {} : { short }),
            } as const,
        ]),
    );
    const { values, positionals } = parsed(args, config);
    const texts = (name: string): string[] => {
        const value = values[name];
        return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string");
    };
    for (const { name, value } of descriptions) {
        if (value !== undefined && texts(name).includes("")) {
            throw new UsageError(`--${name} needs ${value}, and was given nothing.`);
        }
    }
    return {
        positionals,
        options: { text: (name) => texts(name)[0], texts, flag: (name) => values[name] === true },
    };
}

function parsed(args: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
    try {
        return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    } catch (error) {
        const isUsage =
            error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
        if (!isUsage) {
            throw error;
        }
        // What follows the first sentence explains how to give an argument that looks like an option.
        const [sentence = error.message] = error.message.split(/\. |\n/);
        throw new UsageError(sentence.endsWith(".") ? sentence : `${sentence}.`);
    }
}
