import path from "node:path";
import { LayerError } from "../errors";
import { readArchive } from "../package/archive";
import type { PackageSize } from "../package/model";
import { readPackageSizes } from "../package/sizes";
import { ZipDefect } from "../package/zipFormat";
import { getLayerVersion, getLayerVersionLocation } from "../publish/layerVersion";
import { inTemporaryFolder } from "../temporaryFolder";
import type { LayerOutline } from "./layerOutline";

/** What is in a layer's zip. */
export interface LayerZip {
    /** Bytes of the zip. */
    readonly codeSize: number;
    /** Bytes once unpacked. */
    readonly uncompressedSize: number;
    readonly files: number;
    /** Base64, as Lambda's `CodeSha256`. */
    readonly codeSha256: string;
    /** Largest first. */
    readonly packages: readonly PackageSize[];
    /** Bytes once unpacked of what belongs to no package. */
    readonly otherSize: number;
}

/**
 * Reads a zip on this machine. Nothing is unpacked but the packages' own metadata.
 *
 * @param shown how messages name it
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_INVALID
 */
export async function readLayerZip(file: string, shown: string, signal: AbortSignal): Promise<LayerZip> {
    try {
        const { size, codeSha256, contents, defect } = await readArchive(file, signal);
        if (contents === undefined) {
            throw invalid(shown, defect ?? "its directory cannot be read");
        }
        const { packages, other } = await readPackageSizes(file, signal);
        return {
            codeSize: size,
            codeSha256,
            ...contents,
            packages,
            otherSize: other.uncompressedSize,
        };
    } catch (error) {
        if (error instanceof ZipDefect) {
            throw invalid(shown, error.message, error);
        }
        if (error instanceof Error && "syscall" in error) {
            throw new LayerError("ARCHIVE_NOT_FOUND", {
                what: `The zip ${shown} cannot be read.`,
                detail: [error.message],
                next: "Give the path of a layer's zip, or the number of a version with --bucket and --layer.",
                cause: error,
            });
        }
        throw error;
    }
}

const invalid = (shown: string, why: string, cause?: unknown): LayerError =>
    new LayerError("ARCHIVE_INVALID", {
        what: `${shown} is no zip that can be read: ${why}.`,
        next: "Give the path of a layer's zip, or the number of a version with --bucket and --layer.",
        cause,
    });

/**
 * Downloads the zip of a version from Lambda, proves it by its CodeSha256, and reads what is in it.
 *
 * @throws VERSION_NOT_FOUND, DOWNLOAD_FAILED, HASH_MISMATCH, ARCHIVE_INVALID and what Lambda throws
 */
export async function readVersionZip(
    { layer: { clients, host }, layerName }: LayerOutline,
    version: number,
    signal: AbortSignal,
): Promise<LayerZip> {
    const published = await getLayerVersion(clients, layerName, version, signal);
    const url = published && (await getLayerVersionLocation(clients, layerName, version, signal));
    if (published === undefined || url === undefined || !/^https?:/.test(url)) {
        throw new LayerError("VERSION_NOT_FOUND", {
            what: `What is inside version ${version} is not recorded, and Lambda has no such version of layer "${layerName}" to look into.`,
            next: "Check the region; a version that was deleted cannot be looked into.",
        });
    }
    const { openFetcher } = await import("../build/fetch");
    const fetcher = openFetcher({
        environment: await host.aws.environment(),
        authorization: () => undefined,
    });
    const hashes = [`sha256:${Buffer.from(published.codeSha256, "base64").toString("hex")}`];
    return inTemporaryFolder(host.temporaryFolder, async (folder) => {
        const file = path.join(folder, "layer.zip");
        try {
            await fetcher.fetch({ filename: `version ${version}'s zip`, url, hashes }, file, signal);
        } finally {
            await fetcher.close();
        }
        return readLayerZip(file, `Version ${version}'s zip`, signal);
    });
}
