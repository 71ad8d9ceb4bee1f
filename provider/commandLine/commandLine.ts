import { isLayerError, type LayerError } from "../errors";
import { buildCommand } from "./build";
import type { Command } from "./command";
import { diffCommand } from "./diff";
import { program, renderHelp, renderOverview } from "./help";
import { historyCommand } from "./history";
import { interruptedExitCode } from "./interrupt";
import { type OptionDescription, parseOptions, UsageError } from "./options";
import { packageVersion } from "./packageVersion";
import { pruneCommand } from "./prune";
import { rebuildCommand } from "./rebuild";
import { releaseCommand } from "./release";
import { sbomCommand } from "./sbom";
import { sizeCommand } from "./size";
import { paintFor, type Terminal } from "./terminal";

/** In the order that their help lists them. */
export const commands: readonly Command[] = [
    buildCommand,
    historyCommand,
    diffCommand,
    sizeCommand,
    sbomCommand,
    pruneCommand,
    releaseCommand,
    rebuildCommand,
];

/**
 * Does what a command line says, and answers the exit code: 0 done, 1 failed (told on standard error with the error's
 * code), 2 not understood, 130 interrupted. Throws only for a defect of this package.
 *
 * @param signal aborted where the command is to end
 */
export async function runCommandLine(
    args: readonly string[],
    terminal: Terminal,
    signal: AbortSignal,
): Promise<number> {
    const paint = paintFor(terminal.colours.error);
    const [name, ...rest] = args;
    const command = commands.find((each) => each.name === name);
    try {
        return await dispatch(name, rest, terminal, signal);
    } catch (caught) {
        // Whatever failed because of the abort is told as the abort.
        const error: unknown = signal.aborted ? signal.reason : caught;
        if (error instanceof UsageError) {
            const help = `${program}${command === undefined ? "" : ` ${command.name}`} --help`;
            terminal.writeError(`${paint.red("error:")} ${error.message}\nTry \`${help}\`.\n`);
            return 2;
        }
        if (isLayerError(error)) {
            const [first = "", ...others] = error.message.split("\n");
            const lines = [paint.red(first), ...others, ...inOptions(error, command?.options ?? []), ""];
            terminal.writeError(lines.join("\n"));
            return signal.aborted ? interruptedExitCode : 1;
        }
        throw error;
    }
}

/** What is to be done next speaks of a program's arguments: the options that stand for them, in one line. */
function inOptions({ failure }: LayerError, options: readonly OptionDescription[]): string[] {
    const next = [failure.next].flat().join(" ");
    const meant = options.flatMap(({ name, value, argument }) =>
        argument !== undefined && new RegExp(`\\b${argument}\\b`).test(next)
            ? [`--${name}${value === undefined ? "" : ` ${value}`} for ${argument}`]
            : [],
    );
    return meant.length === 0 ? [] : [`  → On the command line: ${meant.join(", ")}.`];
}

async function dispatch(
    name: string | undefined,
    args: readonly string[],
    terminal: Terminal,
    signal: AbortSignal,
): Promise<number> {
    const paint = paintFor(terminal.colours.output);
    const say = (lines: readonly string[]) => terminal.write(`${lines.join("\n")}\n`);
    if (name === undefined) {
        terminal.writeError(`${renderOverview(commands, paintFor(terminal.colours.error)).join("\n")}\n`);
        return 2;
    }
    if (["--help", "-h", "help"].includes(name)) {
        const asked = name === "help" ? args.find((each) => !each.startsWith("-")) : undefined;
        say(
            asked === undefined
                ? renderOverview(commands, paint)
                : renderHelp(commandNamed(asked), terminal.width, paint),
        );
        return 0;
    }
    if (name === "--version" || name === "-v") {
        say([await packageVersion()]);
        return 0;
    }
    const command = commandNamed(name);
    const end = args.indexOf("--");
    if (args.slice(0, end === -1 ? undefined : end).some((each) => each === "--help" || each === "-h")) {
        say(renderHelp(command, terminal.width, paint));
        return 0;
    }
    const { positionals, options } = parseOptions(args, command.options);
    await command.run({ positionals, options, terminal, signal });
    return 0;
}

function commandNamed(name: string): Command {
    const command = commands.find((each) => each.name === name);
    if (command === undefined) {
        const names = commands.map((each) => each.name).join(", ");
        throw new UsageError(`There is no command ${JSON.stringify(name)}. The commands are ${names}.`);
    }
    return command;
}
