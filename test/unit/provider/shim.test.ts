import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { repository } from "../../../scripts/cacheFolder";
import { type CompiledPackage, compiledPackage, runProgram } from "./compiledPackage";

const golden = path.join(repository, "test/unit/provider/golden/shim.txt");

/** Compiles a text as Pulumi's plugin does: it is a module without a file. */
const stored = (file: string) => `
    const Module = require("node:module");
    const stored = new Module("", null);
    stored.paths = Module._nodeModulePaths(process.cwd());
    stored._compile(require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8"), "");`;

describe("shim", function () {
    this.timeout(60_000);
    let compiled: CompiledPackage;
    before(async () => {
        compiled = await compiledPackage();
    });

    it("is what Pulumi writes into the state of either resource, as one text for ever", async () => {
        const program = `
            const pulumi = require("@pulumi/pulumi");
            const { LayerVersion, PythonLayer } = require("pulumi-lambda-layer");
            pulumi.runtime.setMocks({
                newResource: ({ type, inputs }) => {
                    console.log(JSON.stringify([type, inputs.__provider]));
                    return { id: "arn:aws:lambda:eu-west-1:123456789012:layer:deps:7", state: inputs };
                },
                call: () => ({}),
            });
            new PythonLayer("a", { manifest: "uv.lock", bucket: "b", pythonVersion: "3.13" });
            new LayerVersion("c", { manifest: "m", layerName: "l", content: { zipFile: "z" } });`;
        const printed = await runProgram(compiled.folder, program);
        const written: unknown[] = printed
            .trim()
            .split("\n")
            .sort()
            .map((line) => JSON.parse(line));
        const [[, found] = []] = written as string[][];
        assert.ok(found !== undefined);
        if (process.env["UPDATE_GOLDEN"] === "1") await writeFile(golden, found);
        const text = await readFile(golden, "utf8");
        const types = ["LayerVersion", "PythonLayer"];
        assert.deepEqual(
            written,
            types.map((type) => [`pulumi-nodejs:dynamic/lambda:${type}`, text]),
        );
        assert.ok(Buffer.byteLength(text) <= 3000, `${Buffer.byteLength(text)} bytes`);
    });

    it("names nothing of this machine and nothing but the package", async () => {
        const text = await readFile(golden, "utf8");
        assert.ok(!text.includes(process.cwd()));
        assert.deepEqual(
            [...text.matchAll(/require\(([^)]*)\)/g)].map(([, name]) => name),
            ['"pulumi-lambda-layer/provider"'],
        );
    });

    it("runs from the stored text: its hooks are the installed package's", async () => {
        const program = `${stored(golden)}
            const hooks = stored.exports.handler();
            const installed = require("pulumi-lambda-layer/provider").provider;
            for (const name of Object.keys(installed)) installed[name] = (...args) => name + args.join("");
            console.log(Object.keys(hooks).map((name) => hooks[name](1, 2, 3)).join());`;
        assert.equal(
            (await runProgram(compiled.folder, program)).trim(),
            "configure1,check12,diff123,create1,read12,update123,delete12",
        );
    });

    describe("where something is missing", () => {
        let bare: string;
        beforeEach(async () => {
            bare = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        });
        afterEach(() => rm(bare, { recursive: true, force: true }));

        const call = `${stored(golden)}
            try { stored.exports.handler().check({}, {}); }
            catch (error) { console.log(error.message.split("\\n")[0], error.stack === "" ? "" : "with its stack"); }`;

        it("says that the package is not installed, and where", async () => {
            assert.equal(
                await runProgram(bare, call),
                `pulumi-lambda-layer is not installed in ${await realpath(bare)}: run npm install there first. \n`,
            );
        });

        it("does not take a module that the package misses for the package", async () => {
            const installed = path.join(bare, "node_modules/pulumi-lambda-layer");
            await mkdir(installed, { recursive: true });
            await writeFile(path.join(installed, "provider.js"), 'require("not-there");');
            assert.equal(await runProgram(bare, call), "Cannot find module 'not-there' with its stack\n");
        });
    });
});

describe("a preview of an unchanged lock", function () {
    this.timeout(60_000);

    it("loads nothing that understands a manifest, chooses from it, builds, or talks to AWS", async () => {
        const { folder } = await compiledPackage();
        const program = `
            const { createHash } = require("node:crypto");
            const fs = require("node:fs");
            fs.writeFileSync("uv.lock", 'version = 1\\n');
            const { provider } = require("pulumi-lambda-layer/provider");
            const owner = "acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::deps";
            const news = { __layer: { owner }, manifest: "uv.lock", bucket: "artifacts", pythonVersion: "3.13", region: "eu-west-1" };
            const manifestMd5 = createHash("md5").update("version = 1\\n").digest("hex");
            const olds = { ...news, layerName: "shop-prod-deps", architecture: "x86_64", manifestMd5, dependencies: { known: "1" } };
            provider.check(olds, news).then(async ({ inputs, failures }) => {
                const { changes } = await provider.diff("id", inputs, inputs);
                const loaded = Object.keys(require.cache).map((name) => name.split("/lib/").at(-1));
                console.log(JSON.stringify({ inputs, failures, changes, loaded }));
            });`;
        const { inputs, failures, changes, loaded } = JSON.parse(await runProgram(folder, program));
        assert.deepEqual([inputs.dependencies, failures, changes], [{ known: "1" }, [], false]);
        assert.ok(loaded.includes("manifest/read.js"));
        const unneeded =
            /manifestSelection|manifest\/(?:parse|select|uvLock|poetryLock|requirements)\.js|^(?:build|package|upload)\/(?!limits)|aws-sdk/;
        assert.deepEqual(
            loaded.filter((name: string) => unneeded.test(name)),
            [],
        );
    });
});

describe("importing the package", function () {
    this.timeout(60_000);
    let compiled: CompiledPackage;
    before(async () => {
        compiled = await compiledPackage();
    });

    /** Files that loading a module brings beyond those that are loaded before it. */
    async function loadedBy(module: string, before = ""): Promise<string[]> {
        const program = `${before}
            const known = new Set(Object.keys(require.cache));
            require(${JSON.stringify(module)});
            console.log(JSON.stringify(Object.keys(require.cache).filter((name) => !known.has(name))));`;
        const names: unknown = JSON.parse(await runProgram(compiled.folder, program));
        assert.ok(Array.isArray(names));
        return names.map((name) => path.relative(compiled.folder, String(name)));
    }

    it("adds the resource classes and the shim to a program, no SDK and nothing that builds", async () => {
        const loaded = await loadedBy("pulumi-lambda-layer", 'require("@pulumi/pulumi");');
        assert.ok(loaded.length <= 12, loaded.join());
        for (const file of loaded) {
            // Right below `lib`: the steps, the AWS SDK's clients and all that they need are in folders.
            assert.match(file, /^node_modules\/pulumi-lambda-layer\/lib\/(?:layer\/)?\w+\.js$/);
        }
    });

    it("loads the provider without the AWS SDK, Pulumi's SDK, or anything that reads, builds or packs", async () => {
        const loaded = await loadedBy("pulumi-lambda-layer/provider");
        assert.ok(loaded.length <= 20, loaded.join());
        for (const file of loaded) {
            assert.match(
                file,
                /^node_modules\/pulumi-lambda-layer\/lib\/(?:(?:aws|dynamic|layer|network)\/)?\w+\.js$/,
            );
        }
    });
});
