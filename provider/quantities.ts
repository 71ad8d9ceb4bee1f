/** Bytes as people read them: `46.9 MB`, below a hundredth of that `3.1 kB`, below a thousand `12 B` (powers of ten). */
export function megabytes(bytes: number): string {
    if (bytes < 1000) {
        return `${bytes} B`;
    }
    return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A difference of bytes with its sign: `+0.3 MB`, `−1.2 kB`, `±0 B`. */
export function megabytesMore(bytes: number): string {
    return bytes === 0 ? "±0 B" : `${bytes < 0 ? "−" : "+"}${megabytes(Math.abs(bytes))}`;
}

/** A whole number with commas: `6,225`. The same in every locale. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** `1 package`, `2 packages`. */
export const counted = (count: number, noun: string): string =>
    `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

/** `version 7`, `versions 7, 8`. */
export const versionList = (versions: readonly number[]): string =>
    `${versions.length === 1 ? "version" : "versions"} ${versions.join(", ")}`;

/** A moment as ISO 8601 in UTC; `undefined` for what is none. Lambda writes `2026-11-22T00:42:41.000+0000`. */
export function isoTime(moment: string | number | undefined): string | undefined {
    const date = new Date(moment ?? Number.NaN);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** The minute of a moment in UTC: `2026-11-22 00:42`. */
export const shortTime = (iso: string | undefined): string =>
    iso === undefined ? "?" : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
