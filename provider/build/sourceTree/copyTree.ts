import { chmod, copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mapConcurrently } from "../../concurrency";
import { rememberUnchanged } from "../../unchangedFile";
import { digestFiles } from "./digestFiles";
import { listFiles } from "./listFiles";

/** Files copied at the same time. */
const copiesAtOnce = 8;

/**
 * Copies the files of a package's folder that count, see {@link listFiles}, and no others: so the build sees what the digest is made of.
 * Links become what they lead to, since outside of their place they would find nothing.
 *
 * @param folder is made
 * @returns the digest of the copy
 */
export async function copyTree(
    root: string,
    boundary: string,
    folder: string,
    signal: AbortSignal,
): Promise<string> {
    const { files } = await listFiles(root, boundary, rememberUnchanged(), signal);
    const folders = new Set(files.map(({ path }) => dirname(join(folder, path))));
    for (const each of [folder, ...folders]) await mkdir(each, { recursive: true });
    await mapConcurrently(files, copiesAtOnce, signal, async ({ path, executable }) => {
        const copy = join(folder, path);
        await copyFile(join(root, path), copy);
        await chmod(copy, executable ? 0o755 : 0o644);
    });
    return digestFiles(folder, files, signal);
}
