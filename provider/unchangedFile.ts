import { stat } from "node:fs/promises";

/** Milliseconds for which a file's times may stay the same although it is written again: some file systems count in seconds. */
const coarsestClock = 2000;
const mostKept = 4;

/** Gives what `make` makes of a file, or what it made of it before. */
export type RememberUnchanged<Made> = (absolutePath: string, make: () => Promise<Made>) => Promise<Made>;

/**
 * Keeps what was made of the files read last, for as long as they are the same on disk: a hundred layers of one lock read it
 * once. A file that was written within the last two seconds is read anew each time, since its times may not show a change.
 *
 * `make` must throw when the file cannot be read; what it throws is not kept.
 */
export function rememberUnchanged<Made>(): RememberUnchanged<Made> {
    const kept = new Map<string, { readonly signature: string; readonly made: Promise<Made> }>();
    return async (absolutePath, make) => {
        const signature = await signatureOf(absolutePath);
        if (signature === undefined) return make();
        const known = kept.get(absolutePath);
        if (known?.signature === signature) return known.made;
        const made = make();
        kept.delete(absolutePath);
        kept.set(absolutePath, { signature, made });
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
