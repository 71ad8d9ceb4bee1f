import { normalizeName } from "../manifest/name";
import { unpackEntry } from "./entryData";
import { openRandomAccess, type RandomAccess } from "./randomAccess";
import { readCentralDirectory, type ZipEntry } from "./zipReader";

/** An installed distribution, as its `.dist-info` folder tells (core metadata, and the WHEEL file of PEP 427). */
export interface InstalledDistribution {
    /** Normalised (PEP 503). */
    readonly name: string;
    readonly version: string;
    /** `cp313-cp313-manylinux_2_28_aarch64`; empty where there is no WHEEL file. */
    readonly tags: readonly string[];
    /** `3.13`, where it lies below `python/lib/python3.13/`, which no other Python looks into; absent below `python/`. */
    readonly python: string | undefined;
}

/** Bytes; metadata with a long description stays below it. */
const largestMetadata = 4 * 1024 * 1024;

/**
 * The distributions that are installed in a layer's zip: below `python/`, or below its `lib/python3.x/site-packages/`.
 * Sorted by name.
 *
 * @throws ZipDefect, and what `fs` throws
 */
export async function readDistributions(path: string, signal: AbortSignal): Promise<InstalledDistribution[]> {
    const file = await openRandomAccess(path);
    try {
        const entries = new Map((await readCentralDirectory(file)).map((entry) => [entry.name, entry]));
        const found: InstalledDistribution[] = [];
        for (const [name, entry] of entries) {
            const [, folder, python] =
                /^(python\/(?:lib\/python(3\.\d+)\/site-packages\/)?[^/]+\.dist-info\/)METADATA$/.exec(
                    name,
                ) ?? [];
            if (folder === undefined) {
                continue;
            }
            const metadata = await readEntryText(file, entry, signal);
            const wheel = entries.get(`${folder}WHEEL`);
            const tags =
                wheel === undefined ? [] : headerFields(await readEntryText(file, wheel, signal), "Tag");
            found.push({
                name: normalizeName(headerFields(metadata, "Name")[0] ?? ""),
                version: headerFields(metadata, "Version")[0] ?? "",
                tags,
                python,
            });
        }
        return found.sort((left, right) => (left.name < right.name ? -1 : 1));
    } finally {
        await file.close();
    }
}

/** The values of a header field of core metadata; the body behind the first empty line is not looked at. */
export function headerFields(text: string, name: string): string[] {
    const [head = ""] = text.split(/\r?\n\r?\n/, 1);
    return head
        .split(/\r?\n/)
        .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        .map((line) => line.slice(name.length + 1).trim());
}

/** The text of an entry; empty where it has more bytes than `largest`. Throws ZipDefect. */
export async function readEntryText(
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
