import { stat } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { mapConcurrently } from "../../concurrency";
import { LayerError } from "../../errors";
import type { Dependency } from "../../manifest/model";
import { formatPosition } from "../../manifest/position";
import { dependencyName } from "../naming";
import { digestFiles } from "./digestFiles";
import { listFiles } from "./listFiles";
import type { LocalSource, SourceMemory } from "./sourceMemory";

export { copyTree } from "./copyTree";

/** What lies beside a manifest without a hash in it, by its path as the manifest has it. */
export interface LocalSources {
    /** SHA-256, hex: of a source tree over the names, bytes and executable bits of its files, of an archive over its bytes. */
    readonly digests: Readonly<Record<string, string>>;
    /** Modules that are no part of a source tree because git does not track them or a `.gitignore` names them, by the tree's path. */
    readonly leftOut: Readonly<Record<string, readonly string[]>>;
}

/**
 * Digests of what dependencies are built or installed from where the manifest has no hash of it.
 *
 * Times, and modes beside the executable bit, do not count: they differ from one checkout to another. Throws MANIFEST_NOT_FOUND for a tree
 * or file that is not there, MANIFEST_UNREADABLE for one that can't be read or has too many files.
 */
export async function digestSources(
    dependencies: readonly Dependency[],
    manifestFolder: string,
    memory: SourceMemory,
    signal?: AbortSignal,
): Promise<LocalSources> {
    const local = dependencies.flatMap((dependency) => {
        const path = localPath(dependency);
        return path === undefined ? [] : [{ dependency, path }];
    });
    const sources = await mapConcurrently(
        local,
        1,
        signal ?? never(),
        async ({ dependency, path }, within) => {
            const source = await (signal === undefined
                ? digestTogether(path, manifestFolder, memory)
                : digestPath(path, manifestFolder, memory, within));
            if (source === undefined) throw notThere(dependency, path);
            return source;
        },
    );
    return collect(sources);
}

/** The same for known paths, without the manifest; undefined when one of them is not there. */
export async function digestPaths(
    paths: readonly string[],
    manifestFolder: string,
    memory: SourceMemory,
): Promise<LocalSources | undefined> {
    const sources = await mapConcurrently(paths, 1, never(), async (path) => ({
        source: await digestTogether(path, manifestFolder, memory),
    }));
    const found = sources.flatMap(({ source }) => source ?? []);
    return found.length === paths.length ? collect(found) : undefined;
}

function collect(sources: readonly LocalSource[]): LocalSources {
    const sorted = [...sources].sort((left, right) => (left.path < right.path ? -1 : 1));
    return {
        digests: Object.fromEntries(sorted.map(({ path, digest }) => [path, digest])),
        leftOut: Object.fromEntries(
            sorted.flatMap(({ path, leftOut }) => (leftOut.length === 0 ? [] : [[path, leftOut]])),
        ),
    };
}

/** A signal that never aborts. */
const never = (): AbortSignal => new AbortController().signal;

function digestTogether(
    path: string,
    manifestFolder: string,
    memory: SourceMemory,
): Promise<LocalSource | undefined> {
    const { underWay } = memory;
    const key = `${manifestFolder}\0${path}`;
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const digest = digestPath(path, manifestFolder, memory, never()).finally(() => underWay.delete(key));
    underWay.set(key, digest);
    return digest;
}

async function digestPath(
    path: string,
    manifestFolder: string,
    memory: SourceMemory,
    signal: AbortSignal,
): Promise<LocalSource | undefined> {
    const place = resolve(manifestFolder, path);
    const found = await stat(place).catch(() => undefined);
    if (found === undefined) return undefined;
    try {
        const { files, leftOut } = found.isDirectory()
            ? await listFiles(place, commonFolder(manifestFolder, place), memory.indexes, signal)
            : { files: [{ path: "", executable: false }], leftOut: [] };
        return { path, digest: await digestFiles(place, files, signal), leftOut };
    } catch (error) {
        if (signal.aborted || error instanceof LayerError) throw error;
        if (!(error instanceof Error && "code" in error)) throw error;
        throw new LayerError("MANIFEST_UNREADABLE", {
            what: `The local package ${path} cannot be read: ${error.message}.`,
            next: "Make all of its files readable, or move away what is no part of it.",
            property: "manifest",
            cause: error,
        });
    }
}

/** The folder that both lie in: a project's `.gitignore` may be above its packages, and one above the project is somebody else's. */
export function commonFolder(one: string, other: string): string {
    for (let folder = one; ; folder = dirname(folder)) {
        const way = relative(folder, other);
        if (way !== ".." && !way.startsWith(`..${sep}`)) return folder;
        if (folder === dirname(folder)) return folder;
    }
}

/** Path of what a dependency is built or installed from, where the manifest has no hash of it. */
function localPath({ source, file, hashes }: Dependency): string | undefined {
    if (source.type === "directory") return source.virtual ? undefined : source.path;
    const path = file?.path ?? (source.type === "path" ? source.path : undefined);
    return file?.hash === undefined && hashes.length === 0 ? path : undefined;
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
