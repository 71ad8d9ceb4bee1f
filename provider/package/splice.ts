import { open, readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { CompiledFile } from "./bytecode";
import { locateData, pieceSize } from "./entryData";
import type { MergedFile } from "./mergeFiles";
import { namingWheel, type OpenWheel } from "./openWheel";
import { writeRecord } from "./record";
import { byteOrder, sortedInSlices } from "./slices";
import { method } from "./zipFormat";
import { createZipWriter, type ZipWriter } from "./zipWriter";

/** The folder of a layer that Lambda puts on Python's path. https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html */
export const layerFolder = "python/";

/** A file of the layer whose bytes are made here; stored, so that they depend on no compressor. */
export interface GeneratedFile {
    /** Below {@link layerFolder}. */
    readonly path: string;
    readonly content: Buffer;
}

/** Where a wheel's RECORD is, below {@link layerFolder}. */
export const recordPath = ({ names }: OpenWheel): string => `${names.distInfo}/RECORD`;

/** The RECORD of one wheel's files as they are in the layer; byte code is not listed, as PEP 376 leaves open. */
export async function generateRecord(wheel: OpenWheel): Promise<GeneratedFile> {
    const path = recordPath(wheel);
    const { files } = wheel;
    const lines = files.map((file) => ({
        path: file.path,
        hash: file.hash,
        size: file.entry.uncompressedSize,
    }));
    return { path, content: await writeRecord(lines, path) };
}

/**
 * Writes the layer to `path`, which must not exist: the wheels' entries with their compressed bytes as they are, and the
 * generated files, in the order of their names' bytes. Memory is flat.
 *
 * Throws WHEEL_INVALID when an entry is not as its directory says, the signal's reason when aborted, and what `fs` throws;
 * the file is then incomplete and the caller's to remove.
 */
export async function splice(
    path: string,
    merged: readonly MergedFile[],
    generated: readonly (GeneratedFile | CompiledFile)[],
    signal: AbortSignal,
): Promise<{ readonly size: number; readonly sha256: Buffer }> {
    const all = [...merged, ...generated];
    const sorted = await sortedInSlices(all, (file) => byteOrder(file.path));
    const output = await open(path, "wx");
    try {
        const writer = createZipWriter(output);
        for (const file of sorted) {
            signal.throwIfAborted();
            if ("content" in file) await writeGenerated(writer, file);
            else if ("deflatedPath" in file) await writeCompiled(writer, file);
            else await namingWheel(file.source.wheel, () => copyEntry(writer, file));
        }
        return await writer.end();
    } finally {
        await output.close();
    }
}

async function writeGenerated(writer: ZipWriter, { path, content }: GeneratedFile): Promise<void> {
    await writer.startEntry({
        path: layerFolder + path,
        method: method.stored,
        crc32: crc32(content),
        compressedSize: content.length,
        uncompressedSize: content.length,
        executable: false,
    });
    await writer.write(content);
}

async function writeCompiled(writer: ZipWriter, file: CompiledFile): Promise<void> {
    await writer.startEntry({
        path: layerFolder + file.path,
        method: method.deflated,
        crc32: file.crc32,
        compressedSize: file.compressedSize,
        uncompressedSize: file.uncompressedSize,
        executable: false,
    });
    await writer.write(await readFile(file.deflatedPath));
}

async function copyEntry(writer: ZipWriter, { path, source, file, executable }: MergedFile): Promise<void> {
    const { entry } = file;
    const start = await locateData(source.archive, entry);
    await writer.startEntry({
        path: layerFolder + path,
        method: entry.method,
        crc32: entry.crc32,
        compressedSize: entry.compressedSize,
        uncompressedSize: entry.uncompressedSize,
        executable,
    });
    for (let done = 0; done < entry.compressedSize; done += pieceSize) {
        const length = Math.min(pieceSize, entry.compressedSize - done);
        await writer.write(await source.archive.read(start + done, length));
    }
}
