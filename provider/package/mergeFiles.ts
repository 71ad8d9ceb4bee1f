import { LayerError } from "../errors";
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

/**
 * The files of all wheels as one tree. A file that several wheels bring with the same content is taken from the first; it
 * is executable when any of them says so. The wheels' order decides nothing else.
 *
 * Throws FILES_CONFLICT when two packages bring different files under one path, under paths that differ only in case, or
 * a file where the other has a folder; WHEEL_INVALID when one wheel does so on its own.
 */
export async function mergeFiles(wheels: readonly OpenWheel[]): Promise<MergedFile[]> {
    const merged = new Map<string, MergedFile>();
    const byLowerCase = new Map<string, MergedFile>();
    let count = 0;
    for (const source of wheels) {
        for (const file of source.files) {
            count += 1;
            if (count % sliceLength === 0) await yieldToEventLoop();
            const next = { path: file.path, source, file, executable: file.executable };
            const lowerCase = file.path.toLowerCase();
            const other = byLowerCase.get(lowerCase);
            if (other === undefined) {
                merged.set(file.path, next);
                byLowerCase.set(lowerCase, next);
            } else if (other.path !== file.path) {
                throw clash(other, next, "differ only in case");
            } else if (!haveSameContent(file, other.file)) {
                throw clash(other, next, "have different content");
            } else if (file.executable && !other.executable) {
                merged.set(file.path, { ...other, executable: true });
            }
        }
    }
    await checkFolders(merged);
    return [...merged.values()];
}

async function checkFolders(files: ReadonlyMap<string, MergedFile>): Promise<void> {
    const checked = new Set<string>();
    let count = 0;
    for (const file of files.values()) {
        count += 1;
        if (count % sliceLength === 0) await yieldToEventLoop();
        for (let end = file.path.lastIndexOf("/"); end > 0; end = file.path.lastIndexOf("/", end - 1)) {
            const folder = file.path.slice(0, end);
            if (checked.has(folder)) break;
            checked.add(folder);
            const other = files.get(folder);
            if (other !== undefined) throw clash(other, file, "are a file and a folder");
        }
    }
}

function clash(left: MergedFile, right: MergedFile, how: string): LayerError {
    if (left.source === right.source) {
        const defect = new ZipDefect(
            `entries ${quoted(left.file.entry.name)} and ${quoted(right.file.entry.name)} ${how}`,
        );
        return wheelInvalid(left.source.wheel, defect);
    }
    const [first, second] = [left.source.wheel, right.source.wheel];
    const paths = left.path === right.path ? [left.path] : [left.path, right.path];
    return new LayerError("FILES_CONFLICT", {
        what:
            `${first.name} ${first.version} and ${second.name} ${second.version} both bring ` +
            `${paths.map((path) => quoted(`python/${path}`)).join(" and ")}, which ${how}.`,
        next: [
            `Depend on one of the two only: uv and pip would let either overwrite the other.`,
            "Where both are needed, take versions of them that do not share files.",
        ],
    });
}
