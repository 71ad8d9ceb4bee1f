/**
 * The facts of an ELF file that decide whether a machine can load it, read from the parts that the loader itself uses:
 * header, program headers and dynamic section. Section headers are not needed and may be stripped.
 *
 * Sources: System V ABI, chapters 4 and 5 (https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html), and LSB core
 * 5.0 section 10.7 for the version records that `.gnu.version_r` holds.
 */
export interface ElfFacts {
    readonly bits: 32 | 64;
    readonly littleEndian: boolean;
    /** `e_machine`: 62 is x86-64, 183 is AArch64. */
    readonly machine: number;
    /** The newest glibc whose symbols are needed, `[2, 28]`; absent when none is. */
    readonly glibc?: readonly [number, number];
    /** Libraries the loader will look for (DT_NEEDED): `libc.so.6`. */
    readonly needed: readonly string[];
}

/** `e_machine` values. */
export const elfMachine = { x86_64: 62, aarch64: 183 } as const;

/** Bytes of a file from `start`, fewer at the file's end; undefined when they are not at hand (they were noted). */
export type ElfReader = (start: number, length: number) => Buffer | undefined;

/** Bytes of an ELF header of 64 bits; less is no ELF file. */
export const elfHeaderSize = 64;

const type = { executable: 2, shared: 3 } as const;
const segment = { load: 1, dynamic: 2 } as const;
const dynamicTag = {
    needed: 1,
    stringTable: 5,
    versionNeeds: 0x6ffffffe,
    versionNeedsCount: 0x6fffffff,
} as const;

/** A symbol version that need not be there (VER_FLG_WEAK). */
const weak = 0x2;

/** The most bytes looked at for the version records, and for one name. A real library's records have a few hundred. */
const room = { programHeaders: 64 * 1024, dynamic: 64 * 1024, versionNeeds: 32 * 1024, name: 256 } as const;

/** The most libraries, and the most versions, that are looked at: what is damaged must not keep anybody busy. */
const mostNames = 500;

/** Whether these are the first bytes of an ELF file. */
export const startsAsElf = (bytes: Buffer): boolean =>
    bytes.length >= elfHeaderSize && bytes.readUInt32BE(0) === 0x7f454c46;

/**
 * The facts, "wanted" when `read` did not have what is needed next, or undefined for what no loader loads (objects for a
 * linker, core files) and for damaged files.
 */
export function readElf(read: ElfReader): ElfFacts | "wanted" | undefined {
    const header = read(0, elfHeaderSize);
    if (header === undefined) return "wanted";
    if (!startsAsElf(header)) return undefined;
    const wide = header[4] === 2;
    const littleEndian = header[5] === 1;
    const number = numberReader(littleEndian, wide);
    const fileType = number.half(header, 16);
    if (fileType !== type.executable && fileType !== type.shared) return undefined;
    const base = { bits: wide ? 64 : 32, littleEndian, machine: number.half(header, 18) } as const;

    const entrySize = number.half(header, wide ? 54 : 42);
    const count = number.half(header, wide ? 56 : 44);
    const programHeaders = read(
        number.address(header, wide ? 32 : 28),
        Math.min(entrySize * count, room.programHeaders),
    );
    if (programHeaders === undefined) return "wanted";
    const segments = Array.from(
        { length: entrySize === 0 ? 0 : Math.floor(programHeaders.length / entrySize) },
        (_, index) => {
            const at = index * entrySize;
            return {
                type: number.word(programHeaders, at),
                offset: number.address(programHeaders, at + (wide ? 8 : 4)),
                address: number.address(programHeaders, at + (wide ? 16 : 8)),
                fileSize: number.address(programHeaders, at + (wide ? 32 : 16)),
            };
        },
    );
    const dynamic = segments.find((candidate) => candidate.type === segment.dynamic);
    if (dynamic === undefined) return { ...base, needed: [] };
    const table = read(dynamic.offset, Math.min(dynamic.fileSize, room.dynamic));
    if (table === undefined) return "wanted";

    const fileOffset = (address: number): number | undefined => {
        const load = segments.find(
            ({ type: kind, address: start, fileSize }) =>
                kind === segment.load && address >= start && address < start + fileSize,
        );
        return load === undefined ? undefined : address - load.address + load.offset;
    };
    const values = dynamicValues(table, number);
    const strings = fileOffset(values.single.get(dynamicTag.stringTable) ?? -1);
    if (strings === undefined) return { ...base, needed: [] };
    const name = (offset: number): string | undefined => {
        const bytes = read(strings + offset, room.name);
        return bytes?.toString("latin1", 0, Math.max(bytes.indexOf(0), 0));
    };

    const needs = fileOffset(values.single.get(dynamicTag.versionNeeds) ?? -1);
    const records = needs === undefined ? Buffer.alloc(0) : read(needs, room.versionNeeds);
    if (records === undefined) return "wanted";
    const needCount = values.single.get(dynamicTag.versionNeedsCount) ?? 0;
    // All names are asked for before any is missed, so that one more reading of the file finds them all.
    const versions = versionNameOffsets(records, needCount, number).slice(0, mostNames).map(name);
    const needed = values.needed.slice(0, mostNames).map(name);
    if ([...versions, ...needed].includes(undefined)) return "wanted";
    const glibc = newestGlibc(versions.filter((version) => version !== undefined));
    return { ...base, ...(glibc && { glibc }), needed: needed.filter((library) => library !== undefined) };
}

interface NumberReader {
    half(bytes: Buffer, at: number): number;
    word(bytes: Buffer, at: number): number;
    address(bytes: Buffer, at: number): number;
    readonly addressSize: 4 | 8;
}

/** Reads past the end give 0: a damaged file then has no needs, and the loader will say so. */
function numberReader(littleEndian: boolean, wide: boolean): NumberReader {
    const within = (bytes: Buffer, at: number, size: number) => at >= 0 && at + size <= bytes.length;
    const half = (bytes: Buffer, at: number) =>
        !within(bytes, at, 2) ? 0 : littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    const word = (bytes: Buffer, at: number) =>
        !within(bytes, at, 4) ? 0 : littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    const long = (bytes: Buffer, at: number) =>
        !within(bytes, at, 8)
            ? 0
            : Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return { half, word, address: wide ? long : word, addressSize: wide ? 8 : 4 };
}

function dynamicValues(
    table: Buffer,
    number: NumberReader,
): { single: Map<number, number>; needed: number[] } {
    const single = new Map<number, number>();
    const needed: number[] = [];
    const size = 2 * number.addressSize;
    for (let at = 0; at + size <= table.length; at += size) {
        const tag = number.address(table, at);
        if (tag === 0) break;
        const value = number.address(table, at + number.addressSize);
        if (tag === dynamicTag.needed) needed.push(value);
        else single.set(tag, value);
    }
    return { single, needed };
}

/** Offsets into the string table of the needed versions' names: Verneed and Vernaux records, LSB 10.7.4. */
function versionNameOffsets(records: Buffer, count: number, number: NumberReader): number[] {
    const offsets: number[] = [];
    let at = 0;
    for (let need = 0; need < count && at + 16 <= records.length; need += 1) {
        let auxiliary = at + number.word(records, at + 8);
        const names = number.half(records, at + 2);
        for (let index = 0; index < names && auxiliary + 16 <= records.length; index += 1) {
            const isWeak = (number.half(records, auxiliary + 4) & weak) !== 0;
            if (!isWeak) offsets.push(number.word(records, auxiliary + 8));
            const step = number.word(records, auxiliary + 12);
            if (step === 0) break;
            auxiliary += step;
        }
        const step = number.word(records, at + 12);
        if (step === 0) break;
        at += step;
    }
    return offsets;
}

function newestGlibc(versions: readonly string[]): [number, number] | undefined {
    let newest: [number, number] | undefined;
    for (const version of versions) {
        // DT_RELR needs a loader of glibc 2.36, whatever symbols are used.
        const match = version === "GLIBC_ABI_DT_RELR" ? ["", "2", "36"] : /^GLIBC_(\d+)\.(\d+)/.exec(version);
        if (match === null) continue;
        const [major, minor] = [Number(match[1]), Number(match[2])];
        if (newest === undefined || major > newest[0] || (major === newest[0] && minor > newest[1])) {
            newest = [major, minor];
        }
    }
    return newest;
}
