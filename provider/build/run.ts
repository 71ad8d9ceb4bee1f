import { spawn } from "node:child_process";
import { basename } from "node:path";
import type { ProgramEnvironment } from "./environment";

/**
 * The one gate through which programs are started: a test sees that nothing else starts any.
 *
 * Arguments are a list that no shell parses again, so no name or address in them can become a command. The environment is made by
 * `environment.ts`.
 *
 * Each program leads a process group of its own, and the whole group ends with it: on an abort, on a time-out, and also
 * when the program ends and leaves something running. Aborting asks (SIGTERM), then kills.
 */
export type Run = (command: string, args: readonly string[], options: RunOptions) => Promise<RunResult>;

export interface RunOptions {
    readonly cwd: string;
    /** What messages call it. @default - the program and its first argument */
    readonly label?: string | undefined;
    readonly environment: ProgramEnvironment;
    /**
     * What the program reads from `/dev/stdin`, to its end, before it does anything else: secrets, which are then in no argument, no
     * variable and no file. Not on Windows. @default - nothing
     */
    readonly input?: string | undefined;
    /** Ends the program. @default - only its own end does */
    readonly signal?: AbortSignal | undefined;
    /** Milliseconds until the program is ended. @default - no limit */
    readonly timeoutMs?: number | undefined;
    /** Called with each line of either stream as it comes, without its end. @default - lines are only kept in the tail */
    readonly onLine?: ((line: string, stream: "stdout" | "stderr") => void) | undefined;
}

/** What a program said, each stream cut to its last {@link keptOutput} characters. */
export interface RunResult {
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Why a program did not succeed: it could not be started (`spawn-failed`), ended by itself with a code other than 0 or by
 * someone else's signal (`exited`), or was ended by us (`killed`).
 */
export type RunFailureKind = "spawn-failed" | "exited" | "killed";

/** A program that did not succeed. Tell the ways apart by {@link kind}. */
export class RunError extends Error {
    constructor(
        readonly kind: RunFailureKind,
        /** As it was asked for. */
        readonly command: string,
        message: string,
        readonly details: {
            /** Present when the program ended by itself. */
            readonly exitCode?: number;
            /** What the system said when the program could not be started: `ENOENT`, `EACCES`. */
            readonly systemCode?: string;
            readonly timedOut: boolean;
            readonly stdout: string;
            readonly stderr: string;
            /** The last lines of both streams in the order they came, at most {@link keptLines}. */
            readonly tail: readonly string[];
        },
        cause?: unknown,
    ) {
        super(message, cause === undefined ? undefined : { cause });
        this.name = "RunError";
    }
}

/** Characters of each stream that are kept. */
export const keptOutput = 64 * 1024;
/** Lines that are kept for a failure's message. */
export const keptLines = 40;

/** Milliseconds between asking a program to end and killing it: well inside the 5 s that the Pulumi engine gives us. */
const graceMs = 2000;
/** Milliseconds for which a dead program's pipes may stay open; only a process that left the group holds them longer. */
const drainMs = 1000;

/**
 * Runs a program to its end.
 *
 * Resolves when it ended with 0 and its streams are closed. Throws {@link RunError} otherwise; every process of its
 * group has ended or been killed by then, either way.
 */
export const run: Run = (command, args, options) =>
    new Promise((resolve, reject) => {
        const output = { stdout: "", stderr: "" };
        const tail: string[] = [];
        let end: { readonly code: number | null; readonly killedBy: string | null } | undefined;
        let killed: "abort" | "timeout" | undefined;
        let settled = false;
        const timers: NodeJS.Timeout[] = [];
        const label = options.label ?? [basename(command), ...args.slice(0, 1)].join(" ");

        const fail = (kind: RunFailureKind, what: string, cause?: NodeJS.ErrnoException) =>
            reject(
                new RunError(
                    kind,
                    command,
                    `${label} ${what}`,
                    {
                        ...(typeof end?.code === "number" ? { exitCode: end.code } : {}),
                        ...(cause?.code === undefined ? {} : { systemCode: cause.code }),
                        timedOut: killed === "timeout",
                        ...output,
                        tail,
                    },
                    cause,
                ),
            );
        if (options.signal?.aborted) {
            fail("killed", "was not started: the work was aborted");
            return;
        }

        const [program, words] = options.input === undefined ? [command, args] : piped(command, args);
        const child = spawn(program, words, {
            cwd: options.cwd,
            env: options.environment.variables,
            stdio: ["pipe", "pipe", "pipe"],
            // A group of its own, so that one signal reaches whatever the program has started.
            detached: process.platform !== "win32",
            windowsHide: true,
        });
        // A program that ends before it has read everything closes the pipe.
        child.stdin.on("error", () => undefined).end(options.input);
        const group = child.pid;
        const endWatch = group === undefined ? () => undefined : watchGroup(group);

        const stop = (reason: "abort" | "timeout") => {
            if (killed !== undefined || settled) return;
            killed = reason;
            killGroup(group, "SIGTERM");
            timers.push(setTimeout(() => killGroup(group, "SIGKILL"), graceMs));
        };
        const onAbort = () => stop("abort");
        options.signal?.addEventListener("abort", onAbort, { once: true });
        if (options.timeoutMs !== undefined)
            timers.push(setTimeout(() => stop("timeout"), options.timeoutMs));

        const finish = (spawnFailure?: NodeJS.ErrnoException) => {
            if (settled) return;
            settled = true;
            for (const timer of timers) clearTimeout(timer);
            options.signal?.removeEventListener("abort", onAbort);
            endWatch();
            if (spawnFailure !== undefined)
                fail("spawn-failed", `could not be started: ${spawnFailure.message}`, spawnFailure);
            else if (killed === "timeout")
                fail("killed", `was ended after ${(options.timeoutMs ?? 0) / 1000} s`);
            else if (killed === "abort") fail("killed", "was ended: the work was aborted");
            else if (end?.code === 0) resolve({ ...output });
            else if (end?.killedBy) fail("exited", `was ended by ${end.killedBy}`);
            else fail("exited", `ended with ${end?.code ?? "no code"}`);
        };

        for (const stream of ["stdout", "stderr"] as const) {
            let rest = "";
            const take = (line: string) => {
                tail.push(line);
                if (tail.length > keptLines) tail.shift();
                options.onLine?.(line, stream);
            };
            child[stream].setEncoding("utf8");
            child[stream].on("data", (text: string) => {
                output[stream] = (output[stream] + text).slice(-keptOutput);
                const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
                rest = (lines.pop() ?? "").slice(-keptOutput);
                for (const line of lines) take(line);
            });
            child[stream].on("end", () => {
                if (rest !== "") take(rest);
            });
        }
        child.on("error", (error) => {
            // The same event tells that a signal could not be sent; then the program's end is still to come.
            if (group === undefined) finish(error);
        });
        child.on("exit", (code, killedBy) => {
            end = { code, killedBy };
            killGroup(group, "SIGKILL");
            timers.push(
                setTimeout(() => {
                    child.stdout.destroy();
                    child.stderr.destroy();
                    finish();
                }, drainMs),
            );
        });
        child.on("close", () => finish());
    });

/**
 * The command with a pipe for standard input. What Node makes is a socket, which can't be opened by the name `/dev/stdin`. The
 * shell gets the arguments as they are: it reads nothing but the text that is here.
 */
const piped = (command: string, args: readonly string[]): readonly [string, readonly string[]] => [
    "/bin/sh",
    ["-c", 'cat | exec "$0" "$@"', command, ...args],
];

/** Sends a signal to a process group; one that is gone is no error. */
function killGroup(group: number | undefined, signal: "SIGTERM" | "SIGKILL"): void {
    if (group === undefined) return;
    if (process.platform === "win32") {
        // Windows has no groups, and a process that has ended no longer knows its children.
        spawn("taskkill", ["/pid", String(group), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on(
            "error",
            () => undefined,
        );
        return;
    }
    try {
        process.kill(-group, signal);
    } catch {
        // ESRCH: nothing is left of it.
    }
}

/**
 * Has a process group killed when this process is gone, killed without a word too: Pulumi ends a plugin so after a second Ctrl-C.
 * A shell of its own waits for the end of a pipe that this process holds.
 *
 * @returns ends the watch; the group must be gone by then
 */
function watchGroup(group: number): () => void {
    // Windows has no groups.
    if (process.platform === "win32") return () => undefined;
    const watcher = spawn("/bin/sh", ["-c", 'read -r _; kill -9 "-$0"', String(group)], {
        stdio: ["pipe", "ignore", "ignore"],
        // Not in the group of this process, which may be killed as a whole.
        detached: true,
        env: {},
    });
    watcher.on("error", () => undefined);
    watcher.stdin.on("error", () => undefined);
    return () => watcher.kill("SIGKILL");
}
