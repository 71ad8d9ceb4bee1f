import { stat } from "node:fs/promises";

/** Milliseconds for which a file's times may stay the same although it is written again: some file systems count in seconds. */
const coarsestClock = 2000;
/**
 * Milliseconds for which a file that was found unchanged is not looked at again. A run checks its layers one after the other: an
 * edit in this time reaches none of them, as one a moment later would not, and a build compares the bytes again.
 */
const freshness = 50;
const mostKept = 4;

interface Kept<Made> {
    readonly signature: string;
    readonly made: Promise<Made>;
    /** When the file had this signature, by the process's own clock. */
    seenAt: number;
}

/**
 * Keeps what was made of the files read last, for as long as they are the same on disk: a hundred layers of one lock read it
 * once. A file that was written within the last two seconds is read anew each time, since its times may not show a change.
 *
 * `make` must throw when the file cannot be read; what it throws is not kept.
 */
export function rememberUnchanged<Made>(): (
    absolutePath: string,
    make: () => Promise<Made>,
) => Promise<Made> {
    const kept = new Map<string, Kept<Made>>();
    return async (absolutePath, make) => {
        const known = kept.get(absolutePath);
        if (known !== undefined && performance.now() - known.seenAt < freshness) return known.made;
        const seenAt = performance.now();
        const signature = await signatureOf(absolutePath);
        if (signature === undefined) return make();
        if (known?.signature === signature) {
            known.seenAt = seenAt;
            return known.made;
        }
        const made = make();
        kept.delete(absolutePath);
        kept.set(absolutePath, { signature, made, seenAt });
        for (const oldest of kept.keys()) {
            if (kept.size <= mostKept) break;
            kept.delete(oldest);
        }
        made.catch(() => kept.delete(absolutePath));
        return made;
    };
}

/** What is other once the file is; undefined when that can't be told. */
async function signatureOf(absolutePath: string): Promise<string | undefined> {
    const status = await stat(absolutePath, { bigint: true }).catch(() => undefined);
    if (status === undefined) return undefined;
    const newest = status.ctimeMs > status.mtimeMs ? status.ctimeMs : status.mtimeMs;
    if (Date.now() - Number(newest) < coarsestClock) return undefined;
    return [status.dev, status.ino, status.size, status.mtimeNs, status.ctimeNs].join(":");
}
