import type { Wheel } from "../build/model";
import { LayerError } from "../errors";
import { peekEntry, unpackEntry } from "./entryData";
import { checkEntryName } from "./entryName";
import { openRandomAccess, type RandomAccess } from "./randomAccess";
import { readRecordHashes } from "./record";
import { concurrently, inSlices, sliceLength, yieldToEventLoop } from "./slices";
import { isPythonLauncher, placeEntry, type WheelNames, wheelNames } from "./wheelLayout";
import { fileType, method, quoted, ZipDefect } from "./zipFormat";
import { readCentralDirectory, type ZipEntry } from "./zipReader";

/** The most bytes that RECORD and WHEEL are read with: they are held in memory. */
const maximumMetadataSize = 32 * 1024 * 1024;

/** A file that a wheel brings into the layer. */
export interface WheelFile {
    /** Below the folder on Python's path: `requests/api.py`. */
    readonly path: string;
    readonly entry: ZipEntry;
    readonly executable: boolean;
    /** As the wheel's RECORD has it, `sha256=…`; empty when it has none. */
    readonly hash: string;
}

/** A wheel whose directory was read and checked. Close it. */
export interface OpenWheel {
    readonly wheel: Wheel;
    readonly archive: RandomAccess;
    readonly names: WheelNames;
    /** What goes into the layer, in the order of the data; RECORD is not among them. */
    readonly files: readonly WheelFile[];
    close(): Promise<void>;
}

/** Opens a wheel. Throws WHEEL_INVALID when it is not one that can be put into a layer safely. */
export async function openWheel(wheel: Wheel, signal: AbortSignal): Promise<OpenWheel> {
    const archive = await openRandomAccess(wheel.path);
    try {
        return await namingWheel(wheel, async () => {
            const entries = await readCentralDirectory(archive);
            await inSlices(entries, checkEntry);
            const files = entries.filter(({ name }) => !name.endsWith("/"));
            const names = wheelNames(
                wheel.name,
                files.map(({ name }) => name),
            );
            const metadata = (file: string) =>
                readMetadata(archive, files, `${names.distInfo}/${file}`, signal);
            await metadata("METADATA");
            checkWheelVersion(await metadata("WHEEL"));
            const hashes = await readRecordHashes(await metadata("RECORD"));
            const placed = await placeFiles(archive, files, names, hashes);
            return { wheel, archive, names, files: placed, close: () => archive.close() };
        });
    } catch (error) {
        await archive.close();
        throw error;
    }
}

/** Runs `work`; a {@link ZipDefect} becomes a WHEEL_INVALID that names the wheel. */
export async function namingWheel<T>(wheel: Wheel, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        throw error instanceof ZipDefect ? wheelInvalid(wheel, error) : error;
    }
}

/** The WHEEL_INVALID that names the wheel, what is wrong with it, and what to do. */
export function wheelInvalid(wheel: Wheel, defect: ZipDefect): LayerError {
    return new LayerError("WHEEL_INVALID", {
        what: `The wheel of ${wheel.name} ${wheel.version} can't go into a layer: ${defect.message}.`,
        where: wheel.path,
        next:
            wheel.origin === "built"
                ? `Mend how ${wheel.name} is built: its build backend made this wheel.`
                : wheel.origin === "local"
                  ? `Build it again, or put the right file in its place: it is used from where it lies.`
                  : [
                        "Delete the file, so that it is fetched again; if that does not help, the index has it like this:",
                        `report it to the maintainers of ${wheel.name}, and lock another version meanwhile.`,
                    ],
        cause: defect,
    });
}

function checkEntry(entry: ZipEntry): void {
    checkEntryName(entry.name);
    const folder = entry.name.endsWith("/");
    const type = entry.mode & fileType.mask;
    if (type === fileType.link) throw new ZipDefect(`entry ${quoted(entry.name)} is a symbolic link`);
    if (type !== 0 && type !== (folder ? fileType.folder : fileType.regular)) {
        throw new ZipDefect(`entry ${quoted(entry.name)} is neither a file nor a folder`);
    }
    if (folder && entry.uncompressedSize !== 0) {
        throw new ZipDefect(`entry ${quoted(entry.name)} is a folder with data`);
    }
    if (entry.method !== method.stored && entry.method !== method.deflated) {
        // uv takes these two and zstd; PyPI takes these two.
        throw new ZipDefect(
            `entry ${quoted(entry.name)} is neither stored nor deflated, but of method ${entry.method}`,
        );
    }
    if (entry.method === method.stored && entry.compressedSize !== entry.uncompressedSize) {
        throw new ZipDefect(`entry ${quoted(entry.name)} is stored, and yet has two different sizes`);
    }
}

async function readMetadata(
    archive: RandomAccess,
    entries: readonly ZipEntry[],
    name: string,
    signal: AbortSignal,
): Promise<string> {
    const entry = entries.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new ZipDefect(`it has no ${quoted(name)}`);
    if (entry.uncompressedSize > maximumMetadataSize) {
        throw new ZipDefect(`entry ${quoted(name)} has ${entry.uncompressedSize} bytes`);
    }
    const parts: Buffer[] = [];
    await unpackEntry(archive, entry, (bytes) => parts.push(bytes), signal);
    return Buffer.concat(parts).toString("utf8");
}

/** PEP 427: an installer must stop at a greater major version, since its layout is unknown. */
function checkWheelVersion(metadata: string): void {
    const version = /^Wheel-Version:\s*(\S+)/im.exec(metadata)?.[1];
    if (version === undefined) throw new ZipDefect("its WHEEL file states no Wheel-Version");
    if (version.split(".")[0] !== "1")
        throw new ZipDefect(`it is of Wheel-Version ${quoted(version)}, not 1`);
}

async function placeFiles(
    archive: RandomAccess,
    entries: readonly ZipEntry[],
    names: WheelNames,
    hashes: ReadonlyMap<string, string>,
): Promise<WheelFile[]> {
    const files = new Map<string, WheelFile>();
    const scripts: WheelFile[] = [];
    for (const [index, entry] of entries.entries()) {
        if (index % sliceLength === sliceLength - 1) await yieldToEventLoop();
        const placement = placeEntry(entry.name, names);
        if (placement === undefined) continue;
        const executable = placement.script || (entry.mode & 0o111) !== 0;
        const file = { path: placement.path, entry, executable, hash: hashes.get(entry.name) ?? "" };
        const other = files.get(file.path);
        if (other !== undefined && !haveSameContent(file, other)) {
            throw new ZipDefect(
                `entries ${quoted(other.entry.name)} and ${quoted(entry.name)} are the same file, and differ`,
            );
        }
        if (other !== undefined) continue;
        files.set(file.path, file);
        if (placement.script) scripts.push(file);
    }
    await concurrently(scripts, 4, async ({ path, entry }) => {
        if (isPythonLauncher(await peekEntry(archive, entry))) files.delete(path);
    });
    return [...files.values()];
}

/** Whether two files hold the same bytes, as far as sizes, CRC-32 and the RECORDs' hashes can tell. */
export const haveSameContent = (left: WheelFile, right: WheelFile): boolean =>
    left.entry.uncompressedSize === right.entry.uncompressedSize &&
    left.entry.crc32 === right.entry.crc32 &&
    (left.hash === "" || right.hash === "" || left.hash === right.hash);
