import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type CacheFolder, cacheParts, cacheVariable } from "../cacheFolder";
import { DiskFailure, isFull, onDisk } from "../disk";
import { hashOpenFile } from "./fileHash";

/** A file as the cache hands it out: verified now, to be read and never changed. */
export interface CachedFile {
    /** Absolute. */
    readonly path: string;
    /** Bytes. */
    readonly size: number;
    /** Whether it was there already. */
    readonly hit: boolean;
}

/** Where files are kept, and what stands in for a cache that can't be used. */
export interface WheelCache {
    readonly cache: CacheFolder;
    /** Exists; the caller removes it. */
    readonly temporaryFolder: string;
    /** Takes one line, once, when the cache can't be written to. */
    readonly warn: (line: string) => void;
}

/** A file that is wanted; a wrong size saves the hashing. */
export interface WantedFile {
    readonly filename: string;
    /** Hex. */
    readonly sha256: string;
    /** Bytes. */
    readonly size?: number | undefined;
}

/**
 * The file with this SHA-256 and name, `wheels/<sha256>/<filename>` in the cache; fetched by `fill` when it is not there, into the
 * temporary folder where the cache can't be written to.
 *
 * What is there is hashed anew at each use, and replaced when it is another file. `fill` writes to the path that it is given, has checked
 * what it wrote, and leaves nothing there when it throws. Throws what it throws, {@link DiskFailure} among it.
 */
export async function cachedFile(
    { cache, temporaryFolder, warn }: WheelCache,
    file: WantedFile,
    signal: AbortSignal,
    fill: (path: string) => Promise<{ readonly size: number }>,
): Promise<CachedFile> {
    const name = join(cacheParts.wheels, file.sha256, file.filename);
    const found = await findVerified(cache, name, file, signal);
    if (found !== undefined) return found;
    try {
        const { size } = await cache.put(name, fill);
        return { path: join(cache.path, name), size, hit: false };
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DiskFailure)) throw error;
        // Windows refuses to replace a file that another process reads: then that process has just put the same one there.
        const other = await findVerified(cache, name, file, signal);
        if (other !== undefined) return other;
        warn(doneWithout(cache.path, error));
        const path = join(temporaryFolder, "uncached", file.sha256, file.filename);
        await onDisk(mkdir(dirname(path), { recursive: true }));
        const { size } = await fill(path);
        return { path, size, hit: false };
    }
}

function doneWithout(folder: string, failure: DiskFailure): string {
    const remedy = isFull(failure) ? "Free space there" : "Make it writable";
    return `The cache ${folder} can't be written to (${failure.message.slice(0, 200)}): wheels are fetched anew each time. ${remedy}, or name another folder in ${cacheVariable}.`;
}

async function findVerified(
    cache: CacheFolder,
    name: string,
    { sha256, size }: WantedFile,
    signal: AbortSignal,
): Promise<CachedFile | undefined> {
    const opened = await cache.open(name);
    if (opened === undefined) return undefined;
    const path = join(cache.path, name);
    try {
        const facts = await opened.stat();
        if (size !== undefined && facts.size !== size) return undefined;
        const hashed = await hashOpenFile(opened, [], signal);
        // Another process may have swept it out just before it was noted as used.
        const isThere = (await lstat(path)).ino === facts.ino;
        return hashed.sha256 === sha256 && isThere ? { path, size: hashed.size, hit: true } : undefined;
    } catch {
        signal.throwIfAborted();
        return undefined;
    } finally {
        await opened.close().catch(() => undefined);
    }
}
