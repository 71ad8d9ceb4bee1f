import { type ElfFacts, readElf, startsAsElf } from "./elf";

/** Bytes kept from the start of each ELF file, where linkers put most of what is looked for. */
const headSize = 256 * 1024;

interface Kept {
    readonly start: number;
    readonly bytes: Buffer;
    filled: number;
}

/** Gathers an ELF file's facts while its bytes pass by, without holding the file. */
export interface ElfCollector {
    /** The next bytes of the file; at least {@link elfHeaderSize} the first time, or the file is taken for no ELF file. */
    push(bytes: Buffer): void;
    /** Call at the file's end: the facts; undefined for no loadable ELF file; "again" when it must pass once more. */
    finish(): ElfFacts | "again" | undefined;
}

/**
 * A collector for a file of `size` bytes. Keeps the file's first 256 KiB and those parts that turn out to be needed, a few
 * hundred KiB at most. Tools such as patchelf move parts before the places that tell of them: then a second pass finds them.
 */
export function collectElf(size: number): ElfCollector {
    const kept: Kept[] = [];
    const wanted: Kept[] = [];
    let position = 0;
    let passes = 0;
    let result: ElfFacts | "wanted" | "none" = "wanted";

    const read = (start: number, length: number): Buffer | undefined => {
        const end = Math.min(start + length, size);
        if (!(start >= 0 && start < end)) return Buffer.alloc(0);
        for (const part of kept) {
            if (start >= part.start && end <= part.start + part.filled) {
                return part.bytes.subarray(start - part.start, end - part.start);
            }
        }
        const isWanted = [...kept, ...wanted].some(
            (part) => start >= part.start && end <= part.start + part.bytes.length,
        );
        if (!isWanted) wanted.push({ start, bytes: Buffer.alloc(end - start), filled: 0 });
        return undefined;
    };
    const fill = (parts: readonly Kept[], bytes: Buffer): boolean => {
        let filledOne = false;
        for (const part of parts) {
            const next = part.start + part.filled;
            if (part.filled === part.bytes.length || next < position || next >= position + bytes.length)
                continue;
            part.filled += bytes.copy(part.bytes, part.filled, next - position);
            filledOne ||= part.filled === part.bytes.length;
        }
        return filledOne;
    };
    const advance = (): void => {
        const facts = readElf(read);
        result = facts ?? "none";
        // What is still to come in this pass is kept as it comes; the rest waits for the next pass.
        for (const part of wanted.splice(0)) kept.push(part);
    };

    return {
        push(bytes) {
            if (result !== "wanted") return;
            const isFirst = kept.length === 0;
            if (isFirst && !startsAsElf(bytes)) {
                result = "none";
                return;
            }
            if (isFirst) kept.push({ start: 0, bytes: Buffer.alloc(Math.min(headSize, size)), filled: 0 });
            const filledOne = fill(kept, bytes);
            // The part wanted next may lie within these same bytes.
            for (let again = filledOne || isFirst; again && result === "wanted"; ) {
                advance();
                again = fill(kept, bytes);
            }
            position += bytes.length;
        },
        finish() {
            if (result === "wanted" && kept.length > 0) advance();
            if (result === "none" || kept.length === 0) return undefined;
            if (result !== "wanted") return result;
            passes += 1;
            position = 0;
            return passes > 3 ? undefined : "again";
        },
    };
}
