/** Files that tools leave beside a package's own, told by their names. No build takes them, and no two checkouts share them. */

/** Beside the project file: locks of the package by itself, which a build does not read. */
const lockFiles = /^(?:(?:uv|poetry|pdm)\.lock|Pipfile\.lock|pylock(?:\.[^.]+)?\.toml)$/;

/** Dot folders beside the project file are editors', caches' and CI's; Cargo's holds settings of a build. */
const takenDotFolders: ReadonlySet<string> = new Set([".cargo"]);

/** Dot files that hold a machine's own settings and measurements. */
const machineFiles = /^\.(?:env(?:\..*)?|envrc|python-version|coverage(?:\..*)?|DS_Store|python_history)$/;

/**
 * Whether a path is no part of a package even where git tracks it.
 *
 * @param path relative to the folder of the project file, with forward slashes; of a file
 */
export function isNeverTaken(path: string): boolean {
    const segments = path.split("/");
    const [top = ""] = segments;
    if (segments.includes("__pycache__") || segments.includes(".git") || segments.at(-1) === ".DS_Store")
        return true;
    if (segments.length > 1) return top.startsWith(".") && !takenDotFolders.has(top);
    return machineFiles.test(top) || lockFiles.test(top);
}

/** Of coverage, test reports and editors, and byte code that lies beside its source. */
const leftFiles =
    /^(?:coverage\.(?:xml|json|lcov)|lcov\.info|.*~|.*\.(?:py[co]|sw[a-p]|bak|orig|rej|iml|code-workspace|sublime-workspace)|#.*#|\.#.*|\._.*|\.sw[a-p]|\.nfs.*|Thumbs\.db|desktop\.ini)$/i;

/** Whether a file is left by a tool, where no git says which files are the package's. At any depth. */
export const isLeftFile = (name: string): boolean => machineFiles.test(name) || leftFiles.test(name);

const leftFolders = /^(?:__pycache__|__pypackages__|CVS|htmlcov|.+\.egg-info)$/;
/** Beside the project file: stale results of a build, and installed packages. */
const topFolders = /^(?:build|dist|node_modules)$/;
/** Files that only an environment or an installation has at its top, whatever its name is. */
const installedBy = ["pyvenv.cfg", ".package-lock.json", ".yarn-integrity", ".modules.yaml"];

/**
 * Whether a folder is left by a tool, where no git says which files are the package's.
 *
 * A folder called `venv`, `build` or `node_modules` is a module as well as any other one: below the top only what is in it
 * counts, and at the top one with an `__init__.py` is a module.
 *
 * @param isTop whether it is beside the project file
 * @param has whether a file of that name is in the folder
 */
export async function isLeftFolder(
    name: string,
    isTop: boolean,
    has: (file: string) => Promise<boolean>,
): Promise<boolean> {
    if (name.startsWith(".")) return !(isTop && takenDotFolders.has(name));
    if (leftFolders.test(name)) return true;
    if (isTop && topFolders.test(name) && !(await has("__init__.py"))) return true;
    for (const file of installedBy) if (await has(file)) return true;
    return false;
}
