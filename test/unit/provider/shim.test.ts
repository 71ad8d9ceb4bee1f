import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type CompiledPackage, compiledPackage, runProgram } from "./compiledPackage";

const golden = path.join(__dirname, "golden/shim.txt");

/** What the user's program puts into every resource's `__provider`. */
const serialize = `
const pulumi = require("@pulumi/pulumi");
const { shim } = require("./node_modules/pulumi-lambda-layer/lib/shim.js");
pulumi.runtime.serializeFunction(() => shim, { allowSecrets: true }).then(({ text }) => process.stdout.write(text));
`;

describe("shim", function () {
    this.timeout(60_000);
    let compiled: CompiledPackage;
    before(async () => {
        compiled = await compiledPackage();
    });

    it("is kept in state as the text that every release has had", async () => {
        const text = await runProgram(compiled.folder, serialize);
        assert.ok(Buffer.byteLength(text) <= 2600, `${Buffer.byteLength(text)} bytes`);
        assert.equal(text, await readFile(golden, "utf8"));
    });

    it("is the same text wherever it is made", async () => {
        const program = `process.chdir("..");${serialize.replace("./node_modules", `${compiled.folder}/node_modules`)}`;
        assert.equal(await runProgram(compiled.folder, program), await readFile(golden, "utf8"));
    });

    it("names nothing of this machine and nothing but the package", async () => {
        const text = await readFile(golden, "utf8");
        assert.ok(!text.includes(process.cwd()));
        assert.deepEqual(
            [...text.matchAll(/require\(([^)]*)\)/g)].map(([, name]) => name),
            ['"pulumi-lambda-layer/provider"'],
        );
    });

    it("runs from the stored text: every hook reaches the installed package", async () => {
        const program = `
            const Module = require("node:module");
            const stored = new Module("", null);
            stored.paths = Module._nodeModulePaths(process.cwd());
            stored._compile(require("node:fs").readFileSync(${JSON.stringify(golden)}, "utf8"), "");
            const provider = stored.exports.handler();
            const installed = require("pulumi-lambda-layer/provider").provider;
            const reached = [];
            for (const hook of Object.keys(installed)) {
                installed[hook] = (...args) => { reached.push(hook + args.length); };
            }
            for (const hook of Object.keys(provider)) provider[hook](1, 2, 3);
            console.log(reached.join());`;
        const printed = await runProgram(compiled.folder, program);
        assert.equal(printed.trim(), "configure1,check2,diff3,create1,read2,update3,delete2");
    });

    describe("where something is missing", () => {
        let bare: string;
        beforeEach(async () => {
            bare = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
            const shim = path.join(compiled.folder, "node_modules/pulumi-lambda-layer/lib/shim.js");
            await copyFile(shim, path.join(bare, "shim.js"));
        });
        afterEach(() => rm(bare, { recursive: true, force: true }));

        const call = `
            const { shim } = require("./shim.js");
            try { shim.create({}); } catch (error) { console.log(error.message.split("\\n")[0]); }`;

        it("says that the package is not installed, and where", async () => {
            assert.equal(
                await runProgram(bare, call),
                `pulumi-lambda-layer is not installed in ${await realpath(bare)}: run npm install there first.\n`,
            );
        });

        it("does not take a module that the package misses for the package", async () => {
            const installed = path.join(bare, "node_modules/pulumi-lambda-layer");
            await mkdir(installed, { recursive: true });
            await writeFile(path.join(installed, "provider.js"), 'require("not-there");');
            assert.equal(await runProgram(bare, call), "Cannot find module 'not-there'\n");
        });
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
            assert.match(file, /^node_modules\/pulumi-lambda-layer\/lib\/\w+\.js$/);
        }
    });

    it("loads the provider without the AWS SDK, Pulumi's SDK, or anything that reads, builds or packs", async () => {
        const loaded = await loadedBy("pulumi-lambda-layer/provider");
        assert.ok(loaded.length <= 12, loaded.join());
        for (const file of loaded) {
            assert.match(file, /^node_modules\/pulumi-lambda-layer\/lib\/(?:aws\/)?\w+\.js$/);
        }
    });
});
