import { createHash } from "node:crypto";
import { openRandomAccess, type RandomAccess } from "./randomAccess";
import { inSlices } from "./slices";
import { ZipDefect } from "./zipFormat";
import { readCentralDirectory } from "./zipReader";

/** Facts of a zip file that somebody else made. */
export interface ArchiveFacts {
    /** Bytes. */
    readonly size: number;
    /** Of the file, base64, as Lambda's `CodeSha256`. */
    readonly codeSha256: string;
    /** What its directory says; absent when it is no zip that can be read. */
    readonly contents?: {
        /** Bytes once unpacked, as the directory promises them. */
        readonly uncompressedSize: number;
        /** Folders not counted. */
        readonly files: number;
    };
    /** Why it is no zip that can be read, as a clause: "it is not a zip: …". Absent when it is one. */
    readonly defect?: string;
}

/**
 * Reads an archive's facts: once through for the hash, and its central directory. Nothing is unpacked.
 *
 * Throws what `fs` throws (ENOENT, EACCES, EISDIR), and the signal's reason when aborted.
 */
export async function readArchive(path: string, signal?: AbortSignal): Promise<ArchiveFacts> {
    const file = await openRandomAccess(path);
    try {
        const facts = { size: file.size, codeSha256: await hashOf(file, signal) };
        try {
            return { ...facts, contents: await contentsOf(file) };
        } catch (error) {
            if (error instanceof ZipDefect) return { ...facts, defect: error.message };
            throw error;
        }
    } finally {
        await file.close();
    }
}

async function hashOf(file: RandomAccess, signal: AbortSignal | undefined): Promise<string> {
    const hash = createHash("sha256");
    const pieceSize = 1024 * 1024;
    for (let done = 0; done < file.size; done += pieceSize) {
        signal?.throwIfAborted();
        hash.update(await file.read(done, Math.min(pieceSize, file.size - done)));
    }
    return hash.digest("base64");
}

async function contentsOf(file: RandomAccess): Promise<NonNullable<ArchiveFacts["contents"]>> {
    let [files, uncompressedSize] = [0, 0];
    await inSlices(await readCentralDirectory(file), (entry) => {
        uncompressedSize += entry.uncompressedSize;
        files += entry.name.endsWith("/") ? 0 : 1;
    });
    return { uncompressedSize, files };
}
