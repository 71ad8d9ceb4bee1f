import type { ObjectHead } from "../aws/objects";
import { LayerError } from "../errors";

/**
 * The preflight checks that aws-lambda-artifact-builder has for an archive in S3: it exists, it is not empty, and its label `manifest_md5` says
 * that it was built from this very manifest. Without them Lambda could be given an older build, or, as emulators allow,
 * nothing at all.
 *
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_UNLABELLED, ARCHIVE_STALE
 */
export function requireLabel(
    head: ObjectHead | undefined,
    uri: string,
    manifestMd5: string,
    layerName: string,
): asserts head is ObjectHead {
    if (head === undefined || head.size === 0) {
        throw new LayerError("ARCHIVE_NOT_FOUND", {
            what: `The archive of layer "${layerName}" ${head === undefined ? "is not in S3" : "is an empty object"}.`,
            where: uri,
            next: "Upload the zip first, or correct content.s3Bucket and content.s3Key.",
            property: "content",
        });
    }
    const label = head.metadata["manifest_md5"];
    if (label === undefined) {
        throw new LayerError("ARCHIVE_UNLABELLED", {
            what: `The archive of layer "${layerName}" does not say which manifest it was built from.`,
            where: uri,
            next: `Upload it with the metadata line manifest_md5=${manifestMd5}, for instance: aws s3 cp layer.zip ${uri} --metadata manifest_md5=${manifestMd5}`,
            property: "content",
        });
    }
    if (label !== manifestMd5) {
        throw new LayerError("ARCHIVE_STALE", {
            what: `The archive of layer "${layerName}" was built from another manifest than the one given.`,
            where: uri,
            detail: [`the archive's manifest_md5 is ${label}`, `the manifest's MD5 is ${manifestMd5}`],
            next: "Build and upload the archive again from this manifest, or give the manifest that it was built from.",
            property: "content",
        });
    }
}

/**
 * An archive in S3 begins as a zip does: with a local file header, which an empty one lacks (APPNOTE 4.3.7).
 *
 * @param start its first four bytes
 * @throws ARCHIVE_INVALID
 */
export function requireZip(start: Buffer | undefined, uri: string, layerName: string): void {
    if (start?.toString("latin1") !== "PK\x03\x04") {
        throw new LayerError("ARCHIVE_INVALID", {
            what: `The archive of layer "${layerName}" is no zip with anything in it.`,
            where: uri,
            next: "Build and upload the zip again, or correct content.s3Key.",
            property: "content",
        });
    }
}
