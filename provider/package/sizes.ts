import { normalizeName } from "../manifest/name";
import { unpackEntry } from "./entryData";
import type { PackageSize } from "./model";
import { openRandomAccess, type RandomAccess } from "./randomAccess";
import { inSlices } from "./slices";
import { readCentralDirectory, type ZipEntry } from "./zipReader";

/** What takes the room in a layer's zip. */
export interface LayerSizes {
    /** Largest first. */
    readonly packages: readonly PackageSize[];
    /** What no package's RECORD lists. */
    readonly other: Pick<PackageSize, "compressedSize" | "uncompressedSize" | "files">;
}

/** Bytes; metadata with a long description stays below it. */
const largestMetadata = 4 * 1024 * 1024;

/** Bytes; the RECORD of the largest wheels stays below it. */
const largestRecord = 32 * 1024 * 1024;

/** The folders of a layer that Python looks into. https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html */
const distInfo = /^(python\/(?:lib\/python3\.\d+\/site-packages\/)?)([^/]+\.dist-info)\/METADATA$/;

/**
 * Sizes by package of a layer's zip, whoever made it: each file counts for the distribution whose RECORD (PEP 376) lists
 * it, and byte code, which RECORDs may leave out, for that of its source.
 *
 * Throws ZipDefect for what is no zip, and what `fs` throws.
 */
export async function readPackageSizes(path: string, signal: AbortSignal): Promise<LayerSizes> {
    const file = await openRandomAccess(path);
    try {
        const entries = new Map<string, ZipEntry>();
        await inSlices(await readCentralDirectory(file), (entry) => entries.set(entry.name, entry));
        const ownerOf = new Map<string, Tally>();
        const tallies: Tally[] = [];
        for (const [name, entry] of entries) {
            const [, root, folder] = distInfo.exec(name) ?? [];
            if (root === undefined || folder === undefined) continue;
            const metadata = await readEntryText(file, entry, signal);
            const tally: Tally = {
                name: normalizeName(headerFields(metadata, "Name")[0] ?? folder),
                version: headerFields(metadata, "Version")[0] ?? "",
                ...nothing(),
            };
            tallies.push(tally);
            const record = entries.get(`${root}${folder}/RECORD`);
            const text = record === undefined ? "" : await readEntryText(file, record, signal, largestRecord);
            await inSlices(text.split(/\r?\n/), (line) => {
                const listed = recordedPath(line);
                if (listed !== undefined) ownerOf.set(resolve(root, listed), tally);
            });
            // A RECORD that was left out takes its folder's files with it.
            for (const own of ["METADATA", "RECORD", "WHEEL"]) ownerOf.set(`${root}${folder}/${own}`, tally);
        }
        const other = nothing();
        await inSlices(entries.values(), (entry) => {
            if (entry.name.endsWith("/")) return;
            const tally = ownerOf.get(entry.name) ?? ownerOf.get(sourceOf(entry.name)) ?? other;
            tally.compressedSize += entry.compressedSize;
            tally.uncompressedSize += entry.uncompressedSize;
            tally.files += 1;
        });
        return {
            packages: tallies.sort(
                (left, right) =>
                    right.uncompressedSize - left.uncompressedSize || (left.name < right.name ? -1 : 1),
            ),
            other,
        };
    } finally {
        await file.close();
    }
}

type Tally = { -readonly [Key in keyof PackageSize]: PackageSize[Key] };

const nothing = () => ({ compressedSize: 0, uncompressedSize: 0, files: 0 });

/** The first field of a RECORD's line, which is CSV. */
function recordedPath(line: string): string | undefined {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]+))(?:,|$)/.exec(line);
    return match?.[1]?.replaceAll('""', '"') ?? match?.[2];
}

/** A RECORD's path from the zip's root. Scripts are outside (`../../bin/tool`); with `pip --target` they are in `bin/` anyway. */
function resolve(root: string, listed: string): string {
    return `${root}${listed.replace(/^(?:\.\.\/)+/, "")}`;
}

/** The module that byte code is of: `a/__pycache__/b.cpython-313.pyc` is of `a/b.py` (PEP 3147). */
const sourceOf = (path: string): string =>
    path.replace(/__pycache__\/([^/]+?)\.[^./]+(?:\.opt-\d)?\.pyc$/, "$1.py");

/** The values of a header field of core metadata; the body behind the first empty line is not looked at. */
function headerFields(text: string, name: string): string[] {
    const [head = ""] = text.split(/\r?\n\r?\n/, 1);
    return head
        .split(/\r?\n/)
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        .map((line) => line.slice(name.length + 1).trim());
}

/** The text of an entry; empty where it has more bytes than `largest`. Throws ZipDefect. */
async function readEntryText(
    file: RandomAccess,
    entry: ZipEntry,
    signal: AbortSignal,
    largest = largestMetadata,
): Promise<string> {
    if (entry.uncompressedSize > largest) {
        return "";
    }
    const parts: Buffer[] = [];
    await unpackEntry(file, entry, (bytes) => parts.push(Buffer.from(bytes)), signal);
    return Buffer.concat(parts).toString("utf8");
}
