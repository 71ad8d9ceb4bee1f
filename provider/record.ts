import type { CheckedInputs } from "./inputs";
import type { VersionOutputs } from "./outputs";
import type { PublishedVersion } from "./publish/layerVersion";
import type { KeptManifest, VersionRecord } from "./publish/record";

/** Inputs that say how the version came about. None can hold a secret. */
const recorded = [
    "description",
    "licenseInfo",
    "compatibleRuntimes",
    "compatibleArchitectures",
    "pythonVersion",
    "architecture",
    "manifestKind",
    "package",
    "extras",
    "groups",
    "localPackages",
    "content",
] as const;

/** The record of a version that these inputs published. */
export function createRecord(
    inputs: CheckedInputs,
    outputs: Pick<
        VersionOutputs,
        "versionKey" | "artifactKey" | "artifactUri" | "uncompressedSize" | "origin"
    >,
    published: PublishedVersion,
    manifest: Pick<KeptManifest, "fileName" | "md5">,
): VersionRecord {
    const given: Readonly<Record<string, unknown>> = { ...inputs };
    return {
        schemaVersion: 1,
        layerName: inputs.layerName,
        layerVersionArn: published.layerVersionArn,
        version: published.version,
        versionKey: outputs.versionKey,
        artifactKey: outputs.artifactKey,
        ...(outputs.artifactUri === undefined ? {} : { artifactUri: outputs.artifactUri }),
        codeSha256: published.codeSha256,
        codeSize: published.codeSize,
        ...(outputs.uncompressedSize === undefined ? {} : { uncompressedSize: outputs.uncompressedSize }),
        manifest: { fileName: manifest.fileName, md5: manifest.md5 },
        settings: Object.fromEntries(
            recorded.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
        ),
        ...("dependencies" in inputs && inputs.dependencies !== undefined
            ? { dependencies: inputs.dependencies }
            : {}),
        createdDate: published.createdDate,
        // Nobody here answers for what someone else published: no owner's retention ever deletes it.
        publishedBy: outputs.origin === "adopted" ? "" : inputs.owner,
        owner: outputs.origin === "adopted" ? "" : inputs.owner,
    };
}
