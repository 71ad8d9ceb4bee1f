import { createHash } from "node:crypto";
import { join } from "node:path";
import { mapConcurrently } from "../../concurrency";
import { hashFile } from "../fileHash";
import type { SourceFile } from "./listFiles";

/** Files read at the same time. */
const readsAtOnce = 8;

/**
 * SHA-256, hex, over the names, bytes and executable bits of files, in the order given. Throws what `fs` throws, also for what is no
 * regular file.
 */
export async function digestFiles(
    root: string,
    files: readonly SourceFile[],
    signal: AbortSignal,
): Promise<string> {
    const lines = await mapConcurrently(files, readsAtOnce, signal, async ({ path, executable }, within) => {
        const { sha256 } = await hashFile(join(root, path), [], within);
        return `${JSON.stringify(path)} ${sha256}${executable ? " x" : ""}\n`;
    });
    return createHash("sha256").update(lines.join("")).digest("hex");
}
