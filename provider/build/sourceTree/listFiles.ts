import { access, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { LayerError } from "../../errors";
import type { RememberUnchanged } from "../../unchangedFile";
import type { GitIndex, TrackedPath } from "./gitIndex";
import { type IgnoreFile, readIgnoreFile } from "./ignoreFile";
import { modulesAmong, untrackedModules } from "./leftOutModules";
import { findRepository, type Repository } from "./repository";
import { isLeftFile, isLeftFolder, isNeverTaken } from "./toolFiles";

/** A file of a source tree. */
export interface SourceFile {
    /** Relative to the tree, with forward slashes. */
    readonly path: string;
    readonly executable: boolean;
}

/** What a package's folder is made of. */
export interface SourceTree {
    /** In the order of the paths' code units. */
    readonly files: readonly SourceFile[];
    /**
     * Modules beside those of the package that are not among the files: git does not track them, or a `.gitignore` names them. Folders have
     * a slash at their end.
     */
    readonly leftOut: readonly string[];
}

/** Files and links: more than any package has, fewer than hold up a preview for minutes. */
const mostEntries = 50_000;

/** Git is asked about a folder when it tracks one of these in it: otherwise the package is generated, or not added yet. */
const projectFiles: ReadonlySet<string> = new Set(["pyproject.toml", "setup.py", "setup.cfg"]);

/**
 * The files of a package's folder that its build sees and that its digest is made of.
 *
 * In a checkout they are what git tracks, as it is on disk: so two checkouts of one commit have the same ones, whatever else lies in
 * them. Elsewhere (a tarball, a package that is not added to git) they are what neither a `.gitignore` nor the name of a tool's file
 * leaves out. Links are followed, save those to a folder above them. Nothing but files is read.
 *
 * @param root absolute; a folder
 * @param boundary absolute; no `.gitignore` above it counts
 * @param indexes keeps what was read of git
 * @throws MANIFEST_UNREADABLE for a folder with more than 50,000 files; what `fs` throws
 */
export async function listFiles(
    root: string,
    boundary: string,
    indexes: RememberUnchanged<GitIndex | undefined>,
    signal: AbortSignal,
): Promise<SourceTree> {
    const real = await realpath(root);
    const files = new Map<string, SourceFile>();
    const ignored: string[] = [];
    let entries = 0;
    const count = () => {
        signal.throwIfAborted();
        entries += 1;
        if (entries > mostEntries) throw tooMany(root);
    };
    const take = (path: string, executable: boolean) => {
        count();
        if (!isNeverTaken(path)) files.set(path, { path, executable });
    };
    const listing: Listing = { take, ignore: (path) => ignored.push(path), count, indexes, trail: [real] };
    const repository = await findRepository(real, indexes);
    const tracked = (await repository?.trackedBelow(real)) ?? [];
    const byGit = tracked.some(({ path }) => projectFiles.has(path));
    if (byGit) await listTracked(listing, real, "", tracked);
    else await listByNames(listing, real, "", await ignoresAbove(real, repository, boundary));
    const sorted = [...files.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
    const paths = sorted.map(({ path }) => path);
    const leftOut = byGit ? await untrackedModules(real, paths) : modulesAmong(ignored, paths);
    return { files: sorted, leftOut };
}

interface Listing {
    /** Takes a file by its path in the tree. */
    readonly take: (path: string, executable: boolean) => void;
    /** Notes what a `.gitignore` names: a module's file, or a package's folder with a slash at its end. */
    readonly ignore: (path: string) => void;
    /** Counts an entry, and throws once there are too many or the signal is aborted. */
    readonly count: () => void;
    readonly indexes: RememberUnchanged<GitIndex | undefined>;
    /** Folders without links that are being listed: the tree's own, and those that links led to. */
    readonly trail: readonly string[];
}

/** @param folder absolute, without links @param prefix of it in the tree; empty, or with a slash at its end */
async function listTracked(
    listing: Listing,
    folder: string,
    prefix: string,
    tracked: readonly TrackedPath[],
): Promise<void> {
    for (const { path, type } of tracked) {
        const place = join(folder, path);
        const found = await stat(place).catch(() => undefined);
        if (found?.isFile()) {
            // Of a checkout's modes only this one is git's; on some disks every file has it.
            listing.take(prefix + path, type === "link" ? isExecutable(found.mode) : type === "executable");
        } else if (found?.isDirectory() && (type === "link" || type === "repository")) {
            await followLink(listing, place, `${prefix}${path}/`);
        }
    }
}

/** Lists a folder that a link leads to, or a submodule's. One that is above where it was met would never end. */
async function followLink(listing: Listing, place: string, prefix: string): Promise<void> {
    listing.count();
    const target = await realpath(place);
    const above = await realpath(dirname(place));
    if ([...listing.trail, above].some((each) => each === target || each.startsWith(withSeparator(target))))
        return;
    const within = { ...listing, trail: [...listing.trail, target] };
    const repository = await findRepository(target, listing.indexes);
    const tracked = (await repository?.trackedBelow(target)) ?? [];
    if (tracked.length > 0) await listTracked(within, target, prefix, tracked);
    else await listByNames(within, target, prefix, await ignoresAbove(target, repository, target));
}

const withSeparator = (folder: string): string => (folder.endsWith(sep) ? folder : folder + sep);

/** A `.gitignore` and the folder that it is in. */
type Ignores = readonly { readonly folder: string; readonly file: IgnoreFile }[];

async function listByNames(listing: Listing, folder: string, prefix: string, above: Ignores): Promise<void> {
    const own = await readIgnoreFile(folder);
    const ignores = own === undefined ? above : [...above, { folder, file: own }];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
        const place = join(folder, entry.name);
        const path = prefix + entry.name;
        const found = entry.isDirectory() ? undefined : await stat(place).catch(() => undefined);
        if (entry.isDirectory() || found?.isDirectory()) {
            const has = (name: string) => isThere(join(place, name));
            if (isIgnored(ignores, place, entry.isDirectory())) {
                if (await has("__init__.py")) listing.ignore(`${path}/`);
            } else if (!(await isLeftFolder(entry.name, prefix === "", has))) {
                if (entry.isDirectory()) await listByNames(listing, place, `${path}/`, ignores);
                else await followLink(listing, place, `${path}/`);
            }
        } else if (found?.isFile() && !isLeftFile(entry.name)) {
            if (!isIgnored(ignores, place, false)) listing.take(path, isExecutable(found.mode));
            else if (entry.name.endsWith(".py")) listing.ignore(path);
        }
    }
}

/** The file nearest to the path that says anything of it decides. */
function isIgnored(ignores: Ignores, place: string, isFolder: boolean): boolean {
    for (const { folder, file } of [...ignores].reverse()) {
        const said = file.ignores(relative(folder, place).split(sep).join("/"), isFolder);
        if (said !== undefined) return said;
    }
    return false;
}

/**
 * The `.gitignore` files of the folders above one, down from its repository's top or else the boundary. None of them where together
 * they ignore the folder itself: then they are not about what is in it.
 */
async function ignoresAbove(
    folder: string,
    repository: Repository | undefined,
    boundary: string,
): Promise<Ignores> {
    const top = repository?.top ?? (await realpath(boundary));
    const found: { folder: string; file: IgnoreFile }[] = [];
    const way = folder.startsWith(withSeparator(top)) ? relative(top, folder).split(sep) : [];
    let at = top;
    for (const name of way) {
        const file = await readIgnoreFile(at);
        if (file !== undefined) found.push({ folder: at, file });
        at = join(at, name);
        if (isIgnored(found, at, true)) return [];
    }
    return found;
}

const isThere = (path: string): Promise<boolean> =>
    access(path).then(
        () => true,
        () => false,
    );

/** Windows has no such mode; there only git knows. */
const isExecutable = (mode: number): boolean => process.platform !== "win32" && (mode & 0o100) !== 0;

const tooMany = (root: string): LayerError =>
    new LayerError("MANIFEST_UNREADABLE", {
        what: `The folder of a local package has more than ${mostEntries} files, which no package has.`,
        where: root,
        next: "Name what is no part of the package in a .gitignore file, or move it out of the folder.",
        property: "manifest",
    });
