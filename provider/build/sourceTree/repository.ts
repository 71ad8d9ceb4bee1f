import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { readRegularFile } from "../../disk";
import type { RememberUnchanged } from "../../unchangedFile";
import { type GitIndex, parseGitIndex, type TrackedPath } from "./gitIndex";

/** The checkout of a git repository that a folder lies in. */
export interface Repository {
    /** Absolute, without links: the folder with `.git` in it. */
    readonly top: string;
    /** What git tracks below a folder of it, given without links; relative to that folder. Empty where the index is not there or not readable. */
    readonly trackedBelow: (folder: string) => Promise<readonly TrackedPath[]>;
}

/** Undefined where neither the folder nor one above it has a `.git`. No program is started. */
export async function findRepository(
    folder: string,
    indexes: RememberUnchanged<GitIndex | undefined>,
): Promise<Repository | undefined> {
    const real = await realpath(folder);
    for (let top = real; ; top = dirname(top)) {
        const gitFolder = await findGitFolder(join(top, ".git"));
        if (gitFolder !== undefined) {
            return {
                top,
                trackedBelow: async (below) => {
                    const index = await readIndex(join(gitFolder, "index"), indexes);
                    return index?.below(relative(top, below).split(sep).join("/")) ?? [];
                },
            };
        }
        if (top === dirname(top)) return undefined;
    }
}

/** A checkout's `.git` is a folder; that of a submodule or of a further worktree is a file that says where the folder is. */
async function findGitFolder(path: string): Promise<string | undefined> {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return path;
    if (!found?.isFile()) return undefined;
    const place = /^gitdir: (.+)$/m.exec(String(await readRegularFile(path).catch(() => "")))?.[1];
    return place === undefined ? undefined : resolve(dirname(path), place.trim());
}

const readIndex = (
    path: string,
    indexes: RememberUnchanged<GitIndex | undefined>,
): Promise<GitIndex | undefined> =>
    indexes(path, async () => parseGitIndex(await readRegularFile(path))).catch(() => undefined);
