import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { diskError, diskFailureBelow, onDisk } from "./disk";
import { isLayerError, LayerError } from "./errors";

/** The variable that names another folder for temporary files. */
const variable = process.platform === "win32" ? "TEMP" : "TMPDIR";

/**
 * Runs work with a folder below `parent` that nobody else uses; it is removed afterwards, whatever happens. All that the work
 * writes is below it, caches aside. Folders of processes that were killed are removed first.
 *
 * @throws DISK_FULL, FOLDER_UNWRITABLE where the folder can't be written to; what the work throws
 */
export async function inTemporaryFolder<Result>(
    parent: string,
    work: (folder: string) => Promise<Result>,
): Promise<Result> {
    const place = { name: "temporary folder", path: parent, setting: variable };
    const inWords = (error: unknown): unknown => {
        const failure = diskFailureBelow(parent, error);
        return failure === undefined ? toolWithoutRoom(error, parent) : diskError(failure, place);
    };
    const prefix = await folderPrefix();
    await removeLeftovers(parent, prefix);
    const folder = await onDisk(mkdtemp(path.join(parent, `${prefix}${process.pid}-`))).catch(
        (error: unknown) => {
            throw inWords(error);
        },
    );
    try {
        return await work(folder);
    } catch (error) {
        throw inWords(error);
    } finally {
        // What is left of it is no reason to fail: the work is done.
        await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
}

/**
 * What a temporary folder's name begins with, before the number of the process that made it: which processes that number is one of. A
 * folder for temporary files may be shared with other containers, in each of which the same number is another process, or none.
 */
async function folderPrefix(): Promise<string> {
    const numbering = await processNumbering();
    const name = createHash("sha256").update(numbering).digest("hex").slice(0, 12);
    return `pulumi-lambda-layer-run-${name}-`;
}

/** The start of the system and the namespace of its processes (pid_namespaces(7)); elsewhere there is one for each machine. */
async function processNumbering(): Promise<string> {
    if (process.platform !== "linux") return hostname();
    try {
        const [system, namespace] = await Promise.all([
            readFile("/proc/sys/kernel/random/boot_id", "utf8"),
            readlink("/proc/self/ns/pid"),
        ]);
        return `${system}${namespace}`;
    } catch {
        // Nothing tells this process's folders from those of others: nobody removes them.
        return randomUUID();
    }
}

/** Removes what killed processes left: Pulumi ends a plugin without a word to it. */
async function removeLeftovers(parent: string, prefix: string): Promise<void> {
    const names = await readdir(parent).catch((): string[] => []);
    const left = names.filter((name) => {
        const [, pid] = name.startsWith(prefix) ? (/^(\d+)-/.exec(name.slice(prefix.length)) ?? []) : [];
        return pid !== undefined && !isRunning(Number(pid));
    });
    // What belongs to somebody else stays.
    await Promise.allSettled(
        left.map((name) => rm(path.join(parent, name), { recursive: true, force: true })),
    );
}

function isRunning(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        return !(error instanceof Error && "code" in error && error.code === "ESRCH");
    }
}

/** Words of programs that found a disk full: uv's, pip's, git's, a compiler's. */
const withoutRoom = /No space left on device|Disk quota exceeded|File too large \(os error/;

/** DISK_FULL for a program that failed for want of room; any other error as it is. */
function toolWithoutRoom(error: unknown, parent: string): unknown {
    if (!isLayerError(error) || error.code !== "TOOL_FAILED") return error;
    const { failure } = error;
    if (!(failure.detail ?? []).some((line) => withoutRoom.test(line))) return error;
    return new LayerError("DISK_FULL", {
        ...failure,
        next: `Free space on the disk that the words above name: ${variable} says where temporary files are (now ${parent}), UV_CACHE_DIR where uv keeps its own.`,
    });
}
