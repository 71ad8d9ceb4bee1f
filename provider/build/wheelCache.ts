import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { hashFile } from "./fileHash";

/** A file as the cache hands it out: verified now, to be read and never changed. */
export interface CachedFile {
    /** Absolute. */
    readonly path: string;
    /** Bytes. */
    readonly size: number;
    /** Whether it was there already. */
    readonly hit: boolean;
}

/**
 * Where wheels are kept between runs: `$XDG_CACHE_HOME/pulumi-lambda-layer`, else `~/.cache/pulumi-lambda-layer`; on Windows under
 * `%LOCALAPPDATA%`.
 */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv): string {
    const local = process.platform === "win32" ? environment["LOCALAPPDATA"] : undefined;
    return join(environment["XDG_CACHE_HOME"] || local || join(homedir(), ".cache"), "pulumi-lambda-layer");
}

/**
 * The file with this SHA-256 and name from `<cacheFolder>/wheels/<sha256>/<filename>`; fetched by `fill` when it is not there.
 *
 * What is there is hashed anew at each use; a file that was damaged is replaced. Any number of processes may do this at once: a
 * file appears whole or not at all, under its final name, and replacing one leaves readers of the old one alone. `fill` writes to the
 * path that it is given, has checked what it wrote, and leaves nothing there when it throws.
 */
export async function cachedFile(
    cacheFolder: string,
    file: { readonly filename: string; readonly sha256: string; readonly size?: number | undefined },
    signal: AbortSignal,
    fill: (path: string) => Promise<{ readonly size: number }>,
): Promise<CachedFile> {
    const folder = join(cacheFolder, "wheels", file.sha256);
    const path = join(folder, file.filename);
    const size = await verifiedSize(path, file, signal);
    if (size !== undefined) return { path, size, hit: true };

    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder);
    const partial = join(folder, `.${randomUUID()}${partialSuffix}`);
    try {
        const filled = await fill(partial);
        await rename(partial, path);
        return { path, size: filled.size, hit: false };
    } catch (error) {
        await rm(partial, { force: true });
        // Windows refuses to replace a file that another process reads: then that process has just put the same one there.
        const other = await verifiedSize(path, file, signal).catch(() => undefined);
        if (other === undefined || signal.aborted) throw error;
        return { path, size: other, hit: true };
    }
}

const partialSuffix = ".partial";
const abandonedMs = 24 * 60 * 60 * 1000;

/** Size of the file when it is what it should be. A wrong size saves the hashing. */
async function verifiedSize(
    path: string,
    file: { readonly sha256: string; readonly size?: number | undefined },
    signal: AbortSignal,
): Promise<number | undefined> {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || (file.size !== undefined && found.size !== file.size)) return undefined;
    const { sha256, size } = await hashFile(path, [], signal);
    return sha256 === file.sha256 ? size : undefined;
}

/** Removes what a process left that was killed in the middle of a download. */
async function removeAbandoned(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
        if (!name.endsWith(partialSuffix)) continue;
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found !== undefined && Date.now() - found.mtimeMs > abandonedMs) await rm(path, { force: true });
    }
}
