import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LayerError } from "../errors";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import { redact } from "./credentials";
import { buildEnvironment, environmentFor, proxiesWithPassword } from "./environment";
import type { ResolvedIndex } from "./indexes";
import type { Lookup } from "./lookup";
import type { Places } from "./places";
import { RunError } from "./run";
import { uvSettings } from "./uvSettings";

/** The oldest uv that is known to do all that is asked of it (`pip compile --format pylock.toml`). */
export const oldestUv = "0.6.17";

/** The oldest uv that takes proxies from its settings. */
const oldestWithProxies = "0.10.0";

/** A uv that was found and is new enough. */
export interface Uv {
    /** Name or path to start it by. */
    readonly command: string;
    /** `0.13.9`. */
    readonly version: string;
    /** A Python for it to work with, whichever it found first; absent when it found none. */
    readonly python?: string;
}

/** The last lines of a failed tool that a message shows. */
export const shownLines = 7;

/**
 * Finds uv: what the `UV` variable names, else `uv` on the PATH. Throws TOOL_NOT_FOUND when there is none or it is older than
 * {@link oldestUv}.
 */
export async function findUv(context: BuildContext): Promise<Uv> {
    const environment = context.environment;
    const command = environment["UV"] || "uv";
    try {
        const { stdout } = await context.run(command, ["--version"], {
            cwd: context.temporaryFolder,
            environment: environmentFor("python", environment),
            signal: context.signal,
            timeoutMs: 60_000,
        });
        const version = /^uv (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
        if (version !== undefined && !isOlder(version, oldestUv)) {
            const python = await findPython({ command, version }, undefined, context);
            return { command, version, ...(python === undefined ? {} : { python }) };
        }
        throw uvMissing(
            version === undefined
                ? `${command} is not uv: it does not tell its version.`
                : `uv ${version} is too old: ${oldestUv} or newer is needed.`,
        );
    } catch (error) {
        if (!(error instanceof RunError) || context.signal.aborted) throw error;
        throw uvMissing(
            error.details.systemCode === "ENOENT"
                ? `uv is needed and is not there: ${environment["UV"] ? `UV names ${command}` : "it is not on the PATH"}.`
                : `uv is needed and can't be used: ${error.message}.`,
            error,
        );
    }
}

/** One call of uv. */
export interface UvCall {
    /** A folder of its own, in which it gets a home folder. */
    readonly folder: string;
    /** Without `.venv`, `.python-version` and `pyproject.toml`, which uv looks for in it. @default - {@link folder} */
    readonly cwd?: string;
    readonly places: Places;
    readonly lookup: Pick<Lookup, "hosts">;
    /** Variables that a build is to see. @default - none */
    readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Runs uv, with nothing of the project's, the user's or the folder's configuration, and with no Python downloaded. What it starts sees
 * no credentials: see {@link uvSettings}.
 *
 * Throws the {@link RunError} as it is, and TOOL_NOT_FOUND where uv is too old for a proxy with a password.
 */
export async function runUv(
    uv: Uv,
    args: readonly string[],
    { folder, cwd = folder, places, lookup, variables = {} }: UvCall,
    context: BuildContext,
): Promise<void> {
    const host = context.environment;
    if (proxiesWithPassword(host) !== undefined && isOlder(uv.version, oldestWithProxies)) {
        throw uvMissing(
            `uv ${uv.version} is too old: behind a proxy with a password ${oldestWithProxies} or newer is needed, which takes it where no build can see it.`,
        );
    }
    const settings = uvSettings(places, lookup.hosts ?? [], host);
    // Windows has no name for standard input; there the file is readable for what uv starts.
    const file = process.platform === "win32" ? join(folder, "uv.toml") : undefined;
    if (file !== undefined) await writeFile(file, settings);
    await context.run(uv.command, [...args, "--config-file", file ?? "/dev/stdin", ...plainly], {
        cwd,
        label: `uv ${args[0]}`,
        environment: await buildEnvironment(host, folder, { ...quietly, ...variables }),
        ...(file === undefined ? { input: settings } : {}),
        signal: context.signal,
    });
}

const plainly = ["--color", "never"];
const quietly = { UV_PYTHON_DOWNLOADS: "never", UV_NO_PROGRESS: "1" };

/**
 * Path of a Python that uv finds: of this version, or any. Undefined when there is none.
 *
 * Asked once and then named in each call: a search for a version that is not there asks every Python that is, which takes
 * seconds where they are shims.
 */
export async function findPython(
    uv: Uv,
    version: string | undefined,
    context: BuildContext,
): Promise<string | undefined> {
    const search = ["python", "find", ...(version ? [version] : [])];
    try {
        const { stdout } = await context.run(uv.command, [...search, "--no-config", ...plainly], {
            cwd: context.temporaryFolder,
            environment: environmentFor("python", context.environment, quietly),
            signal: context.signal,
        });
        return stdout.trim() || undefined;
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        return undefined;
    }
}

/** The minor versions of glibc that `--python-platform` has, since {@link oldestUv}. */
const glibcSteps = [17, 28, 31, 32, 33, 34] as const;

/** The `--python-platform` of the newest glibc that any target has. What fits an older one has to be chosen among the answer. */
export const widestPlatform = ({ machine }: Target): string => `${machine}-manylinux_2_34`;

/** The `--python-platform` of the newest glibc that the target can load everything of. */
export function nearestPlatform({ machine, glibc: [, minor] }: Target): string {
    return `${machine}-manylinux_2_${glibcSteps.findLast((step) => step <= minor) ?? 17}`;
}

/** What every call of `uv pip compile` for a target begins with; the file of pins and what is wanted of it follow. */
export function compileArguments(uv: Uv, target: Target, platform = widestPlatform(target)): string[] {
    return [
        ...["pip", "compile", "--quiet", "--no-header"],
        ...["--python-version", target.pythonFullVersion],
        ...["--python-platform", platform],
        ...(uv.python === undefined ? [] : ["--python", uv.python]),
    ];
}

/** uv's own words, without secrets, without its hints on its own options, cut to the last {@link shownLines} lines. */
export function lastLines(error: RunError, indexes: readonly ResolvedIndex[]): string[] {
    return error.details.tail
        .map((line) => redact(line, indexes).trimEnd())
        .filter((line) => line.trim() !== "" && !line.startsWith("warning: The requested Python version"))
        .slice(-shownLines)
        .map((line) => (line.length > 300 ? `${line.slice(0, 299)}…` : line));
}

/** The failure of a call of uv that has no better explanation. */
export function uvFailed(
    error: RunError,
    what: string,
    indexes: readonly ResolvedIndex[],
    next: string | readonly string[] = "Read uv's own words above, put it right, and run it again.",
): LayerError {
    if (error.details.tail.some((line) => /^error: No interpreter found/.test(line))) {
        return new LayerError("TOOL_NOT_FOUND", {
            what: "uv needs a Python interpreter on this machine and found none.",
            detail: lastLines(error, indexes),
            next: "Install any CPython from 3.8, for example with `uv python install`; it need not be the layer's own version.",
            cause: error,
        });
    }
    return new LayerError("TOOL_FAILED", {
        what: `${what}: ${error.message}.`,
        detail: lastLines(error, indexes),
        next,
        cause: error,
    });
}

function uvMissing(what: string, cause?: unknown): LayerError {
    return new LayerError("TOOL_NOT_FOUND", {
        what,
        next: [
            "Install it with `pipx install uv`, `pip install uv` or your system's packages, or name one in the UV variable.",
            "A uv.lock whose packages all have wheels needs no uv.",
        ],
        cause,
    });
}

function isOlder(version: string, than: string): boolean {
    const [ours, theirs] = [version, than].map((text) => text.split(".").map(Number));
    for (let place = 0; place < 3; place++) {
        const difference = (ours?.[place] ?? 0) - (theirs?.[place] ?? 0);
        if (difference !== 0) return difference < 0;
    }
    return false;
}
