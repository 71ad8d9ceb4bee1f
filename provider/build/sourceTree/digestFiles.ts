import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { mapConcurrently } from "../../concurrency";
import type { SourceFile } from "./listFiles";

/** Files read at the same time. */
const readsAtOnce = 8;

/** SHA-256, hex, over the names, bytes and executable bits of files, in the order given. */
export async function digestFiles(
    root: string,
    files: readonly SourceFile[],
    signal: AbortSignal,
): Promise<string> {
    const lines = await mapConcurrently(files, readsAtOnce, signal, async ({ path, executable }, within) => {
        const hash = createHash("sha256");
        for await (const bytes of createReadStream(join(root, path), { signal: within })) {
            if (bytes instanceof Uint8Array) hash.update(bytes);
        }
        return `${JSON.stringify(path)} ${hash.digest("hex")}${executable ? " x" : ""}\n`;
    });
    return createHash("sha256").update(lines.join("")).digest("hex");
}
