import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a crafted zip. Everything that is not given is what an honest zip would have. */
export interface CraftedEntry {
    readonly name: string | Buffer;
    readonly content?: Buffer | string;
    /** 0 stored, 8 deflated (default), others claim the method and hold the content as it is. */
    readonly method?: number;
    readonly mode?: number;
    /** "Version made by", high byte; default 3, Unix. */
    readonly system?: number;
    readonly flags?: number;
    /** A data descriptor after the data, local sizes zero. */
    readonly descriptor?: "signed" | "unsigned" | "long";
    /** Put after the packed data, and counted as part of it. */
    readonly trailing?: Buffer;
    /** Lies, in both headers. */
    readonly claims?: { readonly crc32?: number; readonly packed?: number; readonly unpacked?: number };
    /** Lies, in the local header only. */
    readonly local?: {
        readonly name?: string;
        readonly crc32?: number;
        readonly unpacked?: number;
        readonly method?: number;
    };
    /** Sizes in zip64 fields, in both headers. */
    readonly zip64?: boolean;
    readonly centralExtra?: Buffer;
    /** The local header's offset as the central directory tells it; default the true one. */
    readonly offset?: number;
}

export interface CraftedZip {
    readonly comment?: Buffer;
    readonly before?: Buffer;
    readonly after?: Buffer;
    /** Writes zip64 end records; the classic one then holds markers. */
    readonly zip64?: boolean;
    /** The count that the end record claims. */
    readonly count?: number;
}

/** The bytes of a zip with these entries, in this order, honest or not. */
export function craftZip(entries: readonly CraftedEntry[], zip: CraftedZip = {}): Buffer {
    const parts: Buffer[] = [zip.before ?? Buffer.alloc(0)];
    const directory: Buffer[] = [];
    // Offsets count from the zip's own start, as a self-extracting archive's do not have to.
    let position = 0;
    for (const entry of entries) {
        const { local, central } = craftEntry(entry, entry.offset ?? position);
        parts.push(local);
        directory.push(central);
        position += local.length;
    }
    const size = directory.reduce((sum, record) => sum + record.length, 0);
    return Buffer.concat([
        ...parts,
        ...directory,
        craftEnd(zip.count ?? entries.length, size, position, zip),
        zip.after ?? Buffer.alloc(0),
    ]);
}

function craftEntry(entry: CraftedEntry, offset: number): { local: Buffer; central: Buffer } {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? "");
    const method = entry.method ?? 8;
    const packed = Buffer.concat([
        method === 8 ? deflateRawSync(content) : content,
        entry.trailing ?? Buffer.alloc(0),
    ]);
    const sum = entry.claims?.crc32 ?? crc32(content);
    const sizes = [entry.claims?.unpacked ?? content.length, entry.claims?.packed ?? packed.length] as const;
    const flags = (entry.flags ?? 0) | (entry.descriptor === undefined ? 0 : 8);
    const long = Buffer.alloc(20);
    long.writeUInt16LE(1, 0);
    long.writeUInt16LE(16, 2);
    long.writeBigUInt64LE(BigInt(sizes[0]), 4);
    long.writeBigUInt64LE(BigInt(sizes[1]), 12);
    const zip64 = entry.zip64 === true ? long : Buffer.alloc(0);
    const inField = (size: number) => (entry.zip64 === true ? 0xffffffff : size);

    const localName = Buffer.from(entry.local?.name ?? name);
    const described = entry.descriptor !== undefined;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(entry.local?.method ?? method, 8);
    local.writeUInt32LE(described ? 0 : (entry.local?.crc32 ?? sum), 14);
    local.writeUInt32LE(described ? 0 : inField(sizes[1]), 18);
    local.writeUInt32LE(described ? 0 : (entry.local?.unpacked ?? inField(sizes[0])), 22);
    local.writeUInt16LE(localName.length, 26);
    local.writeUInt16LE(zip64.length, 28);

    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(((entry.system ?? 3) << 8) | 20, 4);
    central.writeUInt16LE(20, 6);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(sum, 16);
    central.writeUInt32LE(inField(sizes[1]), 20);
    central.writeUInt32LE(inField(sizes[0]), 24);
    const extra = Buffer.concat([zip64, entry.centralExtra ?? Buffer.alloc(0)]);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    return {
        local: Buffer.concat([local, localName, zip64, packed, craftDescriptor(entry, sum, sizes)]),
        central: Buffer.concat([central, name, extra]),
    };
}

function craftDescriptor(entry: CraftedEntry, sum: number, sizes: readonly [number, number]): Buffer {
    if (entry.descriptor === undefined) return Buffer.alloc(0);
    const head = Buffer.alloc(entry.descriptor === "unsigned" ? 4 : 8);
    if (entry.descriptor !== "unsigned") head.writeUInt32LE(0x08074b50, 0);
    head.writeUInt32LE(sum, head.length - 4);
    const tail = Buffer.alloc(entry.descriptor === "long" ? 16 : 8);
    for (const [index, size] of [sizes[1], sizes[0]].entries()) {
        if (entry.descriptor === "long") tail.writeBigUInt64LE(BigInt(size), 8 * index);
        else tail.writeUInt32LE(size, 4 * index);
    }
    return Buffer.concat([head, tail]);
}

function craftEnd(count: number, size: number, offset: number, zip: CraftedZip): Buffer {
    const comment = zip.comment ?? Buffer.alloc(0);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(zip.zip64 === true ? 0xffff : count, 8);
    end.writeUInt16LE(zip.zip64 === true ? 0xffff : count, 10);
    end.writeUInt32LE(zip.zip64 === true ? 0xffffffff : size, 12);
    end.writeUInt32LE(zip.zip64 === true ? 0xffffffff : offset, 16);
    end.writeUInt16LE(comment.length, 20);
    if (zip.zip64 !== true) return Buffer.concat([end, comment]);
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    record.writeBigUInt64LE(BigInt(count), 24);
    record.writeBigUInt64LE(BigInt(count), 32);
    record.writeBigUInt64LE(BigInt(size), 40);
    record.writeBigUInt64LE(BigInt(offset), 48);
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(offset + size), 8);
    locator.writeUInt32LE(1, 16);
    return Buffer.concat([record, locator, end, comment]);
}
