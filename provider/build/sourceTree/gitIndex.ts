/**
 * Git's index: which paths a checkout tracks. Read without git, so that the answer is the same where git is not installed, where it
 * refuses a folder of another owner, and whatever the user's configuration and environment say. Format: gitformat-index(5).
 */

/** What git keeps under a path: a link's target is not followed, `repository` is a submodule. */
export type TrackedType = "file" | "executable" | "link" | "repository";

/** A path that git tracks. */
export interface TrackedPath {
    /** Relative, with forward slashes. */
    readonly path: string;
    readonly type: TrackedType;
}

/** The paths of an index. */
export interface GitIndex {
    /** What is tracked below a folder, relative to it; `""` is the repository's top. In the order of the paths' bytes. */
    readonly below: (folder: string) => readonly TrackedPath[];
}

/** All entries, in the index's order. */
interface Entries {
    /** Paths with one character for each byte: in their order an index is sorted. */
    readonly names: readonly string[];
    readonly modes: Uint32Array;
}

/** Undefined for a file that is no index, or one that is split in two (`core.splitIndex`). */
export function parseGitIndex(bytes: Buffer): GitIndex | undefined {
    // An index does not say which hash its repository uses; with the wrong length its entries do not add up.
    const entries = readEntries(bytes, 20) ?? readEntries(bytes, 32);
    return entries && { below: (folder) => pathsBelow(entries, folder) };
}

function pathsBelow({ names, modes }: Entries, folder: string): TrackedPath[] {
    const prefix = folder === "" ? "" : Buffer.from(`${folder}/`).toString("latin1");
    const found: TrackedPath[] = [];
    for (let at = firstFrom(names, prefix); at < names.length; at += 1) {
        const name = names[at] ?? "";
        if (!name.startsWith(prefix)) break;
        const type = typeOf(modes[at] ?? 0);
        // While a merge is under way a path has an entry for each side.
        if (type === undefined || name === names[at - 1]) continue;
        found.push({ path: Buffer.from(name.slice(prefix.length), "latin1").toString("utf8"), type });
    }
    return found;
}

function firstFrom(names: readonly string[], prefix: string): number {
    let [low, high] = [0, names.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((names[middle] ?? "") < prefix) low = middle + 1;
        else high = middle;
    }
    return low;
}

/** Undefined for a folder outside of a sparse checkout, of which nothing is on disk. */
function typeOf(mode: number): TrackedType | undefined {
    switch (mode & 0o170000) {
        case 0o100000:
            return (mode & 0o111) === 0 ? "file" : "executable";
        case 0o120000:
            return "link";
        case 0o160000:
            return "repository";
        default:
            return undefined;
    }
}

function readEntries(bytes: Buffer, hashSize: number): Entries | undefined {
    if (bytes.length < 12 + hashSize || bytes.toString("latin1", 0, 4) !== "DIRC") return undefined;
    const [version, count] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8)];
    if (version < 2 || version > 4) return undefined;
    const end = bytes.length - hashSize;
    // An entry takes more than its fixed part: a count that can't be true must not ask for memory.
    if (count * (42 + hashSize) > bytes.length) return undefined;
    const names: string[] = [];
    const modes = new Uint32Array(count);
    let at = 12;
    let previous = "";
    for (let read = 0; read < count; read += 1) {
        const flagsAt = at + 40 + hashSize;
        if (flagsAt + 4 > end) return undefined;
        modes[read] = bytes.readUInt32BE(at + 24);
        const flags = bytes.readUInt16BE(flagsAt);
        const nameAt = flagsAt + ((flags & 0x4000) === 0 ? 2 : 4);
        let kept = "";
        let suffixAt = nameAt;
        if (version === 4) {
            const stripped = readOffset(bytes, nameAt);
            if (stripped.value > previous.length) return undefined;
            kept = previous.slice(0, previous.length - stripped.value);
            suffixAt = stripped.next;
        }
        const length = flags & 0xfff;
        // The flags hold no longer one.
        const nul = length < 0xfff ? suffixAt + length - kept.length : bytes.indexOf(0, suffixAt);
        if (nul < suffixAt || nul >= end || bytes[nul] !== 0) return undefined;
        previous = kept + bytes.toString("latin1", suffixAt, nul);
        names.push(previous);
        at = version === 4 ? nul + 1 : at + ((nul - at + 8) & ~7);
    }
    return endsWithExtensions(bytes, at, end) ? { names, modes } : undefined;
}

/** Git's number of variable length, as packs have it for offsets. */
function readOffset(bytes: Buffer, from: number): { readonly value: number; readonly next: number } {
    let next = from;
    let byte = bytes[next++] ?? 0;
    let value = byte & 0x7f;
    while ((byte & 0x80) !== 0) {
        byte = bytes[next++] ?? 0;
        value = (value + 1) * 0x80 + (byte & 0x7f);
    }
    return { value, next };
}

/** Whether what follows the entries is extensions up to the end, and none that says that entries are in another file. */
function endsWithExtensions(bytes: Buffer, from: number, end: number): boolean {
    let at = from;
    while (at + 8 <= end) {
        const signature = bytes.toString("latin1", at, at + 4);
        if (!/^[A-Za-z]{4}$/.test(signature) || signature === "link") return false;
        at += 8 + bytes.readUInt32BE(at + 4);
    }
    return at === end;
}
