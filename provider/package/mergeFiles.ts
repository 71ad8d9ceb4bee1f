import { filesConflict, type SharedPath } from "./filesConflict";
import { haveSameContent, type OpenWheel, type WheelFile, wheelInvalid } from "./openWheel";
import { sliceLength, yieldToEventLoop } from "./slices";
import { quoted, ZipDefect } from "./zipFormat";

/** A file of the layer and the wheel that brings it. */
export interface MergedFile {
    readonly path: string;
    readonly source: OpenWheel;
    readonly file: WheelFile;
    readonly executable: boolean;
}

/** What several packages bring differently, by path. */
type Conflicts = Map<string, SharedPath>;

/**
 * The files of all wheels as one tree. A file that several wheels bring with the same content is taken from the first; it
 * is executable when any of them says so. The wheels' order decides nothing else. Paths that differ only in case are two files, as
 * they are to Linux.
 *
 * Throws FILES_CONFLICT when two packages bring different files under one path, or a file where the other has a folder;
 * WHEEL_INVALID when one wheel does so on its own.
 */
export async function mergeFiles(wheels: readonly OpenWheel[]): Promise<MergedFile[]> {
    const merged = new Map<string, MergedFile>();
    const conflicts: Conflicts = new Map();
    let count = 0;
    for (const source of wheels) {
        for (const file of source.files) {
            count += 1;
            if (count % sliceLength === 0) await yieldToEventLoop();
            const next = { path: file.path, source, file, executable: file.executable };
            const other = merged.get(file.path);
            if (other === undefined) {
                merged.set(file.path, next);
            } else if (!haveSameContent(file, other.file)) {
                note(conflicts, file.path, other, next);
            } else if (file.executable && !other.executable) {
                merged.set(file.path, { ...other, executable: true });
            }
        }
    }
    await checkFolders(merged, conflicts);
    if (conflicts.size > 0) throw filesConflict([...conflicts.values()]);
    return [...merged.values()];
}

async function checkFolders(files: ReadonlyMap<string, MergedFile>, conflicts: Conflicts): Promise<void> {
    /** Folders, and whether one of them or above them is a file as well. */
    const seen = new Map<string, boolean>();
    let count = 0;
    for (const file of files.values()) {
        count += 1;
        if (count % sliceLength === 0) await yieldToEventLoop();
        const folders: string[] = [];
        let clashes = false;
        for (let end = file.path.lastIndexOf("/"); end > 0; end = file.path.lastIndexOf("/", end - 1)) {
            const folder = file.path.slice(0, end);
            if (seen.get(folder) === false) break;
            folders.push(folder);
            const other = files.get(folder);
            if (other === undefined) continue;
            clashes = true;
            note(conflicts, folder, other, file);
        }
        for (const folder of folders) seen.set(folder, clashes);
    }
}

/** Notes that two packages bring a path differently. Throws WHEEL_INVALID when both are one. */
function note(conflicts: Conflicts, path: string, left: MergedFile, right: MergedFile): void {
    if (left.source === right.source) {
        const [one, other] = [left.file.entry.name, right.file.entry.name].map(quoted);
        throw wheelInvalid(
            left.source.wheel,
            new ZipDefect(`entries ${one} and ${other} are a file and a folder`),
        );
    }
    const known = conflicts.get(path) ?? { path, wheels: new Set([left.source.wheel]) };
    known.wheels.add(right.source.wheel);
    conflicts.set(path, known);
}
