/**
 * The zip format's fixed parts, as PKWARE's APPNOTE.TXT 6.3.10 numbers them (section in brackets).
 * Offsets and sizes in bytes, integers little-endian.
 */

/** Signatures that start each part. */
export const signature = {
    /** [4.3.7] */
    localHeader: 0x04034b50,
    /** [4.3.9], optional there. */
    dataDescriptor: 0x08074b50,
    /** [4.3.12] */
    centralHeader: 0x02014b50,
    /** [4.3.16] */
    end: 0x06054b50,
    /** [4.3.14] */
    zip64End: 0x06064b50,
    /** [4.3.15] */
    zip64Locator: 0x07064b50,
} as const;

/** Lengths of the parts' fixed fields, signature included. */
export const fixedLength = {
    localHeader: 30,
    centralHeader: 46,
    end: 22,
    zip64End: 56,
    zip64Locator: 20,
} as const;

/** Compression methods that are taken over as they are [4.4.5]. */
export const method = { stored: 0, deflated: 8 } as const;

/** Bits of the general purpose flag [4.4.4]. */
export const flag = {
    encrypted: 1 << 0,
    dataDescriptor: 1 << 3,
    patched: 1 << 5,
    stronglyEncrypted: 1 << 6,
    utf8: 1 << 11,
    maskedHeaders: 1 << 13,
} as const;

/** Identifiers of extra fields [4.5.3, 4.6.9]. */
export const extraField = { zip64: 0x0001, unicodePath: 0x7075 } as const;

/** What a 16-bit or 32-bit field holds when the value is in a zip64 field instead [4.4.1.4]. */
export const zip64Marker = { short: 0xffff, long: 0xffffffff } as const;

/** "Version made by" with Unix modes in the external attributes [4.4.2]. */
export const unix = 3;

/** The same for OS X, which keeps Unix modes as well [4.4.2]. */
export const osX = 19;

/** Type bits of a Unix mode (`sys/stat.h`). */
export const fileType = { mask: 0o170000, regular: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** Something in a zip that makes it unfit to be read. The message is a clause: `entry "a" is encrypted`. */
export class ZipDefect extends Error {
    constructor(clause: string) {
        super(clause);
        this.name = "ZipDefect";
    }
}

/** An entry's name for a message: quoted, control characters escaped, at most 120 characters. */
export function quoted(name: string): string {
    const text = JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
    return text.replace(
        /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
