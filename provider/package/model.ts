/** What one package takes of a layer. */
export interface PackageSize {
    /** Normalised distribution name (PEP 503). */
    readonly name: string;
    readonly version: string;
    /** Bytes in the zip, without the zip's own headers. */
    readonly compressedSize: number;
    /** Bytes once unpacked. */
    readonly uncompressedSize: number;
    readonly files: number;
}

/** A layer zip on this machine's disk. */
export interface Artifact {
    /** Absolute path. */
    readonly path: string;
    /** Bytes of the zip. */
    readonly size: number;
    /** Of the zip, base64, as Lambda's `CodeSha256`. */
    readonly codeSha256: string;
    /** Bytes once unpacked, as Lambda counts them against its limit. */
    readonly uncompressedSize: number;
    readonly files: number;
    /** Largest first. */
    readonly packages: readonly PackageSize[];
    /** One sentence each: foreign ELF files in an `any` wheel, libraries that nobody has, nearness to the limit. */
    readonly warnings: readonly string[];
}
