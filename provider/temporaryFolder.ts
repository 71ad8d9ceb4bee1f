import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { diskError, diskFailureBelow, onDisk } from "./disk";
import { isLayerError, LayerError } from "./errors";

/** The variable that names another folder for temporary files. */
const variable = process.platform === "win32" ? "TEMP" : "TMPDIR";

/**
 * Runs work with a folder below `parent` that nobody else uses; it is removed afterwards, whatever happens. All that the work
 * writes is below it, caches aside.
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
    const folder = await onDisk(mkdtemp(path.join(parent, "pulumi-lambda-layer-"))).catch(
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
