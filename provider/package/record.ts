import { byteOrder, inSlices, sortedInSlices } from "./slices";

/** One file of a RECORD (PEP 376, PEP 427). */
export interface RecordLine {
    /** Relative to the folder on Python's path, with forward slashes. */
    readonly path: string;
    /** `sha256=<urlsafe base64 without padding>`; empty where the wheel's RECORD has none. */
    readonly hash: string;
    /** Bytes. */
    readonly size: number;
}

/**
 * Hashes by path, from a wheel's RECORD. Lines without a hash, and lines that are not three fields, are skipped: the hash
 * is taken over, and what a file holds is proved by the zip itself.
 */
export async function readRecordHashes(text: string): Promise<Map<string, string>> {
    const hashes = new Map<string, string>();
    await inSlices(text.split(/\r?\n/), (line) => {
        const match = /^(?:"((?:[^"]|"")*)"|([^",]*)),([^",]*),[^",]*$/.exec(line);
        const path = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
        if (path !== undefined && match?.[3]) hashes.set(path, match[3]);
    });
    return hashes;
}

/**
 * A RECORD that depends on nothing but the files: sorted by the bytes of the paths, `\n` at each line's end, itself listed
 * without hash and size as PEP 376 wants.
 */
export async function writeRecord(lines: readonly RecordLine[], ownPath: string): Promise<Buffer> {
    const all = [...lines, { path: ownPath, hash: "", size: undefined }];
    const parts: string[] = [];
    await inSlices(await sortedInSlices(all, ({ path }) => byteOrder(path)), ({ path, hash, size }) => {
        parts.push(`${csvField(path)},${csvField(hash)},${size ?? ""}\n`);
    });
    return Buffer.from(parts.join(""), "utf8");
}

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
