import type { FileHandle } from "node:fs/promises";
import { openRegularFile } from "../disk";
import { ZipDefect } from "./zipFormat";

/** Bytes read at once, so that neighbouring entries are served from memory: few after a jump, many when reading on. */
const windowSize = { jump: 16 * 1024, onward: 256 * 1024 } as const;

/** A file on disk that is read at any position, through a window so that small neighbouring reads cost nothing. */
export interface RandomAccess {
    /** Bytes. */
    readonly size: number;
    /**
     * Exactly `length` bytes from `position`. The buffer is the caller's to read for as long as it likes, not to change.
     * Throws {@link ZipDefect} where the file has no such bytes. Ask for 256 KiB at most when memory should stay flat.
     */
    read(position: number, length: number): Promise<Buffer>;
    close(): Promise<void>;
}

/** Opens a regular file for reading. Throws what `fs.open` throws, also for what is no regular file. */
export async function openRandomAccess(path: string): Promise<RandomAccess> {
    const file = await openRegularFile(path);
    try {
        const { size } = await file.stat();
        return windowed(file, size);
    } catch (error) {
        await file.close();
        throw error;
    }
}

function windowed(file: FileHandle, size: number): RandomAccess {
    let window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
    let loading: Promise<void> | undefined;

    const inWindow = (position: number, length: number): Buffer | undefined => {
        const from = position - window.start;
        return from >= 0 && from + length <= window.bytes.length
            ? window.bytes.subarray(from, from + length)
            : undefined;
    };

    return {
        size,
        async read(position, length) {
            if (position < 0 || length < 0 || position + length > size) {
                throw new ZipDefect(`it ends at byte ${size}, where ${position + length} are promised`);
            }
            for (;;) {
                const bytes = inWindow(position, length);
                if (bytes !== undefined) return bytes;
                if (length > windowSize.onward) return readFully(file, position, length);
                if (loading === undefined) break;
                // One load at a time: concurrent readers of neighbouring entries then share it.
                await loading;
            }
            const end = window.start + window.bytes.length;
            const isOnward = position >= window.start && position <= end;
            const wanted = Math.max(length, isOnward ? windowSize.onward : windowSize.jump);
            const load = readFully(file, position, Math.min(wanted, size - position));
            loading = load.then(
                () => undefined,
                () => undefined,
            );
            try {
                window = { start: position, bytes: await load };
            } finally {
                loading = undefined;
            }
            return window.bytes.subarray(0, length);
        },
        close: () => file.close(),
    };
}

async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done);
        if (bytesRead === 0)
            throw new ZipDefect(`it became shorter while it was read, at byte ${position + done}`);
        done += bytesRead;
    }
    return bytes;
}
