import { pipeline } from "node:stream/promises";
import { constants, crc32, createInflateRaw, inflateRaw } from "node:zlib";
import type { RandomAccess } from "./randomAccess";
import {
    extraField,
    fixedLength,
    flag,
    method,
    quoted,
    signature,
    ZipDefect,
    zip64Marker,
} from "./zipFormat";
import { decodeName, readExtraFields, type ZipEntry, zip64Values } from "./zipReader";

/** Bytes of compressed data in memory at a time, for each entry that is being read. */
export const pieceSize = 128 * 1024;

/** Entries of at most this many unpacked bytes are inflated in one go: a stream costs more than they do. */
const wholeSize = 128 * 1024;

/**
 * Where an entry's compressed bytes start.
 *
 * Throws {@link ZipDefect} when its local header [APPNOTE 4.3.7] or data descriptor [4.3.9] says anything else than the
 * central directory: a reader that trusts the one would then unpack another file than a reader that trusts the other.
 */
export async function locateData(file: RandomAccess, entry: ZipEntry): Promise<number> {
    const disagrees = (what: string) =>
        new ZipDefect(`entry ${quoted(entry.name)}'s own header disagrees on its ${what}`);
    const header = await file.read(entry.offset, fixedLength.localHeader);
    if (header.readUInt32LE(0) !== signature.localHeader) {
        throw new ZipDefect(`entry ${quoted(entry.name)} is not where the central directory says`);
    }
    const nameLength = header.readUInt16LE(26);
    const extraLength = header.readUInt16LE(28);
    const start = entry.offset + fixedLength.localHeader + nameLength + extraLength;
    const end = start + entry.compressedSize;
    if (end > entry.limit) throw new ZipDefect(`entry ${quoted(entry.name)} overlaps what follows it`);
    const variable = await file.read(entry.offset + fixedLength.localHeader, nameLength + extraLength);
    if (decodeName(variable.subarray(0, nameLength)) !== entry.name) throw disagrees("name");
    if (header.readUInt16LE(8) !== entry.method) throw disagrees("compression method");
    const flags = header.readUInt16LE(6);
    const telling = flag.encrypted | flag.dataDescriptor;
    if ((flags & telling) !== (entry.flags & telling)) throw disagrees("flags");

    const described = (flags & flag.dataDescriptor) !== 0;
    const fits = (value: number, expected: number) => value === expected || (described && value === 0);
    if (!fits(header.readUInt32LE(14), entry.crc32)) throw disagrees("CRC-32");
    const long = zip64Values(
        readExtraFields(variable.subarray(nameLength)).get(extraField.zip64),
        entry.name,
    );
    const size = (value: number) => (described && value === zip64Marker.long ? 0 : long(value));
    if (!fits(size(header.readUInt32LE(22)), entry.uncompressedSize)) throw disagrees("unpacked size");
    if (!fits(size(header.readUInt32LE(18)), entry.compressedSize)) throw disagrees("packed size");
    if (described && !(await hasDescriptor(file, entry, end))) throw disagrees("data descriptor");
    return start;
}

/** Whether a data descriptor that fits the entry follows its data: with or without signature, with short or long sizes. */
async function hasDescriptor(file: RandomAccess, entry: ZipEntry, end: number): Promise<boolean> {
    const bytes = await file.read(end, Math.min(24, entry.limit - end));
    const form = (signed: boolean, long: boolean): Buffer => {
        const sizes = Buffer.alloc(long ? 16 : 8);
        for (const [index, size] of [entry.compressedSize, entry.uncompressedSize].entries()) {
            if (long) sizes.writeBigUInt64LE(BigInt(size), index * 8);
            else sizes.writeUInt32LE(size % 2 ** 32, index * 4);
        }
        const head = Buffer.alloc(signed ? 8 : 4);
        if (signed) head.writeUInt32LE(signature.dataDescriptor, 0);
        head.writeUInt32LE(entry.crc32, head.length - 4);
        return Buffer.concat([head, sizes]);
    };
    return [true, false].some((signed) =>
        [true, false].some((long) => {
            const expected = form(signed, long);
            return bytes.subarray(0, expected.length).equals(expected);
        }),
    );
}

/**
 * Gives an entry's unpacked bytes to `consume`, in order, and proves them: their number and CRC-32 are the entry's, and the
 * compressed data ends where it should. Never unpacks more than the entry promises, so a bomb costs nothing. Flat memory.
 *
 * Throws {@link ZipDefect}; `consume` may have had some bytes by then.
 */
export async function unpackEntry(
    file: RandomAccess,
    entry: ZipEntry,
    consume: (bytes: Buffer) => void,
    signal: AbortSignal,
): Promise<void> {
    const start = await locateData(file, entry);
    const sum = { size: 0, crc32: 0 };
    const take = (bytes: Buffer): void => {
        sum.size += bytes.length;
        if (sum.size > entry.uncompressedSize) throw tooLong(entry);
        sum.crc32 = crc32(bytes, sum.crc32);
        consume(bytes);
    };
    async function* packed() {
        for (let done = 0; done < entry.compressedSize; done += pieceSize) {
            signal.throwIfAborted();
            yield await file.read(start + done, Math.min(pieceSize, entry.compressedSize - done));
        }
    }
    if (entry.method === method.stored) {
        for await (const bytes of packed()) take(bytes);
    } else if (entry.uncompressedSize <= wholeSize && entry.compressedSize <= pieceSize) {
        take(await inflateWhole(entry, await file.read(start, entry.compressedSize)));
    } else {
        const inflater = createInflateRaw({ chunkSize: pieceSize });
        try {
            await pipeline(packed(), inflater, async (source: AsyncIterable<Buffer>) => {
                for await (const bytes of source) take(bytes);
            });
        } catch (error) {
            // The data's own end came before the packed bytes': the pipeline then stops with an AbortError.
            if (inflater.readableEnded) throw hidden(entry);
            throw isZlibError(error) ? damaged(entry, error) : error;
        }
        if (inflater.bytesWritten !== entry.compressedSize) throw hidden(entry);
    }
    if (sum.size !== entry.uncompressedSize) {
        throw new ZipDefect(
            `entry ${quoted(entry.name)} unpacks to ${sum.size} bytes, not ${entry.uncompressedSize}`,
        );
    }
    if (sum.crc32 !== entry.crc32)
        throw new ZipDefect(`entry ${quoted(entry.name)} does not match its CRC-32`);
}

function inflateWhole(entry: ZipEntry, packed: Buffer): Promise<Buffer> {
    // One byte more than promised, so that a longer entry shows itself as too long and not as cut off.
    const room = entry.uncompressedSize + 1;
    const options = { chunkSize: Math.max(room, 64), maxOutputLength: room, info: true };
    return new Promise((resolve, reject) => {
        inflateRaw(packed, options, (error, result) => {
            if (error !== null) {
                reject(
                    "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
                        ? tooLong(entry)
                        : damaged(entry, error),
                );
                return;
            }
            const { bytes, consumed } = withInfo(result);
            if (consumed === entry.compressedSize) resolve(bytes);
            else reject(hidden(entry));
        });
    });
}

/** With `info`, zlib gives its stream beside the bytes, in a shape that the typings do not know. */
function withInfo(result: object): { readonly bytes: Buffer; readonly consumed: number } {
    if ("buffer" in result && "engine" in result) {
        const { buffer, engine } = result;
        if (
            Buffer.isBuffer(buffer) &&
            typeof engine === "object" &&
            engine !== null &&
            "bytesWritten" in engine
        ) {
            return { bytes: buffer, consumed: Number(engine.bytesWritten) };
        }
    }
    throw new Error("zlib gave no information on its stream");
}

/** The first bytes of an entry, at most some hundred thousand, without reading all of it and without any proof. */
export async function peekEntry(file: RandomAccess, entry: ZipEntry): Promise<Buffer> {
    const start = await locateData(file, entry);
    const packed = await file.read(start, Math.min(entry.compressedSize, 512));
    if (entry.method === method.stored) return packed;
    return new Promise((resolve, reject) => {
        // Z_SYNC_FLUSH makes zlib give what it has of a cut-off stream.
        inflateRaw(packed, { finishFlush: constants.Z_SYNC_FLUSH }, (error, bytes) => {
            if (error === null) resolve(bytes);
            else reject(damaged(entry, error));
        });
    });
}

const tooLong = (entry: ZipEntry) =>
    new ZipDefect(
        `entry ${quoted(entry.name)} unpacks to more than the ${entry.uncompressedSize} bytes it promises`,
    );

const hidden = (entry: ZipEntry) =>
    new ZipDefect(`entry ${quoted(entry.name)} has bytes behind its compressed data`);

const damaged = (entry: ZipEntry, error: Error) =>
    new ZipDefect(`entry ${quoted(entry.name)} does not unpack (${error.message})`);

function isZlibError(error: unknown): error is Error {
    return error instanceof Error && "code" in error && /^Z_|^ERR_ZLIB/.test(String(error.code));
}
