import { createHash } from "node:crypto";
import type { PublishedVersion } from "../../../provider/publish/layerVersion";
import type { KeptManifest, VersionRecord } from "../../../provider/publish/record";

/** A manifest with this text. */
export function manifestOf(text: string, fileName = "uv.lock"): KeptManifest {
    const bytes = Buffer.from(`# ${text}\n`);
    return { fileName, bytes, md5: createHash("md5").update(bytes).digest("hex") };
}

/** The record of a version that was published from {@link manifestOf} the text. */
export const recordOf = (published: PublishedVersion, layerName: string, text: string): VersionRecord => ({
    schemaVersion: 1,
    layerName,
    layerVersionArn: published.layerVersionArn,
    version: published.version,
    versionKey: `key of ${text}`,
    artifactKey: `artifact of ${text}`,
    codeSha256: published.codeSha256,
    codeSize: published.codeSize,
    manifest: { fileName: "uv.lock", md5: manifestOf(text).md5 },
    settings: {},
    createdDate: published.createdDate,
    publishedBy: "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps",
});
