import { lstat, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** What a version control system keeps in the top folder of a work tree. */
const versionControl = [".git", ".hg", ".jj", ".svn"];

/**
 * The folders that a manifest's project consists of, without symbolic links in their paths: the work tree that the manifest is in.
 * Without one, what the manifest's folder and the program's have in common, but no whole home or disk, or else those two.
 *
 * Both folders are absolute, as they were named.
 */
export async function projectRoots(
    manifestFolder: string,
    programFolder: string,
): Promise<readonly string[]> {
    // Where Pulumi runs is the user's own choice, by whatever link; what lies in there may be somebody else's.
    const program = await realpath(programFolder).catch(() => programFolder);
    const within = path.relative(programFolder, manifestFolder);
    return rootsOf(within.startsWith("..") ? manifestFolder : path.resolve(program, within), program);
}

async function rootsOf(manifestFolder: string, programFolder: string): Promise<readonly string[]> {
    const home = path.resolve(homedir());
    const isWhole = (folder: string) => folder === home || folder === path.parse(folder).root;
    for (let folder = manifestFolder; !isWhole(folder); folder = path.dirname(folder)) {
        for (const name of versionControl) {
            const isTop = await lstat(path.join(folder, name)).then(yes, no);
            if (isTop) return reals([folder]);
        }
    }
    const shared = sharedFolder(manifestFolder, programFolder);
    return reals(isWhole(shared) ? [manifestFolder, programFolder] : [shared]);
}

/** Whether a file that exists is in the project, wherever symbolic links lead. Throws what `fs` throws. */
export async function isInProject(file: string, roots: readonly string[]): Promise<boolean> {
    const real = await realpath(file);
    return roots.some((root) => {
        const relative = path.relative(root, real);
        return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
    });
}

const yes = () => true;
const no = () => false;

/** The folder nearest to both that holds both. */
function sharedFolder(left: string, right: string): string {
    let folder = left;
    while (folder !== path.dirname(folder) && path.relative(folder, right).startsWith("..")) {
        folder = path.dirname(folder);
    }
    return folder;
}

async function reals(folders: readonly string[]): Promise<string[]> {
    const found = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
    return found.filter((folder) => folder !== undefined);
}
