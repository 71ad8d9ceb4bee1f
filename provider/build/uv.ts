import { LayerError } from "../errors";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import { redact } from "./credentials";
import type { ResolvedIndex } from "./indexes";
import { RunError } from "./run";

/** The oldest uv that is known to do all that is asked of it (`pip compile --format pylock.toml`). */
export const oldestUv = "0.6.17";

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
    const environment = context.environment ?? process.env;
    const command = environment["UV"] || "uv";
    try {
        const { stdout } = await context.run(command, ["--version"], {
            cwd: context.temporaryFolder,
            env: environment,
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

/**
 * Runs uv, with nothing of the project's, the user's or the folder's configuration, and with no Python downloaded.
 *
 * `cwd` is an empty folder: uv looks for `.venv`, `.python-version` and `pyproject.toml` in it. Throws the {@link RunError} as it is, with
 * {@link describe} at hand for a message.
 */
export async function runUv(
    uv: Uv,
    args: readonly string[],
    options: {
        readonly cwd: string;
        readonly environment: NodeJS.ProcessEnv;
        readonly onLine?: (line: string) => void;
    },
    context: BuildContext,
): Promise<string> {
    const { stdout } = await context.run(uv.command, [...args, "--no-config", "--color", "never"], {
        cwd: options.cwd,
        env: { ...options.environment, UV_PYTHON_DOWNLOADS: "never", UV_NO_PROGRESS: "1" },
        signal: context.signal,
        onLine: options.onLine,
    });
    return stdout;
}

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
    const environment = uvEnvironment(context.environment ?? process.env);
    const options = { cwd: context.temporaryFolder, environment };
    try {
        const found = await runUv(uv, ["python", "find", ...(version ? [version] : [])], options, context);
        return found.trim() || undefined;
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        return undefined;
    }
}

/** What every call of `uv pip compile` for a target begins with; the file of pins and what is wanted of it follow. */
export function compileArguments(uv: Uv, target: Target): string[] {
    return [
        ...["pip", "compile", "--quiet", "--no-header"],
        ...["--python-version", target.pythonFullVersion],
        // The widest that any target can load and the oldest uv knows; the choice among the files is not uv's.
        ...["--python-platform", `${target.machine}-manylinux_2_34`],
        ...(uv.python === undefined ? [] : ["--python", uv.python]),
    ];
}

/** uv's variables that say where and how to reach indexes and its cache; every other one could change what is installed. */
const keptUvVariables =
    /^UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_\w+_(?:USERNAME|PASSWORD)|INDEX_STRATEGY|FIND_LINKS|NO_INDEX|CACHE_DIR|NO_CACHE|KEYRING_PROVIDER|OFFLINE|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|SSL_CERT|HTTP_\w+|REQUEST_TIMEOUT|RETRIES|CONCURRENT_\w+|CREDENTIALS_DIR|PYTHON_INSTALL_DIR|LINK_MODE)$/;

/** The environment for resolving: everything but what would change the answer. */
export function uvEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return Object.fromEntries(
        Object.entries(environment).filter(
            ([name]) =>
                (!name.startsWith("UV_") && !/^PYTHON(?:PATH|HOME)$/.test(name)) ||
                keptUvVariables.test(name),
        ),
    );
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
