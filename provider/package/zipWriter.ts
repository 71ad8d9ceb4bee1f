import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { byteOrder } from "./slices";
import { fileType, fixedLength, flag, signature, unix, zip64Marker } from "./zipFormat";

/** Bytes gathered before they are hashed and written; two such buffers are all that the writer holds of the data. */
const blockSize = 1024 * 1024;

/** 1980-01-01, the first day a zip can name [APPNOTE 4.4.6]: year since 1980 in 7 bits, month in 4, day in 5. */
const firstDay = (0 << 9) | (1 << 5) | 1;

/** Version needed to unpack: 2.0 for folders and deflate, 4.5 for zip64 [4.4.3.2]. */
const version = { deflate: 20, zip64: 45 } as const;

/** What the writer has to know of an entry before its data. Sizes in bytes. */
export interface NewEntry {
    /** Forward slashes, no leading one. */
    readonly path: string;
    /** As in {@link ZipEntry}: the data that follows is taken as it is. */
    readonly method: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    /** Mode 0755 instead of 0644. */
    readonly executable: boolean;
}

/** Writes one zip from front to back. Calls may not overlap. */
export interface ZipWriter {
    /** Starts the next entry; paths must come in the order of their UTF-8 bytes, each once. */
    startEntry(entry: NewEntry): Promise<void>;
    /** Appends to the entry's compressed data. `bytes` may be reused once the promise is resolved. */
    write(bytes: Uint8Array): Promise<void>;
    /** Writes the central directory. The file stays open. */
    end(): Promise<{ readonly size: number; readonly sha256: Buffer }>;
}

/**
 * A writer whose output depends on nothing but the entries and their data: date 1980-01-01, made by "unix", modes 0644 and
 * 0755, no folder entries, no extra fields, no comments. Writes to `file`, which must be empty, and hashes what it writes.
 *
 * More than 65,535 entries get the zip64 end records. Data beyond 4 GiB is refused: it is sixteen times Lambda's limit.
 */
export function createZipWriter(file: FileHandle): ZipWriter {
    const hash = createHash("sha256");
    const directory: Buffer[] = [];
    let directorySize = 0;
    let block = Buffer.allocUnsafeSlow(blockSize);
    let spare = Buffer.allocUnsafeSlow(blockSize);
    let used = 0;
    let flushed = 0;
    let pending: Promise<void> = Promise.resolve();
    let previous = "";
    let open: { readonly path: string; rest: number } | undefined;

    const flush = async (): Promise<void> => {
        await pending;
        const full = block.subarray(0, used);
        pending = writeFully(file, full, flushed);
        // Awaited by the next flush; until then a failure must not count as unhandled.
        pending.catch(() => undefined);
        hash.update(full);
        flushed += used;
        used = 0;
        [block, spare] = [spare, block];
    };
    const append = async (bytes: Uint8Array): Promise<void> => {
        for (let done = 0; done < bytes.length; ) {
            const length = Math.min(bytes.length - done, blockSize - used);
            block.set(bytes.subarray(done, done + length), used);
            used += length;
            done += length;
            if (used === blockSize) await flush();
        }
    };
    const closeEntry = (): void => {
        if (open !== undefined && open.rest !== 0)
            throw new Error(`${open.path}: ${open.rest} bytes are missing`);
        open = undefined;
    };

    return {
        async startEntry(entry) {
            closeEntry();
            const order = byteOrder(entry.path);
            if (order <= previous) throw new Error(`${entry.path}: not after the entry before it`);
            previous = order;
            const offset = flushed + used;
            if (Math.max(offset, entry.compressedSize, entry.uncompressedSize) >= zip64Marker.long) {
                throw new Error(`${entry.path}: over 4 GiB`);
            }
            const record = centralHeader(entry, offset);
            directory.push(record);
            directorySize += record.length;
            open = { path: entry.path, rest: entry.compressedSize };
            await append(localHeader(entry));
        },
        async write(bytes) {
            if (open === undefined || bytes.length > open.rest)
                throw new Error("more data than the entry has");
            open.rest -= bytes.length;
            await append(bytes);
        },
        async end() {
            closeEntry();
            const offset = flushed + used;
            for (const record of directory) await append(record);
            await append(endRecords({ count: directory.length, size: directorySize, offset }));
            await flush();
            await pending;
            return { size: flushed, sha256: hash.digest() };
        },
    };
}

async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
    }
}

/** The fields that both headers have in common, from "version needed" to the extra field's length [4.3.7]. */
function writeSharedFields(header: Buffer, at: number, entry: NewEntry, name: Buffer): void {
    header.writeUInt16LE(version.deflate, at);
    header.writeUInt16LE(name.length === entry.path.length ? 0 : flag.utf8, at + 2);
    header.writeUInt16LE(entry.method, at + 4);
    header.writeUInt16LE(firstDay, at + 8);
    header.writeUInt32LE(entry.crc32, at + 10);
    header.writeUInt32LE(entry.compressedSize, at + 14);
    header.writeUInt32LE(entry.uncompressedSize, at + 18);
    header.writeUInt16LE(name.length, at + 22);
}

function localHeader(entry: NewEntry): Buffer {
    const name = Buffer.from(entry.path, "utf8");
    const header = Buffer.alloc(fixedLength.localHeader + name.length);
    header.writeUInt32LE(signature.localHeader, 0);
    writeSharedFields(header, 4, entry, name);
    name.copy(header, fixedLength.localHeader);
    return header;
}

function centralHeader(entry: NewEntry, offset: number): Buffer {
    const name = Buffer.from(entry.path, "utf8");
    const header = Buffer.alloc(fixedLength.centralHeader + name.length);
    header.writeUInt32LE(signature.centralHeader, 0);
    header.writeUInt16LE((unix << 8) | version.deflate, 4);
    writeSharedFields(header, 6, entry, name);
    const mode = fileType.regular | (entry.executable ? 0o755 : 0o644);
    header.writeUInt32LE((mode << 16) >>> 0, 38);
    header.writeUInt32LE(offset, 42);
    name.copy(header, fixedLength.centralHeader);
    return header;
}

/** The end of central directory record [4.3.16], after its zip64 form [4.3.14, 4.3.15] where it can't hold a value. */
function endRecords(place: {
    readonly count: number;
    readonly size: number;
    readonly offset: number;
}): Buffer {
    const end = Buffer.alloc(fixedLength.end);
    end.writeUInt32LE(signature.end, 0);
    end.writeUInt16LE(Math.min(place.count, zip64Marker.short), 8);
    end.writeUInt16LE(Math.min(place.count, zip64Marker.short), 10);
    end.writeUInt32LE(Math.min(place.size, zip64Marker.long), 12);
    end.writeUInt32LE(Math.min(place.offset, zip64Marker.long), 16);
    if (place.count < zip64Marker.short && Math.max(place.size, place.offset) < zip64Marker.long) return end;

    const record = Buffer.alloc(fixedLength.zip64End);
    record.writeUInt32LE(signature.zip64End, 0);
    record.writeBigUInt64LE(BigInt(fixedLength.zip64End - 12), 4);
    record.writeUInt16LE((unix << 8) | version.zip64, 12);
    record.writeUInt16LE(version.zip64, 14);
    record.writeBigUInt64LE(BigInt(place.count), 24);
    record.writeBigUInt64LE(BigInt(place.count), 32);
    record.writeBigUInt64LE(BigInt(place.size), 40);
    record.writeBigUInt64LE(BigInt(place.offset), 48);
    const locator = Buffer.alloc(fixedLength.zip64Locator);
    locator.writeUInt32LE(signature.zip64Locator, 0);
    locator.writeBigUInt64LE(BigInt(place.offset + place.size), 8);
    locator.writeUInt32LE(1, 16);
    return Buffer.concat([record, locator, end]);
}
