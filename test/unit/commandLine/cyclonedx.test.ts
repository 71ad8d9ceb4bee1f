import assert from "node:assert/strict";
import { billOfMaterials, packageUrl } from "../../../provider/commandLine/cyclonedx";
import type { Dependency, Source } from "../../../provider/manifest/model";

const dependency = (source: Source, more: Partial<Dependency> = {}): Dependency => ({
    name: "web",
    version: "1.0",
    source,
    hashes: [],
    position: { file: "uv.lock", line: 1, column: 1 },
    ...more,
});

describe("packageUrl", () => {
    it("is that of the index for what an index serves", () => {
        assert.equal(
            packageUrl("web", "1.0+cpu", dependency({ type: "registry" })),
            "pkg:pypi/web@1.0%2Bcpu",
        );
        assert.equal(packageUrl("web", "1.0"), "pkg:pypi/web@1.0");
    });

    it("says where else a package came from", () => {
        const commit = "0123456789abcdef0123456789abcdef01234567";
        const git = dependency({ type: "git", url: "https://git.example/web.git", commit });
        assert.equal(
            packageUrl("web", "1.0", git),
            `pkg:pypi/web@1.0?vcs_url=git%2Bhttps%3A%2F%2Fgit.example%2Fweb.git%40${commit}`,
        );
        const url = dependency({ type: "url", url: "https://files.example/web-1.0.tar.gz" });
        assert.equal(
            packageUrl("web", "1.0", url),
            "pkg:pypi/web@1.0?download_url=https%3A%2F%2Ffiles.example%2Fweb-1.0.tar.gz",
        );
    });

    it("is no index's for a tree of the user's own", () => {
        const tree = dependency({ type: "directory", path: "lib", editable: false, virtual: false });
        assert.equal(packageUrl("web", "", tree), "pkg:generic/web");
    });
});

describe("billOfMaterials", () => {
    const materials = {
        layerName: "deps",
        version: 7,
        layerVersionArn: "arn:aws:lambda:eu-central-1:000000000000:layer:deps:7",
        codeSha256: Buffer.alloc(32, 1).toString("base64"),
        publishedAt: "2025-01-31T10:00:00.000Z",
        settings: { pythonVersion: "3.13", architecture: "arm64" },
        manifestUri: "s3://artifacts/lambda/deps/layer/000007/uv.lock",
        components: [
            { name: "web", version: "1.0" },
            {
                name: "numbers",
                version: "2.0",
                dependency: dependency(
                    { type: "registry" },
                    {
                        file: {
                            filename: "numbers-2.0-py3-none-any.whl",
                            url: "https://index.example/numbers-2.0-py3-none-any.whl",
                            hash: `sha256:${"ab".repeat(32)}`,
                        },
                    },
                ),
            },
        ],
        complete: true,
        toolVersion: "0.1.0",
    };

    it("has what CycloneDX 1.6 wants, and what is known of the layer", () => {
        assert.deepEqual(billOfMaterials(materials), {
            $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
            bomFormat: "CycloneDX",
            specVersion: "1.6",
            serialNumber: billOfMaterials(materials)["serialNumber"],
            version: 1,
            metadata: {
                timestamp: "2025-01-31T10:00:00.000Z",
                tools: {
                    components: [{ type: "application", name: "pulumi-lambda-layer", version: "0.1.0" }],
                },
                component: {
                    type: "file",
                    "bom-ref": materials.layerVersionArn,
                    name: "deps",
                    version: "7",
                    hashes: [{ alg: "SHA-256", content: "01".repeat(32) }],
                    properties: [
                        { name: "pulumi-lambda-layer:layerVersionArn", value: materials.layerVersionArn },
                        { name: "pulumi-lambda-layer:runtime", value: "python3.13" },
                        { name: "pulumi-lambda-layer:architecture", value: "arm64" },
                        { name: "pulumi-lambda-layer:manifestUri", value: materials.manifestUri },
                    ],
                },
            },
            components: [
                {
                    type: "library",
                    "bom-ref": "pkg:pypi/numbers@2.0",
                    name: "numbers",
                    version: "2.0",
                    hashes: [{ alg: "SHA-256", content: "ab".repeat(32) }],
                    purl: "pkg:pypi/numbers@2.0",
                    externalReferences: [
                        { type: "distribution", url: "https://index.example/numbers-2.0-py3-none-any.whl" },
                    ],
                },
                {
                    type: "library",
                    "bom-ref": "pkg:pypi/web@1.0",
                    name: "web",
                    version: "1.0",
                    purl: "pkg:pypi/web@1.0",
                },
            ],
            dependencies: [
                { ref: materials.layerVersionArn, dependsOn: ["pkg:pypi/numbers@2.0", "pkg:pypi/web@1.0"] },
            ],
            compositions: [{ aggregate: "complete", assemblies: [materials.layerVersionArn] }],
        });
    });

    it("is the same for the same version, and has a serial number of its own for another", () => {
        const { serialNumber } = billOfMaterials(materials);
        assert.match(
            String(serialNumber),
            /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        assert.equal(billOfMaterials({ ...materials })["serialNumber"], serialNumber);
        assert.notEqual(billOfMaterials({ ...materials, version: 8 })["serialNumber"], serialNumber);
    });
});
