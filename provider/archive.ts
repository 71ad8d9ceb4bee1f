import type { PackageSize } from "./package/model";
import type { PublishRequest } from "./publish/layerVersion";
import type { KeptManifest } from "./publish/record";

/**
 * The archive behind a layer version: known by its key before it exists, made when it is asked for.
 *
 * `pythonArchive.ts` builds one from a manifest, `existingArchive.ts` looks at one that is there.
 */
export interface Archive {
    /** Equal keys mean equal bytes. */
    readonly artifactKey: string;
    readonly manifest: KeptManifest;
    /** As in `outputs.ts`. */
    readonly resolution?: Readonly<Record<string, string>> | undefined;
    /**
     * Builds, packages and uploads, or finds that it has been done.
     *
     * @param again Lambda did not find the archive in S3
     */
    readonly prepare: (again: boolean) => Promise<PreparedArchive>;
    /** Facts that are known without building. Used when a run that was cut short published the version. */
    readonly look: () => Promise<Pick<PreparedArchive, "uncompressedSize" | "artifactUri">>;
}

/** An archive that Lambda can be given. */
export interface PreparedArchive {
    readonly content: PublishRequest["content"];
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Bytes. */
    readonly codeSize: number;
    /** Bytes once unpacked; absent where nobody counted. */
    readonly uncompressedSize: number | undefined;
    /** What each package takes, largest first; absent where the archive was found and not made. */
    readonly packages?: readonly PackageSize[];
    /** Absent where the archive travels inside the request and is kept nowhere. */
    readonly artifactUri: string | undefined;
}
