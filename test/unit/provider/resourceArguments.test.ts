import assert from "node:assert/strict";
import { basename } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { isLayerError } from "../../../provider/errors";
import { classifiedInputs } from "../../../provider/inputEffects";
import { asCheckedInputs } from "../../../provider/inputs";
import type { Props } from "../../../provider/props";
import { layerStore, recordObject } from "../../../provider/publish/layout";
import { findArgumentProblems, inputNames, type ResourceType } from "../../../provider/resourceArguments";

const required: Readonly<Record<ResourceType, Props>> = {
    PythonLayer: { manifest: "uv.lock", bucket: "artifacts", pythonVersion: "3.13" },
    LayerVersion: { manifest: "uv.lock", content: { zipFile: "layer.zip" }, layerName: "deps" },
};
const problems = (args: Props, type: ResourceType = "PythonLayer") =>
    findArgumentProblems(type, { ...required[type], ...args });

describe("an argument that there is not", () => {
    const meant: readonly (readonly [written: string, meant: string])[] = [
        ["keepVersion", "keepVersions"],
        ["keepversions", "keepVersions"],
        ["keep_versions", "keepVersions"],
        ["forecDestroy", "forceDestroy"],
        ["pyhtonVersion", "pythonVersion"],
        ["architectures", "architecture"],
        ["compatibleRuntime", "compatibleRuntimes"],
        ["licenceInfo", "licenseInfo"],
        ["extra", "extras"],
    ];
    for (const [written, expected] of meant) {
        it(`is told with the one that is meant: ${written}`, () => {
            assert.deepEqual(problems({ [written]: "x" }), [
                {
                    property: written,
                    reason: `${written} is no argument of PythonLayer: did you mean "${expected}"?`,
                },
            ]);
        });
    }

    it("is told alone where none is near, without its value, which may be a secret", () => {
        for (const written of ["password", "tags", "x", "zzzzzzzzzz", "constructor", "__proto__"]) {
            const args: Props = JSON.parse(`{ ${JSON.stringify(written)}: "x" }`);
            assert.deepEqual(problems(args), [
                { property: "", reason: `${written} is no argument of PythonLayer` },
            ]);
        }
    });

    it("is told without its value where the one that is meant can hold secrets", () => {
        assert.deepEqual(problems({ indices: [{ url: "https://index.example/", password: "x" }] }), [
            { property: "", reason: 'indices is no argument of PythonLayer: did you mean "indexes"?' },
        ]);
    });

    it("is never answered with an argument of the other resource, or with what check fills in", () => {
        assert.deepEqual(
            problems({ contents: "x", schemaVersio: 1 }).map(({ reason }) => reason),
            ["contents is no argument of PythonLayer", "schemaVersio is no argument of PythonLayer"],
        );
        assert.deepEqual(
            problems({ contents: "x", extra: [] }, "LayerVersion").map(({ reason }) => reason),
            [
                'contents is no argument of LayerVersion: did you mean "content"?',
                "extra is no argument of LayerVersion",
            ],
        );
    });
});

describe("a manifest", () => {
    const store = layerStore(
        {
            s3: new S3Client({}),
            name: "artifacts",
            owner: "123456789012",
            signal: new AbortController().signal,
        },
        "lambda/deps/",
    );

    it("is not called like the record that stands beside its copy in the bucket", () => {
        for (const type of ["PythonLayer", "LayerVersion"] as const) {
            assert.deepEqual(problems({ manifest: `locks/${basename(recordObject(store, 7))}` }, type), [
                {
                    property: "manifest",
                    reason: "manifest must not be called record.json: the layer's record has that name beside it in the bucket",
                },
            ]);
        }
    });

    it("may be called like anything else that is there", () => {
        for (const manifest of [
            "ledger-123456789012-eu-central-1.json",
            "record.json/uv.lock",
            "Record.json",
        ]) {
            assert.deepEqual(problems({ manifest }, "LayerVersion"), [], manifest);
        }
    });
});

describe("every input", () => {
    it("has its place in the table that says what a change of it leads to", () => {
        const names = new Set([...inputNames("PythonLayer"), ...inputNames("LayerVersion")]);
        assert.deepEqual([...classifiedInputs].sort(), [...names].sort());
    });
});

describe("inputs that went through check", () => {
    const checked: Props = {
        ...required.LayerVersion,
        resourceType: "LayerVersion",
        owner: "acme/urn",
        region: "eu-central-1",
        manifestMd5: "0a1b",
    };
    const refusal = (props: Props): string => {
        try {
            asCheckedInputs(props);
            return "";
        } catch (error) {
            assert.ok(isLayerError(error));
            return error.message;
        }
    };

    it("are taken, without what this release does not know and what is the engine's", () => {
        assert.deepEqual(asCheckedInputs({ ...checked, later: 1, __provider: "text" }), checked);
    });

    it("are refused where a computed one has been edited into another shape", () => {
        for (const [name, value, reason] of [
            ["manifestMd5", 7, "must be a text"],
            ["account", 123456789012, "must be a text"],
            ["records", true, "must be a text"],
            ["dependencies", { six: 1 }, "must be an object of texts"],
            ["sourcesDigest", ["liba"], "must be an object of texts"],
        ] as const) {
            assert.match(
                refusal({ ...checked, [name]: value }),
                new RegExp(`^ARGUMENT_INVALID: The inputs cannot be used: ${name} ${reason}\\.\n`),
            );
        }
    });

    it("are refused in the format of a newer release", () => {
        assert.match(
            refusal({ ...checked, schemaVersion: 3 }),
            /^STATE_UNSUPPORTED: .* layer "deps" .* format is 3, and this release reads up to 1\.\n {2}→ Upgrade/,
        );
    });
});
