import { isLayerError, LayerError } from "../errors";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import { environmentFor } from "./environment";
import { RunError } from "./run";
import { findPython, findUv } from "./uv";

/** A CPython on this machine. */
export interface Interpreter {
    /** Name or path to start it by. */
    readonly path: string;
    /** `3.13.5`. */
    readonly version: string;
    /** What its byte code starts with, hex: tells formats of byte code apart (`importlib.util.MAGIC_NUMBER`). */
    readonly magic: string;
    /** `cpython-313`, part of the names of byte code files (PEP 3147). */
    readonly cacheTag: string;
}

const program = `
import importlib.util, platform, sys
print(platform.python_version(), importlib.util.MAGIC_NUMBER.hex(), sys.implementation.cache_tag)
`;

/**
 * A CPython of exactly the target's minor version: the one that uv finds, else one on the PATH. Nothing is downloaded.
 *
 * Throws TOOL_NOT_FOUND, with the line that installs one.
 */
export async function findInterpreter(target: Target, context: BuildContext): Promise<Interpreter> {
    const minor = target.pythonVersion;
    const uv = await findUv(context).catch((error: unknown) => {
        if (context.signal.aborted || !isLayerError(error)) throw error;
        return undefined;
    });
    const fromUv = uv === undefined ? undefined : await findPython(uv, minor, context);
    const candidates = [...(fromUv === undefined ? [] : [fromUv]), `python${minor}`, "python3", "python"];
    for (const path of candidates) {
        const interpreter = await probe(path, context);
        if (interpreter?.cacheTag === `cpython-${minor.replace(".", "")}`) return interpreter;
    }
    throw new LayerError("TOOL_NOT_FOUND", {
        what: `compileBytecode needs CPython ${minor} on this machine, and neither uv nor the PATH has one: byte code is read by its own version of Python only.`,
        next: [
            `Install it with \`uv python install ${minor}\`, or from your system's packages.`,
            "Or leave out compileBytecode.",
        ],
        property: "compileBytecode",
    });
}

async function probe(path: string, context: BuildContext): Promise<Interpreter | undefined> {
    try {
        const { stdout } = await context.run(path, ["-I", "-c", program], {
            cwd: context.temporaryFolder,
            environment: environmentFor("python", context.environment),
            signal: context.signal,
            timeoutMs: 60_000,
        });
        const [version, magic, cacheTag] = stdout.trim().split(" ");
        if (version === undefined || magic === undefined || cacheTag === undefined) return undefined;
        return { path, version, magic, cacheTag };
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        return undefined;
    }
}
