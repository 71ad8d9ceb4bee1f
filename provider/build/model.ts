/** A wheel on this machine's disk, ready to be packaged. */
export interface Wheel {
    /** Normalised distribution name (PEP 503). */
    readonly name: string;
    readonly version: string;
    /** `numpy-2.5.5-cp313-cp313-manylinux_2_28_aarch64.whl`: its tags are what the file promises to run on. */
    readonly filename: string;
    /** Absolute path. The file may live in a cache: read it, never change it. */
    readonly path: string;
    /** Bytes. */
    readonly size: number;
    /** Hex. */
    readonly sha256: string;
    /** Whether the file came from elsewhere, lay on this machine already, or was built here from source. */
    readonly origin: "fetched" | "local" | "built";
}
