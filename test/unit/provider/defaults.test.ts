import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import type { LayerVersionArgs, PythonLayerArgs } from "../../../provider";
import { diff } from "../../../provider/diff";
import type { Props } from "../../../provider/props";
import { openCore } from "../../core";

/** Spellings of an argument: those in one list mean the same, `undefined` is an argument that is left out. */
type Meanings = readonly (readonly unknown[])[];

const absent = undefined;
const flag: Meanings = [[absent, null, false], [true]];
const names: Meanings = [
    [absent, null, []],
    [["extra-one"], ["Extra_One"], ["extra.one", "extra-one"]],
    [
        ["extra-one", "two"],
        ["two", "Extra-One", "two"],
    ],
];

describe("check and diff", () => {
    let folder: string;
    let layerName: string;
    const ownerOf = (type: string) =>
        `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:${type}::${path.basename(folder)}`;
    before(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        layerName = `shop-prod-${path.basename(folder)}`;
        await writeFile(
            path.join(folder, "uv.lock"),
            [
                'version = 1\nrequires-python = ">=3.9"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }',
                'dependencies = [{ name = "docopt" }]\n\n[package.optional-dependencies]\nextra-one = []\ntwo = []\n',
                "[package.dev-dependencies]\nextra-one = []\ntwo = []\n",
                '[[package]]\nname = "docopt"\nversion = "0.6.2"\nsource = { registry = "https://index.example/simple" }',
                `wheels = [{ url = "https://index.example/docopt-0.6.2-py2.py3-none-any.whl", hash = "sha256:${"0a".repeat(32)}" }]`,
            ].join("\n"),
        );
    });
    after(async () => {
        await rm(folder, { recursive: true, force: true });
    });

    const common = (): Readonly<Record<keyof PythonLayerArgs & keyof LayerVersionArgs, Meanings>> => ({
        layerName: [[layerName], ["deps"]],
        manifest: [
            [
                path.join(folder, "uv.lock"),
                path.relative(process.cwd(), path.join(folder, "uv.lock")),
                `./${path.relative(process.cwd(), folder)}/./uv.lock`,
            ],
        ],
        prefix: [
            [absent, null],
            ["", "/"],
            ["a/b", "a/b/", "/a/b/"],
        ],
        bucketOwner: [[absent, null], ["123456789012"]],
        // "AES256" goes with no key.
        serverSideEncryption: [[absent, null], ["aws:kms"], ["aws:kms:dsse"]],
        kmsKeyId: [[absent, null], ["alias/one"], ["alias/two"]],
        description: [[absent, null, ""], ["text"]],
        licenseInfo: [[absent, null, ""], ["MIT"]],
        compatibleRuntimes: [
            [absent, null, []],
            [
                ["python3.12", "python3.13"],
                ["python3.13", "python3.12"],
            ],
        ],
        compatibleArchitectures: [
            [absent, null, []],
            [
                ["x86_64", "arm64"],
                ["arm64", "x86_64"],
            ],
        ],
        keepVersions: [[absent, null, "all"], [0], [3]],
        forceDestroy: flag,
        permissions: [
            [absent, null, []],
            [
                ["111111111111", "o-abcdefghij"],
                ["o-abcdefghij", "111111111111", "o-abcdefghij"],
            ],
        ],
        triggers: [[absent, null, []], [["a", { b: 1 }]], [[{ b: 1 }, "a"]]],
        region: [[absent, null, "eu-central-1"], ["us-west-2"]],
        bucket: [["artifacts"]],
    });
    const pythonLayer = (): Readonly<Record<keyof PythonLayerArgs, Meanings>> => ({
        ...common(),
        layerName: [[absent, null, layerName], ["deps"]],
        manifestKind: [[absent, null, "uv.lock"]],
        pythonVersion: [
            ["3.13", "python3.13", " 3.13"],
            ["3.12", "python3.12"],
        ],
        architecture: [[absent, null, "x86_64"], ["arm64"]],
        package: [
            [absent, null],
            ["app", "App"],
        ],
        extras: names,
        groups: names,
        // Not together with groups and extras.
        onlyGroups: [[absent, null, []]],
        localPackages: [[absent, null, true], [false]],
        allowSourceBuilds: names,
        changeDetection: [[absent, null, "dependencies"], ["md5"]],
        exclude: [
            [absent, null, []],
            [["Numpy"], ["numpy", "numpy"]],
            [
                ["*.pyi", "Num_py"],
                ["num-py", "*.pyi"],
            ],
        ],
        excludeRuntimeProvided: flag,
        compileBytecode: flag,
        resolveUnpinned: flag,
        installer: [[absent, null, "uv"], ["container"]],
        indexes: [[absent, null, []]],
    });
    const layerVersion = (): Readonly<Record<keyof LayerVersionArgs, Meanings>> => ({
        ...common(),
        bucket: [[absent, null, "archives"], ["artifacts"]],
        content: [
            [
                { s3Bucket: "archives", s3Key: "k" },
                { s3Key: "k", s3Bucket: "archives", s3ObjectVersion: "", s3ObjectStorageMode: "COPY" },
                { s3Bucket: "archives", s3Key: "k", s3ObjectVersion: null },
            ],
            [{ s3Bucket: "archives", s3Key: "k", s3ObjectVersion: "1", s3ObjectStorageMode: "REFERENCE" }],
        ],
    });

    async function checked(owner: string, args: Props): Promise<Props> {
        const { layers, call } = openCore();
        const { inputs, failures } = await layers.check(call, {}, { owner, ...args });
        assert.deepEqual(failures, []);
        return inputs;
    }

    for (const [type, meanings] of [
        ["PythonLayer", pythonLayer],
        ["LayerVersion", layerVersion],
    ] as const) {
        it(`find no difference in a ${type} between an argument's default or empty value and none, or other spellings`, async function () {
            this.timeout(60_000);
            const spellings = Object.entries<Meanings>(meanings());
            const program = fc.tuple(
                ...spellings.map(([name, each]) =>
                    fc
                        .constantFrom(...each)
                        .chain((same) => fc.tuple(fc.constantFrom(...same), fc.constantFrom(...same)))
                        .map(([one, other]) => ({ name, one, other })),
                ),
            );
            await fc.assert(
                fc.asyncProperty(program, async (args) => {
                    const [one, other] = (["one", "other"] as const).map((side) =>
                        Object.fromEntries(args.map((arg) => [arg.name, arg[side]])),
                    );
                    const owner = ownerOf(type);
                    const before = await checked(owner, one ?? {});
                    const after = await checked(owner, other ?? {});
                    assert.deepEqual(after, before);
                    assert.deepEqual(diff(before, after), { changes: false });
                }),
                { numRuns: 60 },
            );
        });

        it(`find a difference in a ${type} between each two meanings of an argument`, async () => {
            for (const [name, classes] of Object.entries<Meanings>(meanings())) {
                const base = Object.fromEntries(
                    Object.entries<Meanings>(meanings()).map(([each, [first]]) => [each, first?.[0]]),
                );
                const inputs = await Promise.all(
                    classes.map(async ([value]) => {
                        const { owner: _, ...rest } = await checked(ownerOf(type), {
                            ...base,
                            [name]: value,
                        });
                        return { ...rest, resourceType: type };
                    }),
                );
                for (const [index, before] of inputs.entries()) {
                    for (const after of inputs.slice(index + 1)) {
                        assert.notDeepEqual(diff(before, after), { changes: false }, name);
                    }
                }
            }
        });
    }

    it("take a layer's ARN for its name in the account that its version is in", async () => {
        const id = "arn:aws:lambda:eu-central-1:111111111111:layer:deps:3";
        const owner = ownerOf("LayerVersion");
        const base = {
            manifest: path.join(folder, "uv.lock"),
            content: { s3Bucket: "archives", s3Key: "k" },
        };
        const named = await checked(owner, { ...base, layerName: "deps" });
        const byArn = (account: string) =>
            checked(owner, {
                ...base,
                layerName: `arn:aws:lambda:eu-central-1:${account}:layer:deps`,
            });
        assert.deepEqual(diff(named, await byArn("111111111111"), id), { changes: false });
        assert.deepEqual(diff(await byArn("111111111111"), named, id), { changes: false });
        assert.deepEqual(diff(named, await byArn("222222222222"), id), { replaces: ["account"] });
    });
});
