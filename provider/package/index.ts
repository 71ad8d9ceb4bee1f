import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Wheel } from "../build/model";
import { LayerError } from "../errors";
import type { Target } from "../target";
import { type BytecodeCompiler, type CompiledFile, compileBytecode } from "./bytecode";
import { type FactsPlace, openFactsCache } from "./factsCache";
import { fileFilter } from "./globs";
import { inspectWheels } from "./inspectWheels";
import { checkUncompressedSize } from "./limits";
import { type MergedFile, mergeFiles } from "./mergeFiles";
import type { Artifact, PackageSize } from "./model";
import { type OpenWheel, openWheel, type WheelFile } from "./openWheel";
import { checkPlatform } from "./platform";
import { byteOrder, inSlices } from "./slices";
import { type GeneratedFile, generateRecord, recordPath, splice } from "./splice";

export { type ArchiveFacts, readArchive } from "./archive";
export type { BytecodeCompiler } from "./bytecode";
export type { FactsPlace } from "./factsCache";
export { maximumUncompressedSize } from "./limits";
export type { Artifact, PackageSize } from "./model";
export { proveWheel } from "./proveWheel";
export { defaultStateFolder } from "./seal";

/** What goes into a layer and where the layer goes. */
export interface PackageRequest {
    /** In any order; the order decides nothing. */
    readonly wheels: readonly Wheel[];
    readonly target: Target;
    /** Absolute path of the zip. Its folder is made when missing, an existing file is replaced in one step. */
    readonly destination: string;
    /** Globs of files that stay out of the layer; see `globs.ts`. @default - all files go in */
    readonly exclude?: readonly string[];
    /** Whether the runtime's packages were asked to stay out, which a layer that is too large is told of otherwise. @default - no */
    readonly excludesRuntime?: boolean | undefined;
    /** Adds byte code of all modules. @default - none */
    readonly bytecode?: BytecodeCompiler | undefined;
}

/** What a packing needs besides its request. */
export interface PackageContext {
    readonly signal: AbortSignal;
    /** Where facts about inspected wheels are kept, so that a wheel is unpacked for its proof only once; default nowhere. */
    readonly facts?: FactsPlace;
}

/**
 * Makes one layer zip of wheels, by copying their compressed entries as they are. The same wheels give the same bytes, on
 * every machine, in every folder, under every Node version.
 *
 * Before the zip is at `destination`, all of it is proved: names are safe, no two packages disagree on a file, sizes are
 * under Lambda's limit, every file unpacks to what it promises, and platform wheels fit the target. On failure and on
 * abort nothing is left behind. Memory is flat whatever the wheels' sizes.
 *
 * Throws LAYER_EMPTY, WHEEL_INVALID, FILES_CONFLICT, LAYER_TOO_LARGE, PLATFORM_MISMATCH, what `fs` throws, and the signal's
 * reason when it is aborted.
 */
export async function packageLayer(request: PackageRequest, context: PackageContext): Promise<Artifact> {
    const { target, destination } = request;
    if (request.wheels.length === 0) {
        throw new LayerError("LAYER_EMPTY", {
            what: "There is nothing to put into the layer: no package is left for this target.",
            next: "Look at the manifest's groups, extras and markers for this target.",
        });
    }
    const wheels = inOrder(request.wheels);
    const temporary = `${destination}.${randomUUID()}.partial`;
    const sources: OpenWheel[] = [];
    try {
        for (const wheel of wheels) {
            context.signal.throwIfAborted();
            sources.push(await openWheel(wheel, context.signal));
        }
        const filter = await fileFilter(request.exclude ?? []);
        const taken: OpenWheel[] = [];
        for (const source of sources) {
            const files: WheelFile[] = [];
            await inSlices(source.files, (file) => {
                if (!filter.leavesOut(file.path)) files.push(file);
            });
            taken.push({ ...source, files });
        }
        const records: GeneratedFile[] = [];
        for (const source of taken) {
            const record = await generateRecord(source);
            if (source.files.length > 0 && !filter.leavesOut(record.path)) records.push(record);
        }
        const merged = await mergeFiles(taken);
        if (merged.length === 0) throw nothingLeft();
        const compiled =
            request.bytecode === undefined
                ? []
                : (await compileBytecode(merged, request.bytecode, context.signal)).filter(
                      ({ path }) => !filter.leavesOut(path),
                  );
        const packages = packageSizes(taken, merged, records, compiled);
        const nearLimit = checkUncompressedSize(packages, request);

        await mkdir(dirname(destination), { recursive: true });
        const cache = openFactsCache(context.facts);
        const [facts, zip] = await bothOrNeither(
            context.signal,
            (signal) => inspectWheels(sources, { signal, cache }),
            (signal) => splice(temporary, merged, [...records, ...compiled], signal),
        );
        const platformWarnings = checkPlatform(
            wheels.map((wheel, index) => ({
                wheel,
                facts: (facts[index] ?? []).filter(({ path }) => !filter.leavesOut(path)),
            })),
            target,
            merged.map(({ path }) => path),
        );
        context.signal.throwIfAborted();
        await rename(temporary, destination);
        return {
            path: destination,
            size: zip.size,
            codeSha256: zip.sha256.toString("base64"),
            uncompressedSize: packages.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
            files: packages.reduce((sum, { files }) => sum + files, 0),
            packages,
            warnings: [
                ...platformWarnings,
                ...(nearLimit === undefined ? [] : [nearLimit]),
                ...filter.unused().map((glob) => `exclude has ${JSON.stringify(glob)}, which fits no file.`),
            ],
        };
    } catch (error) {
        await rm(temporary, { force: true });
        throw context.signal.aborted ? context.signal.reason : error;
    } finally {
        await Promise.all(sources.map((source) => source.close()));
    }
}

function nothingLeft(): LayerError {
    return new LayerError("LAYER_EMPTY", {
        what: "There is nothing to put into the layer: exclude leaves out every file.",
        next: "Take globs out of exclude.",
        property: "exclude",
    });
}

/** One order for any order of the same wheels; a wheel given twice is taken once. */
function inOrder(wheels: readonly Wheel[]): Wheel[] {
    const keyed = new Map(
        wheels.map((wheel) => [
            byteOrder([wheel.name, wheel.version, wheel.filename, wheel.sha256].join("\n")),
            wheel,
        ]),
    );
    return [...keyed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, wheel]) => wheel);
}

/** Runs two pieces of work at once. When one fails the other is stopped, and waited for, before the failure is thrown. */
async function bothOrNeither<A, B>(
    signal: AbortSignal,
    first: (signal: AbortSignal) => Promise<A>,
    second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let failure: { readonly error: unknown } | undefined;
    const guarded = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
        try {
            return await work(both);
        } catch (error) {
            failure ??= { error };
            stop.abort();
            throw error;
        }
    };
    const [left, right] = await Promise.allSettled([guarded(first), guarded(second)]);
    if (left.status === "fulfilled" && right.status === "fulfilled") return [left.value, right.value];
    throw failure?.error;
}

/** Sizes by package, largest first. A file that several packages bring counts for the one it is taken from. */
function packageSizes(
    sources: readonly OpenWheel[],
    merged: readonly MergedFile[],
    records: readonly GeneratedFile[],
    compiled: readonly CompiledFile[],
): PackageSize[] {
    const recordOf = new Map(records.map(({ path, content }) => [path, content.length]));
    const sizes = new Map(
        sources.map((source) => {
            const record = recordOf.get(recordPath(source));
            const { name, version } = source.wheel;
            const bytes = record ?? 0;
            const files = record === undefined ? 0 : 1;
            return [source, { name, version, compressedSize: bytes, uncompressedSize: bytes, files }];
        }),
    );
    const add = (
        source: OpenWheel,
        { compressedSize, uncompressedSize }: Pick<PackageSize, "compressedSize" | "uncompressedSize">,
    ) => {
        const size = sizes.get(source);
        if (size === undefined) return;
        size.compressedSize += compressedSize;
        size.uncompressedSize += uncompressedSize;
        size.files += 1;
    };
    for (const { source, file } of merged) add(source, file.entry);
    for (const file of compiled) add(file.source, file);
    return [...sizes.values()].sort(
        (left, right) => right.uncompressedSize - left.uncompressedSize || (left.name < right.name ? -1 : 1),
    );
}
