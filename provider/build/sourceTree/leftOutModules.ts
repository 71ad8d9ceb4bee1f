import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { basename, dirname } from "node:path/posix";

/** Folders whose modules no layer has a use for. */
const besideThePackage = /^(?:tests?|testing|docs?|examples?|samples?|scripts?|benchmarks?|notebooks?)$/i;
/** Tests, and the module that hatch-vcs and setuptools-scm write at each build. */
const noModule = /^(?:test_.*|.*_test|conftest|_version)\.py$/;

/** Folders of a tree that modules are in, or packages with modules; not the top, where scripts lie. */
function packageFolders(files: readonly string[]): Set<string> {
    const folders = new Set<string>();
    for (const path of files) {
        if (!path.endsWith(".py")) continue;
        const folder = dirname(path);
        for (const each of [folder, dirname(folder)])
            if (each !== "." && !each.split("/").some((name) => besideThePackage.test(name)))
                folders.add(each);
    }
    return folders;
}

const isModule = (name: string): boolean => name.endsWith(".py") && !noModule.test(name);

/** Those of the paths that would be modules of the package. Folders have a slash at their end. */
export function modulesAmong(paths: readonly string[], files: readonly string[]): string[] {
    const folders = packageFolders(files);
    return paths.filter((path) => {
        const name = basename(path);
        return (
            folders.has(dirname(path)) && (path.endsWith("/") ? !besideThePackage.test(name) : isModule(name))
        );
    });
}

/**
 * Modules on disk that are not among a tree's files, beside or in a folder beside those that are: what somebody wrote and did not add
 * to git yet.
 *
 * @param root absolute
 */
export async function untrackedModules(root: string, files: readonly string[]): Promise<string[]> {
    const known = new Set(files);
    const knownFolders = new Set(files.flatMap((path) => foldersOf(path)));
    const found: string[] = [];
    for (const folder of packageFolders(files)) {
        // A folder behind a link lies elsewhere, under another name.
        for (const entry of await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])) {
            const path = `${folder}/${entry.name}`;
            if (entry.isFile() && !known.has(path)) found.push(path);
            else if (entry.isDirectory() && !knownFolders.has(path)) {
                const isPackage = await access(join(root, path, "__init__.py")).then(
                    () => true,
                    () => false,
                );
                if (isPackage) found.push(`${path}/`);
            }
        }
    }
    return modulesAmong(found, files).sort();
}

const foldersOf = (path: string): string[] => {
    const segments = path.split("/").slice(0, -1);
    return segments.map((_, position) => segments.slice(0, position + 1).join("/"));
};
