import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { prefixOf } from "../../../provider/inputs";
import type { Props } from "../../../provider/props";
import { unknownValue } from "../../../provider/unknown";
import { openCore, type TestCore } from "../../core";
import { uniqueName } from "../emulatedAws";

const hash = (digit: string) => `--hash=sha256:${digit.repeat(64)}`;
const requirements = (version: string) => `six==${version} ${hash(version.replace(/\D/g, "").slice(-1))}\n`;

describe("check", () => {
    let folder: string;
    let manifest: string;
    let owner: string;
    const write = (text: string) => writeFile(manifest, text);
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const ownerOf = (name: string) =>
        `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${name}`;
    const archiveOwner = () => owner.replace("PythonLayer", "LayerVersion");
    const program = (args: Props = {}): Props => ({
        owner,
        manifest,
        bucket: "artifacts",
        pythonVersion: "3.13",
        ...args,
    });
    const archive = (args: Props = {}): Props => ({
        owner: archiveOwner(),
        manifest,
        layerName: "deps",
        content: { s3Bucket: "archives", s3Key: "layer.zip" },
        ...args,
    });
    let core: TestCore;
    const check = (olds: Props, news: Props) => core.layers.check(core.call, olds, news);
    async function checked(news: Props, olds: Props = {}): Promise<Record<string, unknown>> {
        const { inputs, failures } = await check(olds, news);
        assert.deepEqual(failures, []);
        return inputs;
    }

    beforeEach(async () => {
        core = openCore();
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        manifest = path.join(folder, "requirements.txt");
        owner = ownerOf(uniqueName("deps"));
        await write(requirements("1.16.0"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    describe("fills in", () => {
        it("what a program leaves out", async () => {
            const inputs = await checked(program());
            const name = `shop-prod-${owner.split("::").at(-1)}`;
            assert.equal(inputs["layerName"], name);
            assert.equal(prefixOf(inputs), `lambda/${name}/`);
            assert.equal(inputs["region"], "eu-central-1");
            assert.equal(inputs["architecture"], "x86_64");
            assert.deepEqual(inputs["compatibleRuntimes"], ["python3.13"]);
            assert.deepEqual(inputs["compatibleArchitectures"], ["x86_64"]);
            assert.equal(inputs["manifestMd5"], md5(requirements("1.16.0")));
            assert.deepEqual(inputs["dependencies"], { six: "1.16.0" });
            assert.ok(!("__provider" in inputs));
        });

        it("the place of an archive's records: its own bucket, or none for a local zip", async () => {
            const stored = await checked(archive());
            assert.deepEqual([stored["bucket"], prefixOf(stored)], ["archives", "lambda/deps/"]);
            const local = await checked(archive({ content: { zipFile: "layer.zip" } }));
            assert.equal(local["bucket"], undefined);
            assert.equal(local["dependencies"], undefined);
        });

        it("the same for every way to write a Python version, a layer or a prefix", async () => {
            for (const pythonVersion of ["3.13", "python3.13", " 3.13 "]) {
                assert.equal((await checked(program({ pythonVersion })))["pythonVersion"], "3.13");
            }
            const arn = "arn:aws:lambda:eu-central-1:123456789012:layer:shared";
            const named = await checked(program({ layerName: arn, prefix: "/layers//shared/" }));
            assert.deepEqual([named["layerName"], named["account"]], ["shared", "123456789012"]);
            assert.equal(named["prefix"], "layers//shared/");
            assert.equal((await checked(program({ prefix: "/" })))["prefix"], "");
        });

        it("the layer's name once: after a rename, and when the old inputs are not shown again", async () => {
            const first = await checked(program());
            const name = first["layerName"];
            owner = ownerOf(uniqueName("renamed"));
            assert.equal((await checked(program(), first))["layerName"], name);
            assert.equal((await checked(program()))["layerName"], name);
        });

        it("the region from the resource first", async () => {
            assert.equal((await checked(program({ region: "us-west-2" })))["region"], "us-west-2");
        });
    });

    it("passes over a drift that ignoreChanges hands on", async () => {
        const now = await checked(program());
        const drifted = { ...now, records: "manifest missing" };
        assert.deepEqual(await checked({ ...drifted, resourceType: "PythonLayer" }, drifted), now);
    });

    describe("passes over unknown values", () => {
        it("of any argument, at any depth, and fails for none of them", async () => {
            const known = program({
                layerName: "deps",
                architecture: "arm64",
                description: "d",
                compatibleRuntimes: ["python3.13"],
                compatibleArchitectures: ["arm64"],
                extras: ["a"],
                prefix: "p",
                region: "us-west-2",
                triggers: [{ deep: [1] }],
            });
            for (const name of Object.keys(known).filter((each) => !["owner", "extras"].includes(each))) {
                const { failures } = await check({}, { ...known, extras: undefined, [name]: unknownValue });
                assert.deepEqual(failures, [], name);
            }
            for (const [name, value] of [
                ["compatibleRuntimes", [unknownValue]],
                ["triggers", [{ deep: [unknownValue] }]],
            ] as const) {
                const inputs = await checked(program({ [name]: value }));
                assert.deepEqual(inputs[name], value);
            }
            await checked(archive({ content: unknownValue }));
            const inputs = await checked(archive({ content: { s3Bucket: unknownValue, s3Key: "k" } }));
            assert.equal(inputs["bucket"], unknownValue);
        });

        it("and leaves unknown what follows from them", async () => {
            assert.equal((await checked(program({ manifest: unknownValue })))["manifestMd5"], unknownValue);
            assert.equal((await checked(program({ prefix: unknownValue })))["prefix"], unknownValue);
            const inputs = await checked(program({ pythonVersion: unknownValue }));
            assert.equal(inputs["dependencies"], unknownValue);
            assert.equal(inputs["dependencyDigest"], unknownValue);
            assert.equal(inputs["manifestMd5"], md5(requirements("1.16.0")));
            const bucket = await checked(program({ bucket: unknownValue }));
            assert.equal(bucket["bucket"], unknownValue);
            assert.deepEqual(bucket["dependencies"], { six: "1.16.0" });
        });
    });

    describe("names the property at fault", () => {
        const wrong: readonly (readonly [string, Props, RegExp])[] = [
            ["manifest", { manifest: undefined }, /manifest is required/],
            ["bucket", { bucket: undefined }, /bucket is required/],
            ["pythonVersion", { pythonVersion: null }, /pythonVersion is required/],
            ["manifest", { manifest: 7 }, /must be a text/],
            ["bucket", { bucket: "s3://artifacts" }, /S3 bucket name/],
            ["pythonVersion", { pythonVersion: "3.7" }, /TARGET_UNSUPPORTED/],
            ["pythonVersion", { pythonVersion: "three" }, /TARGET_UNSUPPORTED/],
            ["architecture", { architecture: "aarch64" }, /"x86_64" or "arm64", but is "aarch64"/],
            ["layerName", { layerName: "a b" }, /140/],
            [
                "layerName",
                { layerName: "arn:aws:lambda:eu-west-1:123456789012:layer:deps" },
                /eu-west-1.*eu-central-1/,
            ],
            ["region", { region: "Frankfurt" }, /AWS region/],
            ["description", { description: "x".repeat(257) }, /256/],
            ["licenseInfo", { licenseInfo: "x".repeat(513) }, /512/],
            ["compatibleRuntimes", { compatibleRuntimes: ["python3.12"] }, /leaves out python3\.13/],
            ["compatibleRuntimes", { compatibleRuntimes: "python3.13" }, /list of texts/],
            ["compatibleArchitectures", { compatibleArchitectures: ["arm64"] }, /leaves out x86_64/],
            [
                "compatibleArchitectures",
                { compatibleArchitectures: ["x86_64", "sparc"] },
                /"sparc" is neither/,
            ],
            ["prefix", { prefix: 1 }, /text/],
            ["forceDestroy", { forceDestroy: "yes" }, /true or false/],
            ["keepVersions", { keepVersions: -1 }, /0 or more/],
            ["keepVersions", { keepVersions: 1.5 }, /whole number/],
            ["triggers", { triggers: "again" }, /must be a list/],
            ["permissions", { permissions: ["everyone"] }, /permissions/],
            ["extras", { extras: [""] }, /list of texts/],
            ["localPackages", { localPackages: "no" }, /true or false/],
            ["changeDetection", { changeDetection: "sha" }, /"dependencies" or "md5"/],
            ["manifestKind", { manifestKind: "Pipfile" }, /uv\.lock/],
            ["bukcet", { bukcet: "x" }, /no argument of PythonLayer/],
        ];
        for (const [property, args, reason] of wrong) {
            it(`${property}: ${JSON.stringify(args)}`.slice(0, 90), async () => {
                const { failures } = await check({}, program(args));
                assert.deepEqual(
                    failures.map((failure) => failure.property),
                    [property],
                );
                assert.match(failures[0]?.reason ?? "", reason);
                assert.match(failures[0]?.reason ?? "", /^[A-Z]+_[A-Z]+: .*[.?]\n(?:.*\n)* {2}→ .*\.$/);
            });
        }

        it("permissions, of things that are no text and cannot be made one", async () => {
            const permissions = [{ toString: false }, { toString: false }];
            const { failures } = await check({}, program({ permissions }));
            assert.deepEqual(
                failures.map((failure) => failure.property),
                ["permissions"],
            );
        });

        it("content, of an archive", async () => {
            for (const content of [
                "layer.zip",
                {},
                { s3Bucket: "archives" },
                { s3Bucket: "archives", s3Key: "" },
                { s3Bucket: "archives", s3Key: "k", zipFile: "layer.zip" },
                { zipFile: "" },
                { zipFile: "layer.zip", other: 1 },
            ]) {
                const { failures } = await check({}, archive({ content }));
                assert.deepEqual(
                    failures.map((failure) => failure.property),
                    ["content"],
                    JSON.stringify(content),
                );
            }
        });

        it("all of them at once", async () => {
            const { failures } = await check({}, program({ bucket: 1, architecture: 2, keepVersions: -1 }));
            assert.deepEqual(failures.map(({ property }) => property).sort(), [
                "architecture",
                "bucket",
                "keepVersions",
            ]);
        });

        it("the manifest, where it is missing, empty or not pinned", async () => {
            const missing = await check({}, program({ manifest: path.join(folder, "not-there/uv.lock") }));
            assert.equal(missing.failures[0]?.property, "manifest");
            assert.match(missing.failures[0]?.reason ?? "", /MANIFEST_NOT_FOUND/);
            await write("\n");
            assert.match((await check({}, program())).failures[0]?.reason ?? "", /MANIFEST_EMPTY/);
        });

        it("nothing, for what is no resource of ours", async () => {
            const { failures } = await check({}, { manifest });
            assert.deepEqual(
                failures.map(({ property }) => property),
                [""],
            );
            assert.match(failures[0]?.reason ?? "", /^ARGUMENT_INVALID: .*\n {2}→ Make it with the classes/);
        });

        it("nothing, for a state in the format of a newer release", async () => {
            const { failures } = await check({ schemaVersion: 3 }, program());
            assert.deepEqual(
                failures.map(({ property }) => property),
                [""],
            );
            assert.match(failures[0]?.reason ?? "", /^STATE_UNSUPPORTED: .*newer release.*\n {2}→ Upgrade/);
        });
    });

    it("keeps the bucket of a layer that has records", async () => {
        const local = { content: { zipFile: "layer.zip" } };
        const before = await checked(archive({ ...local, bucket: "artifacts" }));
        const { failures } = await check(before, archive(local));
        assert.deepEqual(
            failures.map(({ property }) => property),
            ["bucket"],
        );
        assert.match(
            failures[0]?.reason ?? "",
            /are in bucket "artifacts".*\n {2}→ Keep bucket: "artifacts"/,
        );
        assert.equal((await checked(archive({ ...local, bucket: "other" }), before))["bucket"], "other");
        assert.equal((await checked(archive(local), await checked(archive(local))))["bucket"], undefined);
    });

    describe("looks at the manifest", () => {
        it("once: equal bytes and settings take over what is known, and nothing is parsed", async () => {
            const known = { ...(await checked(program())), dependencies: { known: "before" } };
            assert.deepEqual((await checked(program(), known))["dependencies"], { known: "before" });
            assert.deepEqual((await checked(program({ pythonVersion: "3.12" }), known))["dependencies"], {
                six: "1.16.0",
            });
        });

        it("again for a replacement, which is shown no old inputs, with the same answer", async () => {
            const first = await checked(program());
            await write(requirements("1.17.0"));
            const withOld = await checked(program(), first);
            assert.deepEqual(await checked(program()), withOld);
            assert.deepEqual(withOld["dependencies"], { six: "1.17.0" });
        });

        it("by its bytes alone where asked to", async () => {
            const inputs = await checked(program({ changeDetection: "md5" }));
            assert.equal(inputs["dependencyDigest"], undefined);
            assert.deepEqual(inputs["dependencies"], { six: "1.16.0" });
        });

        it("as far as ignoreChanges lets it: what was read off it stays together", async () => {
            const first = await checked(program());
            await write(requirements("1.17.0"));
            for (const name of ["manifestMd5", "dependencies", "dependencyDigest"]) {
                // The engine writes the old value in before it asks.
                const inputs = await checked(program({ [name]: first[name] }), first);
                assert.deepEqual(inputs, first, name);
            }
        });

        it("and keeps no undefined", async () => {
            const inputs = await checked(program({ description: undefined, extras: undefined }));
            assert.ok(Object.values(inputs).every((value) => value !== undefined));
        });
    });

    it("asks for a region where none is set anywhere", async () => {
        const files = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
        core = openCore({ settings: () => undefined, environment: files });
        const { failures } = await check({}, program());
        assert.deepEqual(
            failures.map(({ property }) => property),
            ["region"],
        );
        assert.match(
            failures[0]?.reason ?? "",
            /^REGION_MISSING: No AWS region is set\.\n {2}→ .*pulumi config set aws:region/,
        );
        core = openCore({ settings: () => undefined, environment: { ...files, AWS_REGION: "sa-east-1" } });
        assert.equal((await checked(program()))["region"], "sa-east-1");
    });
});
