import type { Command } from "./command";
import type { OptionDescription } from "./options";
import { wrap } from "./table";
import type { Paint } from "./terminal";

/** How the command line is called. */
export const program = "pulumi-lambda-layer";

/** Widest that help is set. */
const widest = 100;

/** The help of the whole: its commands and what its exit codes mean. */
export function renderOverview(commands: readonly Command[], paint: Paint): string[] {
    const names = Math.max(...commands.map(({ name }) => name.length));
    return [
        "Lambda layers of Python dependencies: build them without AWS, and see what was published.",
        "",
        paint.bold("Usage"),
        `  ${program} <command> [options]`,
        "",
        paint.bold("Commands"),
        ...commands.map(({ name, summary }) => `  ${name.padEnd(names)}  ${summary}`),
        "",
        paint.bold("Options"),
        "  -h, --help   this text, or with a command, that command's",
        "  --version    the version of this package",
        "",
        paint.bold("Exit codes"),
        "  0    done",
        "  1    it failed; standard error says what, and what to do next",
        "  2    the command line was not understood",
        "  130  it was interrupted (Ctrl-C)",
        "",
        `${program} <command> --help has examples.`,
    ];
}

/** The help of one command, at most 100 columns wide. */
export function renderHelp(command: Command, width: number | undefined, paint: Paint): string[] {
    const room = Math.max(40, Math.min(widest, width ?? widest));
    const options: readonly OptionDescription[] = [
        ...command.options,
        { name: "help", short: "h", text: "this text" },
    ];
    const labels = options.map(
        ({ name, short, value }) =>
            `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
    );
    const labelWidth = Math.max(...labels.map(({ length }) => length));
    return [
        `${command.summary}.`,
        "",
        paint.bold("Usage"),
        ...command.usage.map((line) => `  ${program} ${command.name} ${line}`),
        ...command.details.flatMap((paragraph) => ["", ...wrap(paragraph, room)]),
        "",
        paint.bold("Options"),
        ...options.flatMap(({ text, multiple }, index) => {
            const [first = "", ...rest] = wrap(
                multiple === true ? `${text}; may be repeated` : text,
                Math.max(24, room - labelWidth - 4),
            );
            return [
                `  ${(labels[index] ?? "").padEnd(labelWidth)}  ${first}`,
                ...rest.map((line) => `${" ".repeat(labelWidth + 4)}${line}`),
            ];
        }),
        "",
        paint.bold("Examples"),
        ...command.examples.flatMap(({ line, text }) => [
            `  ${paint.dim(`# ${text}`)}`,
            `  ${program} ${line}`,
        ]),
    ];
}
