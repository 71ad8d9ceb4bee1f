import { mkdtemp, readdir, rm } from "node:fs/promises";
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
    await removeLeftovers(parent);
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

/** What a temporary folder's name begins with; the number of the process that made it follows. */
const prefix = "pulumi-lambda-layer-run-";

/** Removes what killed processes left: Pulumi ends a plugin without a word to it. */
async function removeLeftovers(parent: string): Promise<void> {
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
