import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { DiskFailure, diskError, onDisk } from "../disk";

/**
 * Writes the file that `--output` names, in one step: it is there whole, or as it was before. A device or a FIFO is written to as
 * it is.
 *
 * @throws DISK_FULL, FOLDER_UNWRITABLE
 */
export async function writeOutput(
    destination: string,
    content: string | AsyncIterable<Uint8Array>,
): Promise<void> {
    const folder = path.dirname(destination);
    // In the folder of the destination, so that the last step replaces the file at once.
    const partial = `${destination}.${process.pid}.partial`;
    try {
        const found = await stat(destination).catch(() => undefined);
        if (found !== undefined && !found.isFile() && !found.isDirectory()) {
            await onDisk(writeFile(destination, content));
            return;
        }
        await onDisk(mkdir(folder, { recursive: true }));
        try {
            await onDisk(writeFile(partial, content));
            await onDisk(rename(partial, destination));
        } finally {
            await rm(partial, { force: true }).catch(() => undefined);
        }
    } catch (error) {
        throw error instanceof DiskFailure
            ? diskError(error, { name: "output folder", path: folder, setting: "--output" })
            : error;
    }
}
