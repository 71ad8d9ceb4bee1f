import { createHash } from "node:crypto";
import { withoutUserInfo } from "../manifest";
import type { Dependency } from "../manifest/model";
import type { Props } from "../props";
import { targetOf } from "./storedManifest";

/** A package of a layer, with what the manifest says of where it came from. */
export interface Component {
    /** Normalised (PEP 503). */
    readonly name: string;
    /** Empty for a source tree whose version nobody recorded. */
    readonly version: string;
    readonly dependency?: Dependency;
}

/** What a bill of materials is made from. */
export interface LayerMaterials {
    readonly layerName: string;
    readonly version: number;
    readonly layerVersionArn: string | undefined;
    /** Base64. */
    readonly codeSha256: string | undefined;
    /** ISO 8601, UTC. */
    readonly publishedAt: string | undefined;
    readonly settings: Props;
    readonly manifestUri: string | undefined;
    readonly components: readonly Component[];
    /** Whether the components are known to be all that is in the layer. */
    readonly complete: boolean;
    /** Of this package. */
    readonly toolVersion: string;
}

/** Hashes that CycloneDX has a name for, by Python's. https://cyclonedx.org/docs/1.6/json/ (hash-alg) */
const algorithms: Readonly<Record<string, string>> = {
    md5: "MD5",
    sha1: "SHA-1",
    sha256: "SHA-256",
    sha384: "SHA-384",
    sha512: "SHA-512",
};

/**
 * A CycloneDX 1.6 document of a layer version. The same version gives the same document: its time is that of the
 * publication, and its serial number follows from what it says.
 */
export function billOfMaterials(materials: LayerMaterials): Record<string, unknown> {
    const { layerName, version, layerVersionArn, codeSha256, publishedAt } = materials;
    const layerReference = layerVersionArn ?? `${layerName}:${version}`;
    const components = [...materials.components]
        .sort((left, right) => (left.name < right.name ? -1 : 1))
        .map(describeComponent);
    const document = {
        version: 1,
        metadata: {
            ...(publishedAt === undefined ? {} : { timestamp: publishedAt }),
            tools: {
                components: [
                    { type: "application", name: "pulumi-lambda-layer", version: materials.toolVersion },
                ],
            },
            component: {
                type: "file",
                "bom-ref": layerReference,
                name: layerName,
                version: String(version),
                ...(codeSha256 === undefined
                    ? {}
                    : {
                          hashes: [
                              { alg: "SHA-256", content: Buffer.from(codeSha256, "base64").toString("hex") },
                          ],
                      }),
                properties: layerProperties(materials),
            },
        },
        components,
        dependencies: [
            { ref: layerReference, dependsOn: components.map((component) => component["bom-ref"]) },
        ],
        compositions: [
            { aggregate: materials.complete ? "complete" : "unknown", assemblies: [layerReference] },
        ],
    };
    return {
        $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bomFormat: "CycloneDX",
        specVersion: "1.6",
        serialNumber: `urn:uuid:${uuidOf(JSON.stringify(document))}`,
        ...document,
    };
}

function describeComponent({ name, version, dependency }: Component) {
    const purl = packageUrl(name, version, dependency);
    const file = dependency?.file;
    const hashes = (file?.hash === undefined ? [] : [file.hash]).flatMap((hash) => {
        const [algorithm = "", content = ""] = hash.split(":");
        const alg = algorithms[algorithm];
        return alg === undefined ? [] : [{ alg, content }];
    });
    const url = file?.url === undefined ? undefined : withoutUserInfo(file.url);
    return {
        type: "library",
        "bom-ref": purl,
        name,
        ...(version === "" ? {} : { version }),
        ...(hashes.length === 0 ? {} : { hashes }),
        purl,
        ...(url === undefined || !URL.canParse(url)
            ? {}
            : { externalReferences: [{ type: "distribution", url }] }),
    };
}

/**
 * The package URL of a Python package. One of a tree of the user's own is no package of an index, so its type is `generic`.
 * https://github.com/package-url/purl-spec (types pypi and generic, qualifiers vcs_url and download_url)
 */
export function packageUrl(name: string, version: string, dependency?: Dependency): string {
    const source = dependency?.source;
    const type = source?.type === "directory" || source?.type === "path" ? "generic" : "pypi";
    const qualifier =
        source?.type === "git"
            ? `?vcs_url=${encodeURIComponent(`git+${withoutUserInfo(source.url)}${source.commit === undefined ? "" : `@${source.commit}`}`)}`
            : source?.type === "url"
              ? `?download_url=${encodeURIComponent(withoutUserInfo(source.url))}`
              : "";
    return `pkg:${type}/${encodeURIComponent(name)}${version === "" ? "" : `@${encodeURIComponent(version)}`}${qualifier}`;
}

function layerProperties({ layerVersionArn, settings, manifestUri }: LayerMaterials) {
    const target = targetOf(settings);
    const properties: Readonly<Record<string, string | undefined>> = {
        layerVersionArn,
        runtime: target?.runtime,
        architecture: target?.architecture,
        manifestUri,
    };
    return Object.entries(properties).flatMap(([name, value]) =>
        value === undefined ? [] : [{ name: `pulumi-lambda-layer:${name}`, value }],
    );
}

/** A UUID of a text: version 8, for those that are made as their maker likes (RFC 9562, 5.8). */
function uuidOf(text: string): string {
    const digest = createHash("sha256").update(text).digest("hex");
    return [
        digest.slice(0, 8),
        digest.slice(8, 12),
        `8${digest.slice(13, 16)}`,
        `8${digest.slice(17, 20)}`,
        digest.slice(20, 32),
    ].join("-");
}
