import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { atShutdown, refuseWhenInterrupted, signalProcessGroup, trackProcessGroup } from "./shutdown";

/** How a command is run. */
export interface CommandOptions {
    /** Working folder; default this process's. */
    readonly cwd?: string | undefined;
    /** The whole environment; default this process's. */
    readonly env?: NodeJS.ProcessEnv | undefined;
    /** After so many ms the command and all it started are interrupted, and killed 10 s later; default 10 minutes. */
    readonly timeoutMs?: number | undefined;
    /** Called with every line of either stream, as it comes. */
    readonly onLine?: ((line: string) => void) | undefined;
}

/** How a command ended, with all it printed. */
export interface CommandResult {
    /** The command and its arguments, for messages. */
    readonly command: string;
    /** Null when a signal ended it. */
    readonly exitCode: number | null;
    readonly timedOut: boolean;
    readonly stdout: string;
    readonly stderr: string;
    /** Both streams in the order in which they came: what a user sees. */
    readonly output: string;
    readonly durationMs: number;
}

/**
 * Runs a command to its end, whatever its exit code, with no shell and nothing on standard input. It gets a process
 * group of its own, which is gone when this resolves and when this process ends. Rejects only when it can't be started.
 */
export function runCommand(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
): Promise<CommandResult> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
        refuseWhenInterrupted();
        const child = spawn(command, [...args], {
            cwd: options.cwd,
            env: options.env ?? process.env,
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
        });
        const group = child.pid;
        const forget = group === undefined ? () => {} : trackProcessGroup(group, "command");
        const printed = { stdout: "", stderr: "", output: "" };
        let timedOut = false;
        const timers: NodeJS.Timeout[] = [];
        const signalAfter = (signal: NodeJS.Signals, ms: number) =>
            timers.push(setTimeout(() => group !== undefined && signalProcessGroup(group, signal), ms));
        const timeoutMs = options.timeoutMs ?? 600_000;
        timers.push(
            setTimeout(() => {
                timedOut = true;
            }, timeoutMs),
        );
        // Pulumi finishes what it is at after the first interruption, and stops at once after the second.
        signalAfter("SIGINT", timeoutMs);
        signalAfter("SIGINT", timeoutMs + 5_000);
        signalAfter("SIGKILL", timeoutMs + 10_000);

        for (const name of ["stdout", "stderr"] as const) {
            child[name].setEncoding("utf8").on("data", (text: string) => {
                printed[name] += text;
                printed.output += text;
            });
            const onLine = options.onLine;
            if (onLine !== undefined) {
                createInterface({ input: child[name] }).on("line", onLine);
            }
        }
        const finish = () => {
            for (const timer of timers) {
                clearTimeout(timer);
            }
            if (group !== undefined) {
                signalProcessGroup(group, "SIGKILL");
            }
            forget();
        };
        child.on("error", (error) => {
            finish();
            reject(error);
        });
        child.on("exit", () => {
            finish();
            // What left the group and keeps a stream open must not hold the result up.
            setTimeout(() => {
                child.stdout.destroy();
                child.stderr.destroy();
            }, 2_000).unref();
        });
        child.on("close", (exitCode) =>
            resolve({
                command: [command, ...args].join(" "),
                exitCode,
                timedOut,
                ...printed,
                durationMs: Math.round(performance.now() - started),
            }),
        );
    });
}

/**
 * Runs a command on this process's own terminal and standard input, and resolves with its exit code (128 and more for a
 * signal). An interruption of this process waits until the command, which gets it too, has ended.
 */
export function runAttached(
    command: string,
    args: readonly string[],
    options: Pick<CommandOptions, "cwd" | "env"> = {},
): Promise<number> {
    return new Promise((resolve, reject) => {
        const child = spawn(command, [...args], {
            cwd: options.cwd,
            env: options.env ?? process.env,
            stdio: "inherit",
        });
        const ended = new Promise<void>((done) =>
            child.once("exit", () => done()).once("error", () => done()),
        );
        // A terminal's Ctrl-C reaches the command by itself, and a second one would mean "at once" to it.
        const forget = atShutdown((signal) => {
            if (signal !== "SIGINT") {
                child.kill("SIGTERM");
            }
            return ended;
        });
        const kill = () => child.kill("SIGTERM");
        process.on("exit", kill);
        const finish = () => {
            process.off("exit", kill);
            void forget();
        };
        child.on("error", (error) => {
            finish();
            reject(error);
        });
        child.on("exit", (exitCode, signal) => {
            finish();
            resolve(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]));
        });
    });
}

/** As {@link runCommand}, but rejects with the command and its last 20 lines when the exit code is not 0. */
export async function mustRun(
    command: string,
    args: readonly string[],
    options: CommandOptions = {},
): Promise<CommandResult> {
    const result = await runCommand(command, args, options);
    if (result.exitCode !== 0) {
        throw new Error(describeFailure(result));
    }
    return result;
}

/** What failed and how, followed by the last 20 lines it printed. */
export function describeFailure(result: CommandResult): string {
    const how = result.timedOut
        ? "took too long and was stopped"
        : result.exitCode === null
          ? "was killed"
          : `ended with exit code ${result.exitCode}`;
    const tail = result.output.trimEnd().split("\n").slice(-20);
    return [`\`${result.command}\` ${how} after ${Math.round(result.durationMs / 1000)} s.`, ...tail].join(
        "\n  ",
    );
}
