import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";
import { environmentFor } from "../build/environment";
import type { Interpreter } from "../build/interpreter";
import { type Run, RunError } from "../build/run";
import { LayerError } from "../errors";
import { unpackEntry } from "./entryData";
import type { MergedFile } from "./mergeFiles";
import { namingWheel, type OpenWheel } from "./openWheel";
import { concurrently } from "./slices";

/** What byte code is made with. */
export interface BytecodeCompiler {
    readonly interpreter: Interpreter;
    readonly run: Run;
    /** A folder that nobody else uses; sources and byte code are put below it, and the caller removes it. */
    readonly temporaryFolder: string;
    readonly environment: NodeJS.ProcessEnv;
}

/** A file of byte code, packed, on disk. */
export interface CompiledFile {
    /** Below the layer's `python/`: `requests/__pycache__/api.cpython-313.pyc`. */
    readonly path: string;
    /** The wheel that its source is of. */
    readonly source: OpenWheel;
    /** Absolute path of the deflated bytes. */
    readonly deflatedPath: string;
    readonly crc32: number;
    /** Bytes. */
    readonly compressedSize: number;
    readonly uncompressedSize: number;
}

/**
 * Checked by the source's hash, since times do not survive; `/opt` is where Lambda unpacks a layer, for tracebacks. What does
 * not compile (templates, code for other versions) is left without byte code, as pip does.
 */
const program = `
import compileall, py_compile, sys
compileall.compile_dir(sys.argv[1] + "/python", quiet=2, force=True, workers=0, stripdir=sys.argv[1],
    prependdir="/opt", invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
`;

const deflate = promisify(deflateRaw);

/** Files unpacked or deflated at the same time. */
const concurrency = 8;

/**
 * Byte code of the layer's modules, made by an interpreter of the target's own minor version: the same bytes from any
 * folder for one version of interpreter and of zlib.
 *
 * Throws TOOL_FAILED when the interpreter does not get through, WHEEL_INVALID for a source that does not unpack.
 */
export async function compileBytecode(
    files: readonly MergedFile[],
    compiler: BytecodeCompiler,
    signal: AbortSignal,
): Promise<CompiledFile[]> {
    const root = join(compiler.temporaryFolder, "bytecode");
    const modules = files.filter(({ path }) => path.endsWith(".py") && !path.startsWith("bin/"));
    await concurrently(modules, concurrency, async ({ path, source, file }) => {
        const parts: Buffer[] = [];
        await namingWheel(source.wheel, () =>
            unpackEntry(source.archive, file.entry, (bytes) => parts.push(Buffer.from(bytes)), signal),
        );
        const destination = join(root, "python", path);
        await mkdir(dirname(destination), { recursive: true });
        await writeFile(destination, Buffer.concat(parts));
    });
    if (modules.length > 0) await compile(root, compiler, signal);

    const compiled: CompiledFile[] = [];
    await concurrently(modules, concurrency, async ({ path, source }) => {
        signal.throwIfAborted();
        const name = `${basename(path, ".py")}.${compiler.interpreter.cacheTag}.pyc`;
        const inLayer =
            dirname(path) === "." ? `__pycache__/${name}` : `${dirname(path)}/__pycache__/${name}`;
        const onDisk = join(root, "python", inLayer);
        const isThere = await stat(onDisk).then(
            () => true,
            () => false,
        );
        if (!isThere) return;
        const bytes = await readFile(onDisk);
        const packed = await deflate(bytes, { level: 9 });
        const deflatedPath = `${onDisk}.deflated`;
        await writeFile(deflatedPath, packed);
        compiled.push({
            path: inLayer,
            source,
            deflatedPath,
            crc32: crc32(bytes),
            compressedSize: packed.length,
            uncompressedSize: bytes.length,
        });
    });
    return compiled;
}

async function compile(root: string, compiler: BytecodeCompiler, signal: AbortSignal): Promise<void> {
    const { interpreter, run, environment } = compiler;
    const empty = join(root, "empty");
    await mkdir(empty, { recursive: true });
    try {
        await run(interpreter.path, ["-s", "-S", "-c", program, root], {
            cwd: empty,
            label: basename(interpreter.path),
            environment: environmentFor("python", environment, { PYTHONHASHSEED: "0" }),
            signal,
        });
    } catch (error) {
        if (signal.aborted || !(error instanceof RunError)) throw error;
        throw new LayerError("TOOL_FAILED", {
            what: `Python ${interpreter.version} could not make byte code: ${error.message}.`,
            detail: error.details.tail.slice(-7),
            next: "Leave out compileBytecode, or mend that Python.",
            cause: error,
        });
    }
}
