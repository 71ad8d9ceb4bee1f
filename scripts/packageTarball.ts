import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings, repository } from "./cacheFolder";
import { mustRun } from "./command";

/** What decides the package's content; paths below the checkout, folders with all that is in them. */
const sources = [
    "provider",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "tsconfig.build.json",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
];

/**
 * Packs this checkout as `npm publish` would, and returns the tarball's absolute path in the cache. The same content is
 * packed once. Rejects with npm's last lines, such as the compiler's errors.
 */
export async function packageTarball(say: (line: string) => void = console.log): Promise<string> {
    const prefix = "package-";
    const packed = join(cacheFolder(), `${prefix}${await packageKey()}`);
    await makeOnce(packed, async (folder) => {
        say("Packing the package (npm pack) …");
        await mustRun("npm", ["pack", "--loglevel=error", "--pack-destination", folder], { cwd: repository });
    });
    await removeOldSiblings(packed, prefix);
    const tarball = (await readdir(packed)).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) {
        throw new Error(`npm pack left no tarball in ${packed}. Remove that folder and run this again.`);
    }
    return join(packed, tarball);
}

/** Differs when a file that goes into the package, or into making it, is another one. */
export async function packageKey(folder = repository): Promise<string> {
    const parts: (string | Buffer)[] = [];
    for (const source of sources) {
        for (const file of await filesBelow(join(folder, source))) {
            parts.push(relative(folder, file), await readFile(file));
        }
    }
    return cacheKey(parts);
}

/** A file itself, or all files of a folder, sorted; nothing where there is neither. */
async function filesBelow(path: string): Promise<string[]> {
    try {
        const entries = await readdir(path, { withFileTypes: true, recursive: true });
        return entries
            .filter((entry) => entry.isFile())
            .map((entry) => join(entry.parentPath, entry.name))
            .sort();
    } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        if (code === "ENOTDIR") {
            return [path];
        }
        if (code === "ENOENT") {
            return [];
        }
        throw error;
    }
}
