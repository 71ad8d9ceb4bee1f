import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { mapConcurrently } from "../concurrency";
import { LayerError } from "../errors";
import type { Dependency } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import { dependencyName } from "./naming";

/** What a source tree holds that no build needs and that is big, or stale from a build in place. */
const leftOut =
    /^(?:\.venv|venv|\.tox|\.nox|node_modules|__pycache__|\.mypy_cache|\.ruff_cache|\.pytest_cache|build|dist|.+\.egg-info)$/;

/**
 * Whether a file or folder of a source tree goes into its build.
 *
 * @param isTop whether it is beside the project file: `build` and `dist` are leavings there only, and not when they are packages
 */
export async function countsForBuild(path: string, isTop: boolean): Promise<boolean> {
    const name = basename(path);
    if (!leftOut.test(name)) return true;
    if (name !== "build" && name !== "dist") return false;
    return !isTop || (await stat(join(path, "__init__.py")).then(yes, no));
}

const yes = () => true;
const no = () => false;

/** Repositories change with each commit, desktops write where they look; neither changes what is built. */
const notContent = /^(?:\.git|\.hg|\.svn|\.DS_Store|.*\.py[co])$/;

/** Files read at the same time. */
const readsAtOnce = 8;

/**
 * SHA-256, hex, over the content of each dependency that lies beside the manifest without a hash in it: of a source tree the
 * names and bytes of all files that count, of an archive its bytes. Keyed by the path as the manifest has it; empty
 * when there is none.
 *
 * Modes and times do not count: they differ from one checkout to another. Throws MANIFEST_NOT_FOUND for a tree or file that is
 * not there.
 */
export async function digestSources(
    dependencies: readonly Dependency[],
    manifestFolder: string,
    signal: AbortSignal = new AbortController().signal,
): Promise<Readonly<Record<string, string>>> {
    const local = dependencies.flatMap((dependency) => {
        const path = unhashedPath(dependency);
        return path === undefined ? [] : [{ dependency, path }];
    });
    const entries = await mapConcurrently(local, 1, signal, async ({ dependency, path }, within) => {
        const digest = await digestPath(resolve(manifestFolder, path), within);
        if (digest === undefined) throw notThere(dependency, path);
        return { path, digest };
    });
    return inOrder(entries);
}

/** The same for known paths, without the manifest; undefined when one of them is not there. */
export async function digestPaths(
    paths: readonly string[],
    manifestFolder: string,
): Promise<Readonly<Record<string, string>> | undefined> {
    const { signal } = new AbortController();
    const entries = await mapConcurrently(paths, 1, signal, async (path, within) => {
        return { path, digest: await digestPath(resolve(manifestFolder, path), within) };
    });
    const found = entries.flatMap(({ path, digest }) => (digest === undefined ? [] : [{ path, digest }]));
    return found.length === entries.length ? inOrder(found) : undefined;
}

const inOrder = (
    entries: readonly { readonly path: string; readonly digest: string }[],
): Record<string, string> =>
    Object.fromEntries(
        [...entries]
            .sort((left, right) => (left.path < right.path ? -1 : 1))
            .map(({ path, digest }) => [path, digest]),
    );

async function digestPath(path: string, signal: AbortSignal): Promise<string | undefined> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    return digestFiles(path, found.isDirectory() ? await listTree(path, signal) : [""], signal);
}

/** Path of what a dependency is built or installed from, where the manifest has no hash of it. */
function unhashedPath({ source, file, hashes }: Dependency): string | undefined {
    if (source.type === "directory") return source.virtual ? undefined : source.path;
    const path = file?.path ?? (source.type === "path" ? source.path : undefined);
    return file?.hash === undefined && hashes.length === 0 ? path : undefined;
}

/** Paths of the files of a tree that count, relative and with forward slashes, in the order of their code units. */
async function listTree(root: string, signal: AbortSignal): Promise<string[]> {
    const files: string[] = [];
    // Links are followed, as the build follows them; one that leads back up would never end.
    const walk = async (folder: string, above: readonly string[]): Promise<void> => {
        signal.throwIfAborted();
        const place = join(root, folder);
        const real = await realpath(place);
        if (above.includes(real)) return;
        for (const name of await readdir(place)) {
            const path = folder === "" ? name : `${folder}/${name}`;
            if (notContent.test(name) || !(await countsForBuild(join(root, path), folder === ""))) continue;
            const found = await stat(join(root, path)).catch(() => undefined);
            if (found?.isDirectory()) await walk(path, [...above, real]);
            else if (found?.isFile()) files.push(path);
        }
    };
    await walk("", []);
    return files.sort();
}

async function digestFiles(root: string, files: readonly string[], signal: AbortSignal): Promise<string> {
    const digests = await mapConcurrently(files, readsAtOnce, signal, async (file, within) => {
        const hash = createHash("sha256");
        for await (const bytes of createReadStream(join(root, file), { signal: within })) {
            if (bytes instanceof Uint8Array) hash.update(bytes);
        }
        return `${JSON.stringify(file)} ${hash.digest("hex")}\n`;
    });
    return createHash("sha256").update(digests.join("")).digest("hex");
}

/** The failure of a dependency whose folder or file beside the manifest is gone. */
export function notThere(dependency: Dependency, path: string): LayerError {
    const kind = dependency.source.type === "directory" ? "folder" : "file";
    return new LayerError("MANIFEST_NOT_FOUND", {
        what: `The ${kind} of ${dependencyName(dependency)}, ${path}, is not there.`,
        where: formatPosition(dependency.position),
        next: `Put the ${kind} back, or lock again without it.`,
        property: "manifest",
    });
}
