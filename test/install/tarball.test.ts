import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiReport, apiReportPath, entryPoints } from "../../scripts/apiReport";
import { repository } from "../../scripts/cacheFolder";
import { mustRun, runCommand } from "../../scripts/command";
import { npmTool } from "../../scripts/npmTools";
import { packageTarball } from "../../scripts/packageTarball";
import { assertExpected } from "../examples/expectedOutput";

describe("the packed package", function () {
    this.timeout(300_000);
    let tarball = "";
    let folder = "";
    before(async () => {
        tarball = await packageTarball();
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-tarball-"));
        await mustRun("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it("holds what runs, its declarations and its papers, and nothing else", async () => {
        const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
            entry.isFile(),
        );
        const top = (await readdir(folder)).sort();
        assert.deepEqual(top, ["CHANGELOG.md", "LICENSE", "README.md", "lib", "package.json"]);
        const odd = files.filter(
            ({ name, parentPath }) => parentPath !== folder && !/\.(?:d\.ts|js|json)$/.test(name),
        );
        assert.deepEqual(
            odd.map(({ name }) => name),
            [],
        );
    });

    it("is what publint has nothing to say about", async () => {
        const { exitCode, output } = await runCommand("node", [
            await npmTool("publint"),
            "--strict",
            tarball,
        ]);
        assert.equal(exitCode, 0, output);
        assert.match(output, /All good!/);
    });

    it("has types that fit every way of importing it: arethetypeswrong", async () => {
        const attw = await npmTool("attw");
        const { exitCode, output } = await runCommand("node", [attw, "--no-emoji", "--no-color", tarball]);
        assert.equal(exitCode, 0, output);
        assert.match(output, /No problems found/);
    });

    it("has the public interface of etc/public-api.txt", async () => {
        const report = await apiReport(join(folder, "lib"), entryPoints);
        await assertExpected(apiReportPath(repository), report);
        // Every program that is compiled with types reads all that these name.
        assert.doesNotMatch(report, /@aws-sdk|node:/);
    });

    it("gives a program its exports without loading the AWS SDK", async () => {
        const names = Object.keys(
            JSON.parse(await readFile(join(folder, "package.json"), "utf8")).dependencies,
        );
        assert.ok(names.length > 0);
        const script = `
            const Module = require("node:module");
            process.env.NODE_PATH = ${JSON.stringify(join(repository, "node_modules"))};
            Module._initPaths();
            const exported = Object.keys(require(${JSON.stringify(folder)})).sort();
            const loaded = Object.keys(require.cache).filter((path) => path.includes("@aws-sdk"));
            console.log(JSON.stringify({ exported, loaded }));
        `;
        const { stdout } = await mustRun("node", ["-e", script]);
        assert.deepEqual(JSON.parse(stdout), {
            exported: ["LambdaLayerProvider", "LayerVersion", "PythonLayer", "isLayerError"],
            loaded: [],
        });
    });
});
