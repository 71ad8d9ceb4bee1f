import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { diff } from "../../../provider/diff";
import type { Props } from "../../../provider/props";
import { findArgumentProblems } from "../../../provider/resourceArguments";
import { openCore } from "../../core";
import { uniqueName } from "../emulatedAws";

const secret = "marker-pa55word";
const problems = (args: Props) =>
    findArgumentProblems("PythonLayer", {
        manifest: "uv.lock",
        bucket: "artifacts",
        pythonVersion: "3.13",
        ...args,
    });

describe("indexes", () => {
    it("are refused on an empty property and without any of their values", () => {
        for (const indexes of [
            secret,
            [secret],
            { url: secret },
            [{ url: secret }],
            [{ username: secret }],
            [{ url: "https://index.example/", password: 7 }],
            [{ url: "https://index.example/", [secret]: "x" }],
            [{ url: `https://me:${secret}@index.example:port/` }],
        ]) {
            const [problem, ...others] = problems({ indexes });
            assert.equal(problem?.property, "");
            assert.match(problem?.reason ?? "", /^indexes /);
            assert.ok(!JSON.stringify([problem, others]).includes(secret));
        }
    });

    it("may leave out all but the address, and take that from a variable", () => {
        const indexes = [
            { url: "https://index.example/simple" },
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
            { url: "https://${HOST}/simple", name: "corp", passwordVariable: "WHAT", username: undefined },
        ];
        assert.deepEqual(problems({ indexes }), []);
    });

    it("change nothing, whatever changes in them", () => {
        const before = { manifestMd5: "0a", indexes: [{ url: "https://index.example/", password: "old" }] };
        const after = { manifestMd5: "0a", indexes: [{ url: "https://index.example/", password: secret }] };
        assert.deepEqual(diff(before, after), { changes: false });
        assert.deepEqual(diff(before, { manifestMd5: "0a" }), { changes: false });
    });
});

describe("exclude, byte code and installers", () => {
    it("are refused with what they must be", () => {
        const reasons = (args: Props) => problems(args).map(({ reason }) => reason);
        assert.match(reasons({ exclude: ["!boto3*"] })[0] ?? "", /exclude has "!boto3\*"/);
        assert.match(reasons({ exclude: ["**/*"] })[0] ?? "", /leaves nothing/);
        assert.match(reasons({ exclude: ["boto3==1"] })[0] ?? "", /neither a distribution's name nor a glob/);
        assert.match(reasons({ installer: "pip" })[0] ?? "", /"uv", "container"/);
        assert.match(reasons({ compileBytecode: "yes" })[0] ?? "", /true or false/);
        assert.deepEqual(
            reasons({ exclude: ["boto3", "*.pyi", "numpy/tests/"], installer: "container" }),
            [],
        );
    });

    it("make a new version when they change what is in the layer", () => {
        const before = { manifestMd5: "0a", exclude: ["*.pyi"], sourcesDigest: { liba: "00" } };
        const replaces = (news: Props) => diff(before, { ...before, ...news }).replaces;
        assert.deepEqual(replaces({ exclude: ["*.pyi", "tests/"] }), ["exclude"]);
        assert.deepEqual(replaces({ compileBytecode: true }), ["compileBytecode"]);
        assert.deepEqual(replaces({ excludeRuntimeProvided: true }), ["excludeRuntimeProvided"]);
        assert.deepEqual(replaces({ sourcesDigest: { liba: "01" } }), ["sourcesDigest"]);
        assert.deepEqual(diff(before, { ...before, installer: "container", resolveUnpinned: true }), {});
    });
});

describe("check of local packages", () => {
    let folder: string;
    let said: readonly string[];
    const check = (olds: Props, news: Props) => {
        const { layers, call, said: lines } = openCore();
        said = lines;
        return layers.check(call, olds, news);
    };
    beforeEach(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        await mkdir(path.join(folder, "liba"));
        await writeFile(path.join(folder, "liba", "liba.py"), "x = 1\n");
        await writeFile(path.join(folder, "requirements.txt"), "liba @ ./liba\nsix==1.16.0\n");
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const checked = async (olds: Props, args: Props = {}) => {
        const { inputs, failures } = await check(olds, {
            resourceType: "PythonLayer",
            owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${uniqueName("deps")}`,
            layerName: "deps",
            manifest: path.join(folder, "requirements.txt"),
            bucket: "artifacts",
            pythonVersion: "3.13",
            ...args,
        });
        assert.deepEqual(failures, []);
        return inputs;
    };

    it("tells an edit of their files, and which package it was", async () => {
        const first = await checked({});
        assert.deepEqual(Object.keys(first["sourcesDigest"] ?? {}), ["liba"]);
        assert.deepEqual((await checked(first))["sourcesDigest"], first["sourcesDigest"]);
        await mkdir(path.join(folder, "liba", "__pycache__"));
        await writeFile(path.join(folder, "liba", "__pycache__", "x.pyc"), "");
        assert.deepEqual((await checked(first))["sourcesDigest"], first["sourcesDigest"]);

        await writeFile(path.join(folder, "liba", "liba.py"), "x = 2\n");
        const second = await checked(first);
        assert.ok(said.includes("1 local package changed: liba"), said.join("\n"));
        assert.notDeepEqual(second["sourcesDigest"], first["sourcesDigest"]);
        const { owner: _one, ...olds } = first;
        const { owner: _other, ...news } = second;
        assert.deepEqual(diff(olds, news), { replaces: ["sourcesDigest"] });
    });

    it("leaves them out with localPackages: false, and excluded packages out of the dependencies", async () => {
        const without = await checked({}, { localPackages: false });
        assert.ok(!("sourcesDigest" in without));
        const excluded = await checked({}, { exclude: ["Liba"] });
        assert.deepEqual(excluded["dependencies"], { six: "1.16.0" });
        assert.ok(!("sourcesDigest" in excluded));
    });

    it("refuses a package whose folder is gone, in the preview", async () => {
        const first = await checked({});
        await rm(path.join(folder, "liba"), { recursive: true });
        const computed = ["manifestMd5", "sourcesDigest", "dependencies", "dependencyDigest"];
        const args = Object.fromEntries(Object.entries(first).filter(([name]) => !computed.includes(name)));
        const { failures } = await check(first, args);
        assert.equal(failures[0]?.property, "manifest");
        assert.match(failures[0]?.reason ?? "", /MANIFEST_NOT_FOUND: The folder of liba/);
    });
});
