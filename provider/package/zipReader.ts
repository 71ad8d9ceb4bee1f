import { isUtf8 } from "node:buffer";
import type { RandomAccess } from "./randomAccess";
import { inSlices, sliceLength, sortedInSlices, yieldToEventLoop } from "./slices";
import {
    extraField,
    fileType,
    fixedLength,
    flag,
    osX,
    quoted,
    signature,
    unix,
    ZipDefect,
    zip64Marker,
} from "./zipFormat";

/** The most bytes a central directory may have: over half a million entries, and still little memory. */
const maximumDirectorySize = 64 * 1024 * 1024;

/** One entry, as the central directory describes it [APPNOTE 4.3.12]. Sizes and offsets in bytes. */
export interface ZipEntry {
    /** As stored, with forward slashes; a folder's ends with one. */
    readonly name: string;
    /** General purpose flag. */
    readonly flags: number;
    /** Compression method [4.4.5]. */
    readonly method: number;
    /** Of the unpacked bytes. */
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    /** Unix mode with its type bits; 0 where the zip was made on a system without. */
    readonly mode: number;
    /** Where the local header starts. */
    readonly offset: number;
    /** Where the next entry, or the central directory, starts: the entry's data must end before. */
    readonly limit: number;
}

/**
 * The entries of a zip's central directory, in the order of their data. Only the directory and the end records are read.
 *
 * Throws {@link ZipDefect} for what is no zip, and for a zip that two readers could understand differently: bytes before or
 * after it, several disks, disagreeing zip64 records, overlapping entries, a name that is not UTF-8 (PEP 427 wants UTF-8).
 */
export async function readCentralDirectory(file: RandomAccess): Promise<ZipEntry[]> {
    const { offset, size, count } = await findCentralDirectory(file);
    if (size > maximumDirectorySize) throw new ZipDefect(`its central directory has ${size} bytes`);
    const directory = await readInParts(file, offset, size);
    const entries: ZipEntry[] = [];
    let position = 0;
    for (let index = 0; index < count; index += 1) {
        const { entry, length } = readCentralHeader(directory, position);
        entries.push(entry);
        position += length;
        if (index % sliceLength === sliceLength - 1) await yieldToEventLoop();
    }
    if (position !== size)
        throw new ZipDefect("its central directory has another size than the end record says");
    return withLimits(entries, offset);
}

async function readInParts(file: RandomAccess, offset: number, size: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    const partSize = 1024 * 1024;
    for (let done = 0; done < size; done += partSize) {
        parts.push(await file.read(offset + done, Math.min(partSize, size - done)));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

interface DirectoryPlace {
    readonly offset: number;
    readonly size: number;
    readonly count: number;
}

/** Reads the end of central directory record [4.3.16] and its zip64 form [4.3.14, 4.3.15]. */
async function findCentralDirectory(file: RandomAccess): Promise<DirectoryPlace> {
    const tailSize = Math.min(file.size, fixedLength.end + 0xffff);
    const tail = await file.read(file.size - tailSize, tailSize);
    let at = tailSize - fixedLength.end;
    while (
        at >= 0 &&
        !(
            tail.readUInt32LE(at) === signature.end &&
            at + fixedLength.end + tail.readUInt16LE(at + 20) === tailSize
        )
    ) {
        at -= 1;
    }
    if (at < 0) throw new ZipDefect("it is not a zip: it has no end of central directory record");
    const endOffset = file.size - tailSize + at;
    const record = {
        disks: tail.readUInt16LE(at + 4) + tail.readUInt16LE(at + 6),
        countHere: tail.readUInt16LE(at + 8),
        count: tail.readUInt16LE(at + 10),
        size: tail.readUInt32LE(at + 12),
        offset: tail.readUInt32LE(at + 16),
    };
    if (record.disks !== 0 || record.countHere !== record.count)
        throw new ZipDefect("it spans several disks");
    const zip64 = await readZip64End(file, endOffset);
    const place = zip64 ?? record;
    if (zip64 !== undefined) {
        const agrees = (short: number, marker: number, long: number) => short === marker || short === long;
        if (
            !agrees(record.count, zip64Marker.short, zip64.count) ||
            !agrees(record.size, zip64Marker.long, zip64.size) ||
            !agrees(record.offset, zip64Marker.long, zip64.offset)
        ) {
            throw new ZipDefect("its two end records disagree");
        }
    }
    if (place.offset + place.size !== (zip64?.recordOffset ?? endOffset)) {
        throw new ZipDefect("there are bytes before the zip, or between its directory and its end record");
    }
    if (place.count * fixedLength.centralHeader > place.size) {
        throw new ZipDefect(`its end record promises ${place.count} entries, more than there is room for`);
    }
    return place;
}

async function readZip64End(
    file: RandomAccess,
    endOffset: number,
): Promise<(DirectoryPlace & { readonly recordOffset: number }) | undefined> {
    const locatorOffset = endOffset - fixedLength.zip64Locator;
    if (locatorOffset < 0) return undefined;
    const locator = await file.read(locatorOffset, fixedLength.zip64Locator);
    if (locator.readUInt32LE(0) !== signature.zip64Locator) return undefined;
    const recordOffset = safeInteger(locator, 8);
    if (recordOffset + fixedLength.zip64End > locatorOffset)
        throw new ZipDefect("its zip64 record is misplaced");
    const record = await file.read(recordOffset, fixedLength.zip64End);
    // The record's own length excludes its first 12 bytes; longer ones hold an "extensible data sector" [4.3.14.2].
    if (
        record.readUInt32LE(0) !== signature.zip64End ||
        recordOffset + 12 + safeInteger(record, 4) !== locatorOffset
    ) {
        throw new ZipDefect("its zip64 record is damaged");
    }
    if (record.readUInt32LE(16) + record.readUInt32LE(20) !== 0)
        throw new ZipDefect("it spans several disks");
    return {
        count: safeInteger(record, 32),
        size: safeInteger(record, 40),
        offset: safeInteger(record, 48),
        recordOffset,
    };
}

function readCentralHeader(
    directory: Buffer,
    at: number,
): { entry: Omit<ZipEntry, "limit"> & { limit: number }; length: number } {
    if (
        at + fixedLength.centralHeader > directory.length ||
        directory.readUInt32LE(at) !== signature.centralHeader
    ) {
        throw new ZipDefect("its central directory is damaged");
    }
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const extraStart = at + fixedLength.centralHeader + nameLength;
    const length = fixedLength.centralHeader + nameLength + extraLength + directory.readUInt16LE(at + 32);
    if (at + length > directory.length) throw new ZipDefect("its central directory is damaged");
    const nameBytes = directory.subarray(extraStart - nameLength, extraStart);
    const name = decodeName(nameBytes);
    const extra = readExtraFields(directory.subarray(extraStart, extraStart + extraLength));

    const unicodePath = extra.get(extraField.unicodePath);
    if (unicodePath !== undefined && !unicodePath.subarray(5).equals(nameBytes)) {
        throw new ZipDefect(`entry ${quoted(name)} has a second name`);
    }
    const long = zip64Values(extra.get(extraField.zip64), name);
    const system = directory.readUInt16LE(at + 4) >>> 8;
    const uncompressedSize = long(directory.readUInt32LE(at + 24));
    const compressedSize = long(directory.readUInt32LE(at + 20));
    const offset = long(directory.readUInt32LE(at + 42));
    if (directory.readUInt16LE(at + 34) !== 0) throw new ZipDefect("it spans several disks");
    const flags = directory.readUInt16LE(at + 8);
    if ((flags & (flag.encrypted | flag.stronglyEncrypted | flag.maskedHeaders)) !== 0) {
        throw new ZipDefect(`entry ${quoted(name)} is encrypted`);
    }
    if ((flags & flag.patched) !== 0) throw new ZipDefect(`entry ${quoted(name)} is patch data, no file`);
    const mode = directory.readUInt32LE(at + 38) >>> 16;
    const hasMode = system === unix || system === osX || (mode & fileType.mask) === fileType.link;
    return {
        entry: {
            name,
            flags,
            method: directory.readUInt16LE(at + 10),
            crc32: directory.readUInt32LE(at + 16),
            compressedSize,
            uncompressedSize,
            mode: hasMode ? mode : 0,
            offset,
            limit: 0,
        },
        length,
    };
}

/** A name's text. Whether or not bit 11 is set: PEP 427 has names in UTF-8, and any other reading would be a guess. */
export function decodeName(bytes: Buffer): string {
    if (!isUtf8(bytes))
        throw new ZipDefect(`the name of entry ${quoted(bytes.toString("latin1"))} is not UTF-8`);
    return bytes.toString("utf8");
}

/** The extra fields by identifier [4.5.1]; a tail too short to be one is padding that some tools leave. */
export function readExtraFields(bytes: Buffer): Map<number, Buffer> {
    const fields = new Map<number, Buffer>();
    for (let at = 0; at + 4 <= bytes.length; ) {
        const end = at + 4 + bytes.readUInt16LE(at + 2);
        if (end > bytes.length) break;
        fields.set(bytes.readUInt16LE(at), bytes.subarray(at + 4, end));
        at = end;
    }
    return fields;
}

/**
 * A function that replaces a field's marker by the next value of the zip64 extra field [4.5.3]; call it for the fields in
 * the order of that field: uncompressed size, compressed size, offset.
 */
export function zip64Values(extra: Buffer | undefined, name: string): (value: number) => number {
    let at = 0;
    return (value) => {
        if (value !== zip64Marker.long) return value;
        if (extra === undefined || at + 8 > extra.length) {
            throw new ZipDefect(`entry ${quoted(name)} lacks its zip64 sizes`);
        }
        at += 8;
        return safeInteger(extra, at - 8);
    };
}

function safeInteger(bytes: Buffer, at: number): number {
    const value = Number(bytes.readBigUInt64LE(at));
    if (!Number.isSafeInteger(value)) throw new ZipDefect(`it holds the impossible size or offset ${value}`);
    return value;
}

/** Entries in the order of their data, each with where it must end. Throws {@link ZipDefect} when two overlap. */
async function withLimits(entries: readonly ZipEntry[], directoryOffset: number): Promise<ZipEntry[]> {
    const ordered = await sortedInSlices(entries, ({ offset }) => String(offset).padStart(16, "0"));
    const result: ZipEntry[] = [];
    await inSlices(ordered.keys(), (index) => {
        const entry = ordered[index];
        if (entry === undefined) return;
        const limit = ordered[index + 1]?.offset ?? directoryOffset;
        const name = Buffer.byteLength(entry.name);
        if (entry.offset + fixedLength.localHeader + name + entry.compressedSize > limit) {
            throw new ZipDefect(`entry ${quoted(entry.name)} overlaps what follows it`);
        }
        result.push({ ...entry, limit });
    });
    return result;
}
