import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, mkdir, readdir, rename, rm, rmdir, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { DiskFailure, isFull, onDisk, openRegularFile } from "./disk";

/**
 * A folder of files that can be had again, shared by any number of processes. All of this package's reads and writes of
 * caches go through here.
 *
 * Nothing in it is trusted: readers check what they find. A cache that is missing, full, read-only or holds something else in a
 * file's place is done without.
 */
export interface CacheFolder {
    /** Absolute. */
    readonly path: string;
    /**
     * Opens a file for reading and notes that it is used; `undefined` where there is none that can be read. Links, FIFOs, sockets and
     * devices are none. The caller closes it.
     */
    open(name: string): Promise<FileHandle | undefined>;
    /**
     * Makes a file: `fill` writes it to the path that it is given, and leaves nothing there when it throws. Readers see the whole
     * file or none, and who reads an older one keeps it.
     *
     * @throws DiskFailure when the cache can't be written to; what `fill` throws
     */
    put<Filled>(name: string, fill: (partial: string) => Promise<Filled>): Promise<Filled>;
    /** Removes what nobody has used for {@link unusedDays}, at most once a day. Never fails. */
    sweep(): Promise<void>;
}

/** The variable that names the folder below which caches are. */
export const cacheVariable = "XDG_CACHE_HOME";

/**
 * The user's cache of this package: `$XDG_CACHE_HOME/pulumi-lambda-layer`, else `~/.cache/pulumi-lambda-layer`; on Windows under
 * `%LOCALAPPDATA%`.
 */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv): string {
    const local = process.platform === "win32" ? environment["LOCALAPPDATA"] : undefined;
    return path.join(
        environment[cacheVariable] || local || path.join(homedir(), ".cache"),
        "pulumi-lambda-layer",
    );
}

/** Days without use after which a file goes. */
export const unusedDays = 30;

const day = 24 * 60 * 60 * 1000;
const partialSuffix = ".partial";

/** What is in a cache: `wheels/<sha256>/<filename>`, and of each wheel what was proved of it. */
export const cacheParts = { wheels: "wheels", facts: "wheel-facts" } as const;

/** Opens a cache. The folder need not exist. */
export function openCacheFolder(folder: string): CacheFolder {
    let full: DiskFailure | undefined;
    return {
        path: folder,
        open: async (name) => {
            try {
                const file = await openRegularFile(path.join(folder, name), { follow: false });
                const age = Date.now() - (await file.stat()).mtimeMs;
                // Not at each use: a shared disk is spared the writes.
                if (Math.abs(age) > day) await file.utimes(new Date(), new Date()).catch(() => undefined);
                return file;
            } catch {
                return undefined;
            }
        },
        put: async (name, fill) => {
            // What has no room left is not filled again with each further file.
            if (full !== undefined) throw full;
            const target = path.join(folder, name);
            const partial = path.join(path.dirname(target), `.${randomUUID()}${partialSuffix}`);
            try {
                await refuseFolder(target);
                await onDisk(mkdir(path.dirname(target), { recursive: true }));
                const filled = await fill(partial);
                await onDisk(rename(partial, target));
                return filled;
            } catch (error) {
                await rm(partial, { force: true }).catch(() => undefined);
                if (error instanceof DiskFailure && isFull(error)) full = error;
                throw error;
            }
        },
        sweep: async () => {
            try {
                const marker = path.join(folder, ".swept");
                const last = await lstat(marker).catch(() => undefined);
                if (last !== undefined && Math.abs(Date.now() - last.mtimeMs) < day) return;
                // A folder, since times of one can be set without opening anything.
                await mkdir(marker, { recursive: true });
                await utimes(marker, new Date(), new Date());
                for (const part of Object.values(cacheParts)) await sweepFolder(path.join(folder, part), 2);
            } catch {
                // Whoever can write there sweeps another time.
            }
        },
    };
}

/** A file can't take a folder's place. Better said before it is fetched. */
async function refuseFolder(target: string): Promise<void> {
    const found = await lstat(target).catch(() => undefined);
    if (found?.isDirectory()) {
        const message = `EISDIR: a folder is in a file's place, '${target}'`;
        throw new DiskFailure(Object.assign(new Error(message), { code: "EISDIR", path: target }));
    }
}

/** Names of what is put into a cache: hashes, and files that are on their way. */
const isEntry = (name: string, isTop: boolean): boolean =>
    !isTop || /^(?:[0-9a-f]{64}|\.[0-9a-f-]{36})/.test(name);

async function sweepFolder(folder: string, depth: number): Promise<void> {
    const isTop = depth === 2;
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
        if (!isEntry(entry.name, isTop)) continue;
        const found = path.join(folder, entry.name);
        if (entry.isDirectory() && depth > 1) {
            await sweepFolder(found, depth - 1);
            // Refused while there is anything in it.
            await rmdir(found).catch(() => undefined);
        } else if (entry.isFile()) {
            const limit = (entry.name.endsWith(partialSuffix) ? 1 : unusedDays) * day;
            await removeUnused(found, limit).catch(() => undefined);
        }
    }
}

/** Whoever begins to use the file meanwhile either has noted it by the time that is looked at last, or finds none. */
async function removeUnused(file: string, limit: number): Promise<void> {
    const isUnused = async (at: string) => Date.now() - (await lstat(at)).mtimeMs > limit;
    if (!(await isUnused(file))) return;
    const aside = path.join(path.dirname(file), `.${randomUUID()}${partialSuffix}`);
    await rename(file, aside);
    if (await isUnused(aside)) await rm(aside);
    else await rename(aside, file);
}
