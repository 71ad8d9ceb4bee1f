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
    "exclude",
    "excludeRuntimeProvided",
    "compileBytecode",
    "resolveUnpinned",
    "installer",
    "content",
] as const;

/** The record of a version that these inputs published, with the sizes of its packages where they are known. */
export function createRecord(
    inputs: CheckedInputs,
    outputs: Pick<
        VersionOutputs,
        "versionKey" | "artifactKey" | "artifactUri" | "uncompressedSize" | "resolution"
    >,
    published: PublishedVersion,
    manifest: Pick<KeptManifest, "fileName" | "md5">,
    packages?: VersionRecord["packages"],
): VersionRecord {
    const given: Readonly<Record<string, unknown>> = { ...inputs };
    const dependencies = outputs.resolution ?? ("dependencies" in inputs ? inputs.dependencies : undefined);
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
        ...(dependencies === undefined ? {} : { dependencies }),
        ...(packages === undefined ? {} : { packages }),
        createdDate: published.createdDate,
        publishedBy: inputs.owner,
        owner: inputs.owner,
    };
}
