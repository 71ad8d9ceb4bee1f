import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Wheel } from "../build/model";
import { LayerError } from "../errors";
import type { Target } from "../target";
import { openFactsCache } from "./factsCache";
import { inspectWheels } from "./inspectWheels";
import { checkUncompressedSize } from "./limits";
import { type MergedFile, mergeFiles } from "./mergeFiles";
import type { Artifact, PackageSize } from "./model";
import { type OpenWheel, openWheel } from "./openWheel";
import { checkPlatform } from "./platform";
import { byteOrder } from "./slices";
import { type GeneratedFile, generateRecord, splice } from "./splice";

export { type ArchiveFacts, readArchive } from "./archive";
export { maximumUncompressedSize } from "./limits";
export type { Artifact, PackageSize } from "./model";

/** What goes into a layer and where the layer goes. */
export interface PackageRequest {
    /** In any order; the order decides nothing. */
    readonly wheels: readonly Wheel[];
    readonly target: Target;
    /** Absolute path of the zip. Its folder is made when missing, an existing file is replaced in one step. */
    readonly destination: string;
}

/** What a packing needs besides its request. */
export interface PackageContext {
    readonly signal: AbortSignal;
    /** Where facts about inspected wheels are kept, so that a wheel is unpacked for its proof only once; default nowhere. */
    readonly cacheFolder?: string;
}

/**
 * Makes one layer zip of wheels, by copying their compressed entries as they are. The same wheels give the same bytes, on
 * every machine, in every folder, under every Node version.
 *
 * Before the zip is at `destination`, all of it is proved: names are safe, no two packages disagree on a file, sizes are
 * under Lambda's limit, every file unpacks to what it promises, and platform wheels fit the target. On failure and on
 * abort nothing is left behind. Memory is flat whatever the wheels' sizes.
 *
 * Throws LAYER_EMPTY, WHEEL_INVALID, FILES_CONFLICT, LAYER_TOO_LARGE, PLATFORM_MISMATCH, ABORTED, and what `fs` throws.
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
        const records: GeneratedFile[] = [];
        for (const source of sources) records.push(await generateRecord(source));
        const merged = await mergeFiles(sources);
        const packages = packageSizes(sources, merged, records);
        const nearLimit = checkUncompressedSize(packages);

        await mkdir(dirname(destination), { recursive: true });
        const cache = openFactsCache(context.cacheFolder);
        const [facts, zip] = await bothOrNeither(
            context.signal,
            (signal) => inspectWheels(sources, { signal, cache }),
            (signal) => splice(temporary, merged, records, signal),
        );
        const platformWarnings = checkPlatform(
            wheels.map((wheel, index) => ({ wheel, facts: facts[index] ?? [] })),
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
            warnings: [...platformWarnings, ...(nearLimit === undefined ? [] : [nearLimit])],
        };
    } catch (error) {
        await rm(temporary, { force: true });
        if (!context.signal.aborted) throw error;
        throw new LayerError("ABORTED", {
            what: "Packaging the layer was stopped before it was done.",
            next: "Run it again; nothing was left behind.",
            cause: error,
        });
    } finally {
        await Promise.all(sources.map((source) => source.close()));
    }
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
): PackageSize[] {
    const sizes = new Map(
        sources.map((source, index) => {
            const record = records[index]?.content.length ?? 0;
            const { name, version } = source.wheel;
            return [source, { name, version, compressedSize: record, uncompressedSize: record, files: 1 }];
        }),
    );
    for (const { source, file } of merged) {
        const size = sizes.get(source);
        if (size === undefined) continue;
        size.compressedSize += file.entry.compressedSize;
        size.uncompressedSize += file.entry.uncompressedSize;
        size.files += 1;
    }
    return [...sizes.values()].sort(
        (left, right) => right.uncompressedSize - left.uncompressedSize || (left.name < right.name ? -1 : 1),
    );
}
