import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { openRegularFile } from "../disk";
import { LayerError } from "../errors";

/**
 * Algorithms of hashes that are checked. Those before `sha256` are weak: they tell a damaged file, not one that was made to fit. Manifests
 * have them where an index or an address gives no other, and their own tools check them then; see `requirementsOptions.ts` for where they don't.
 */
export const checkedAlgorithms = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] as const;
type Algorithm = (typeof checkedAlgorithms)[number];

/** Digests of some bytes, in lower-case hex; sha256 is always among them. */
export type Digests = ReadonlyMap<Algorithm, string>;

/** Collects digests of a stream's chunks: sha256, and whatever else `accepted` asks for. */
export function digester(accepted: readonly string[]): {
    readonly update: (chunk: Uint8Array) => void;
    readonly digests: () => Digests;
} {
    const wanted = checkedAlgorithms.filter(
        (name) => name === "sha256" || accepted.some((hash) => hash.startsWith(`${name}:`)),
    );
    const hashes = new Map<Algorithm, Hash>(wanted.map((name) => [name, createHash(name)]));
    return {
        update: (chunk) => {
            for (const hash of hashes.values()) hash.update(chunk);
        },
        digests: () => new Map([...hashes].map(([name, hash]) => [name, hash.digest("hex")])),
    };
}

/** Digests of a file, as {@link hashFile} tells them. */
export interface HashedFile {
    readonly digests: Digests;
    /** Hex. */
    readonly sha256: string;
    /** Bytes. */
    readonly size: number;
}

/**
 * Digests of a regular file and its size in bytes.
 *
 * Throws what `fs` throws, also for what is no regular file: a FIFO would be waited for without end.
 */
export async function hashFile(
    path: string,
    accepted: readonly string[],
    signal: AbortSignal,
): Promise<HashedFile> {
    const file = await openRegularFile(path);
    try {
        return await hashOpenFile(file, accepted, signal);
    } finally {
        await file.close();
    }
}

/** The same for a file that is open, read from its start in pieces that hold the event loop for about a millisecond each. */
export async function hashOpenFile(
    file: FileHandle,
    accepted: readonly string[],
    signal: AbortSignal,
): Promise<HashedFile> {
    const hash = digester(accepted);
    let size = 0;
    const stream = file.createReadStream({ start: 0, highWaterMark: 512 * 1024, autoClose: false, signal });
    for await (const chunk of stream) {
        if (!(chunk instanceof Uint8Array)) continue;
        hash.update(chunk);
        size += chunk.length;
    }
    const digests = hash.digests();
    return { digests, sha256: digests.get("sha256") ?? "", size };
}

/**
 * Whether bytes with these digests are among the accepted ones (`algorithm:hex`). Without accepted hashes everything is; when
 * none of them is of an algorithm that we check, nothing is.
 */
export function isAccepted(digests: Digests, accepted: readonly string[]): boolean {
    return (
        accepted.length === 0 ||
        [...digests].some(([algorithm, digest]) =>
            accepted.some((hash) => hash.toLowerCase() === `${algorithm}:${digest}`),
        )
    );
}

/** The failure of a file whose bytes are not the ones that the manifest expects. `where` holds no credentials. */
export function hashMismatch(
    filename: string,
    where: string,
    accepted: readonly string[],
    digests: Digests,
): LayerError {
    const shown = accepted.slice(0, 3).map((hash) => `expected ${hash}`);
    return new LayerError("HASH_MISMATCH", {
        what: `${filename} is not the file that the manifest was made for: its hash differs.`,
        where,
        detail: [
            ...shown,
            ...(accepted.length > shown.length ? [`… or ${accepted.length - shown.length} more`] : []),
            ...[...digests].map(([algorithm, digest]) => `received ${algorithm}:${digest}`),
        ],
        next: [
            "If the file was replaced on purpose, lock again; otherwise find out who changed it before you use it.",
            "A proxy or mirror that answers with a page of its own looks like this too.",
        ],
    });
}
