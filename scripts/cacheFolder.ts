import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The checkout that these scripts belong to, also where they run from their compiled form. */
export const repository = checkoutOf(__dirname);

/** A file with this name in a cached folder says that the folder is complete. */
const completeMark = ".complete";
const heartbeatMs = 2_000;
const staleLockMs = 30_000;

function checkoutOf(folder: string): string {
    return existsSync(join(folder, "package-lock.json")) ? folder : checkoutOf(dirname(folder));
}

/**
 * Where tools are kept between runs and clones: `$XDG_CACHE_HOME` or `~/.cache`, then `pulumi-lambda-layer`. An isolated process,
 * which has other caches than its user, is told by `PLL_CACHE`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
    const told = environment["PLL_CACHE"];
    if (told !== undefined && told !== "") {
        return told;
    }
    const base = environment["XDG_CACHE_HOME"];
    return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "pulumi-lambda-layer");
}

/** Twelve hex digits that differ when any of the parts does; where one part ends and the next begins counts. */
export function cacheKey(parts: readonly (string | Buffer)[]): string {
    const hash = createHash("sha256");
    for (const part of parts) {
        hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
    return hash.digest("hex").slice(0, 12);
}

/** Whether {@link makeOnce} has finished this folder. */
export async function isComplete(folder: string): Promise<boolean> {
    return (await modified(join(folder, completeMark))) !== undefined;
}

/**
 * Makes a folder in the cache unless it is there and complete. Two processes that want it at once make it once: the
 * other waits. What a killed process left behind is made again. The folder is made in its final place, since a Python
 * virtual environment can't be moved; the mark that completes it is written last, by renaming.
 * Errors of `make` are passed on, and leave nothing behind.
 */
export async function makeOnce(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
    if (await isComplete(folder)) {
        return;
    }
    await mkdir(dirname(folder), { recursive: true });
    await withLock(`${folder}.lock`, async () => {
        if (await isComplete(folder)) {
            return;
        }
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        try {
            await make(folder);
        } catch (error) {
            await rm(folder, { recursive: true, force: true });
            throw error;
        }
        const unfinished = join(folder, `${completeMark}.${process.pid}`);
        await writeFile(unfinished, `${new Date().toISOString()}\n`);
        await rename(unfinished, join(folder, completeMark));
    });
}

/** Removes the siblings of a cached folder whose names begin the same and that were last used 30 days ago or earlier. */
export async function removeOldSiblings(folder: string, prefix: string): Promise<void> {
    const oldest = Date.now() - 30 * 86_400_000;
    const mark = join(folder, completeMark);
    const now = new Date();
    await utimes(mark, now, now);
    for (const name of await readdir(dirname(folder))) {
        const sibling = join(dirname(folder), name);
        const used = await modified(join(sibling, completeMark));
        if (name.startsWith(prefix) && name !== basename(folder) && used !== undefined && used < oldest) {
            await rm(sibling, { recursive: true, force: true });
        }
    }
}

/** Holds a lock file while `work` runs. Its time is kept fresh, so that one left by a killed process is seen as such. */
async function withLock(path: string, work: () => Promise<void>): Promise<void> {
    let told = false;
    while (!(await takeLock(path))) {
        const taken = await modified(path);
        if (taken !== undefined && Date.now() - taken > staleLockMs) {
            await rm(path, { force: true });
            continue;
        }
        if (!told) {
            told = true;
            console.log(`Waiting for another run that is making ${path.replace(/\.lock$/, "")} …`);
        }
        await sleep(250);
    }
    const heartbeat = setInterval(() => {
        const now = new Date();
        utimes(path, now, now).catch(() => {});
    }, heartbeatMs);
    try {
        await work();
    } finally {
        clearInterval(heartbeat);
        await rm(path, { force: true });
    }
}

async function takeLock(path: string): Promise<boolean> {
    try {
        await (await open(path, "wx")).close();
        return true;
    } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EEXIST") {
            return false;
        }
        throw error;
    }
}

async function modified(path: string): Promise<number | undefined> {
    try {
        return (await stat(path)).mtimeMs;
    } catch {
        return undefined;
    }
}
