export interface CraftedElf {
    /** `e_machine`; default 62, x86-64. */
    readonly machine?: number;
    /** `e_type`; default 3, a shared object. */
    readonly type?: number;
    readonly needed?: readonly string[];
    /** Versions that libc.so.6 must have; a leading `?` makes one weak. */
    readonly versions?: readonly string[];
    /** Bytes of nothing between the header and the strings, and between them and the dynamic section. */
    readonly padding?: readonly [number, number];
    /** The dynamic section before the strings, as after patchelf. */
    readonly dynamicFirst?: boolean;
}

/** A small 64-bit little-endian ELF file with the parts that a loader reads, and no section headers. */
export function craftElf(elf: CraftedElf = {}): Buffer {
    const strings = stringTable();
    const needed = (elf.needed ?? ["libc.so.6"]).map(strings.offset);
    const versions = elf.versions ?? [];
    const needs = Buffer.alloc(versions.length === 0 ? 0 : 16 + 16 * versions.length);
    if (versions.length > 0) {
        needs.writeUInt16LE(1, 0);
        needs.writeUInt16LE(versions.length, 2);
        needs.writeUInt32LE(strings.offset("libc.so.6"), 4);
        needs.writeUInt32LE(16, 8);
    }
    for (const [index, version] of versions.entries()) {
        const at = 16 + 16 * index;
        needs.writeUInt16LE(version.startsWith("?") ? 2 : 0, at + 4);
        needs.writeUInt32LE(strings.offset(version.replace("?", "")), at + 8);
        needs.writeUInt32LE(index === versions.length - 1 ? 0 : 16, at + 12);
    }
    const text = strings.bytes();
    const tags = 2 * (needed.length + 4);
    const [before, between] = elf.padding ?? [0, 0];
    const start = 64 + 2 * 56 + before;
    const stringsAt = elf.dynamicFirst === true ? start + tags * 8 + between : start;
    const dynamicAt = elf.dynamicFirst === true ? start : start + text.length + needs.length + between;
    const file = Buffer.alloc(Math.max(stringsAt + text.length + needs.length, dynamicAt + tags * 8));
    // Loaded 64 KiB higher than it lies in the file, so that addresses and offsets can't be mixed up.
    const bias = 0x10000;
    file.write("\x7fELF\x02\x01\x01", 0, "latin1");
    file.writeUInt16LE(elf.type ?? 3, 16);
    file.writeUInt16LE(elf.machine ?? 62, 18);
    file.writeBigUInt64LE(64n, 32);
    file.writeUInt16LE(56, 54);
    file.writeUInt16LE(2, 56);
    programHeader(file, 64, 1, 0, bias, file.length);
    programHeader(file, 120, 2, dynamicAt, dynamicAt + bias, tags * 8);
    text.copy(file, stringsAt);
    needs.copy(file, stringsAt + text.length);
    const dynamic = [
        ...needed.map((offset) => [1, offset] as const),
        [5, stringsAt + bias] as const,
        ...(versions.length === 0
            ? []
            : [[0x6ffffffe, stringsAt + text.length + bias] as const, [0x6fffffff, 1] as const]),
    ];
    for (const [index, [tag, value]] of dynamic.entries()) {
        file.writeBigUInt64LE(BigInt(tag), dynamicAt + 16 * index);
        file.writeBigUInt64LE(BigInt(value), dynamicAt + 16 * index + 8);
    }
    return file;
}

function programHeader(
    file: Buffer,
    at: number,
    type: number,
    offset: number,
    address: number,
    size: number,
): void {
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(address), at + 16);
    file.writeBigUInt64LE(BigInt(size), at + 32);
}

function stringTable(): { offset: (text: string) => number; bytes: () => Buffer } {
    let all = "\0";
    return {
        offset(text) {
            all += `${text}\0`;
            return all.length - text.length - 1;
        },
        bytes: () => Buffer.from(all, "latin1"),
    };
}
