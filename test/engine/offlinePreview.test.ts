import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { manifestKinds } from "../../provider/manifest";
import { repository } from "../../scripts/cacheFolder";
import type { CommandResult } from "../../scripts/command";
import { startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import type { LocalServer } from "../unit/build/localServer";
import { type EmulatedAws, openEmulatedAws } from "./emulatedAws";
import { awsConfig, layerProjects, program, pythonLayer, resourceCounts, stateOf } from "./layerProject";
import { previewedVerdicts } from "./previewedVerdicts";
import { assertShownAsInReadme } from "./readmeTranscripts";
import { type Files, lockSample, startSampleIndex } from "./sampleManifests";

describe("a preview", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    let index: LocalServer;
    before(async () => {
        index = await startSampleIndex();
        aws = await openEmulatedAws(await startMinistack());
    });
    after(async () => {
        await aws?.emulator.stop();
        await index?.close();
    });
    const newProject = layerProjects(() => aws);
    const moved = { requirements: ["alpha==2.0", "beta==1.0", "delta==1.0"] };

    /** Runs a command in which no connection can leave the machine. Gives what was tried, and which programs were started. */
    async function guarded<Result>(
        project: PulumiProject,
        act: (env: NodeJS.ProcessEnv) => Promise<Result>,
    ): Promise<{ readonly result: Result; readonly tried: readonly string[] }> {
        const log = join(project.folder, "..", "network.log");
        const result = await act({
            ...project.environment,
            NODE_OPTIONS: `--require ${join(repository, "test/engine/networkGuard.cjs")}`,
            NETWORK_GUARD_LOG: log,
        });
        return { result, tried: (await readFile(log, "utf8")).split("\n").filter((line) => line !== "") };
    }

    it("asks nobody: of AWS, an index or a program, whatever has changed", async () => {
        const files: Record<string, string> = {};
        const take = (folder: string, all: Files) => {
            for (const [path, content] of Object.entries(all)) files[`${folder}/${path}`] = content;
        };
        const layers = (sides: readonly string[]) =>
            manifestKinds.flatMap((kind) =>
                sides.map((side) =>
                    pythonLayer({ manifest: `${side}-${kind}/${kind}` }, { name: `${side}-${kind}` }),
                ),
            );
        for (const kind of manifestKinds) {
            for (const side of ["same", "moved", "new"]) {
                take(`${side}-${kind}`, await lockSample(kind, index.origin, { local: kind === "uv.lock" }));
            }
        }
        const project = await newProject({
            name: "offline",
            files: { "index.js": program(...layers(["same", "moved"])), ...files },
        });
        succeeded(await project.up());

        const changed: Record<string, string> = {};
        for (const kind of manifestKinds) {
            const all = await lockSample(kind, index.origin, { ...moved, local: kind === "uv.lock" });
            changed[`moved-${kind}/${kind}`] = all[kind] ?? "";
        }
        const { "aws:endpoints": _endpoints, ...config } = awsConfig("");
        await project.write({
            ...changed,
            "index.js": program(...layers(["same", "moved", "new"])),
            "Pulumi.dev.yaml": JSON.stringify({ config }),
        });
        const { result, tried } = await guarded(project, (env) => previewedVerdicts(project, { env }));
        for (const kind of manifestKinds) {
            assert.deepEqual(
                ["same", "moved", "new"].map((side) => result.get(`${side}-${kind}`)),
                [undefined, "replace", "create"],
                kind,
            );
        }
        assert.deepEqual([...new Set(tried)], ["loaded"]);
    });

    it("names the packages that move, in one line and in the engine's own diff", async () => {
        const before = await lockSample("uv.lock", index.origin);
        const project = await newProject({
            name: "named",
            files: { "index.js": program(pythonLayer()), ...before },
        });
        succeeded(await project.up());
        await project.write({
            "uv.lock": (await lockSample("uv.lock", index.origin, moved))["uv.lock"] ?? "",
        });
        const said = diagnostics(succeeded(await project.preview()));
        assert.match(
            said,
            /1 changed, 1 added, 1 removed; alpha 1\.0 → 2\.0 \(major\), \+ delta 1\.0, - gamma 1\.0/,
        );
        // The lock is not what this pyproject.toml gives; that is said once.
        assert.equal(said.match(/pyproject\.toml has changed since uv\.lock was made/g)?.length, 1);
        const { stdout } = succeeded(await project.preview(["--diff"]));
        assert.match(stdout, /\+-pulumi-nodejs:dynamic\/lambda:PythonLayer: \(replace\)/);
        assert.match(stdout, /~ alpha: "1\.0" => "2\.0"/);
        assert.match(stdout, /\+ delta: "1\.0"/);
        assert.match(stdout, /- gamma: "1\.0"/);
        await assertShownAsInReadme(/\(replace\)/, stdout);
    });

    it("warns of a pyproject.toml that has outgrown an unchanged lock", async () => {
        const files = await lockSample("uv.lock", index.origin);
        const project = await newProject({
            name: "outgrown",
            files: { "index.js": program(pythonLayer()), ...files },
        });
        // Of an old Node there may be a warning.
        assert.doesNotMatch(succeeded(await project.up()).stdout, /warning: (?!Node )/);
        const pyproject = files["pyproject.toml"] ?? "";
        await project.write({ "pyproject.toml": pyproject.replace('"gamma==1.0"', '"gamma==1.0","delta"') });
        const preview = succeeded(await project.preview());
        assert.match(
            preview.stdout,
            /warning: pyproject\.toml has changed since uv\.lock was made: delta is not in the lock yet\. Run `uv lock`/,
        );
        assert.deepEqual(resourceCounts(preview), ["2 unchanged"]);
    });

    it("falls back to the bytes with one warning that names the line, and warns of lines without hashes", async () => {
        const list = (first: string) =>
            `${first}--index-url ${index.origin}/simple\nalpha==1.0\nbeta @ ${index.origin}/files/beta-1.0-py3-none-any.whl\ndelta>=1.0\n`;
        const project = await newProject({
            name: "fallback",
            files: {
                "index.js": program(pythonLayer({ manifest: "requirements.txt", resolveUnpinned: true })),
                "requirements.txt": list(""),
            },
        });
        succeeded(await project.up());
        await project.write({ "requirements.txt": list("# reviewed\n") });
        const preview = succeeded(await project.preview());
        const said = diagnostics(preview);
        assert.equal(
            said.match(/\(requirements\.txt:5\), so any edit of the manifest counts as a change/g)?.length,
            1,
        );
        assert.equal(said.match(/alpha and 1 more have no hash \(requirements\.txt:3:1\)/g)?.length, 1);
        assert.match(preview.stdout, /1 to replace/);
    });
});

/** What the CLI repeats at its end of what was said during a run. */
const diagnostics = ({ stdout }: CommandResult): string => stdout.slice(stdout.indexOf("Diagnostics:"));

describe("ignoreChanges on dependencies", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    let index: LocalServer;
    before(async () => {
        index = await startSampleIndex();
        aws = await openEmulatedAws(await startMinistack());
    });
    after(async () => {
        await aws?.emulator.stop();
        await index?.close();
    });
    const newProject = layerProjects(() => aws);
    const ignoring = { options: '{ ignoreChanges: ["dependencies"] }' };

    it("keeps the version while the lock moves, and forgets nothing for later", async () => {
        const before = await lockSample("uv.lock", index.origin);
        const after = await lockSample("uv.lock", index.origin, { requirements: ["alpha==1.0.1"] });
        const project = await newProject({
            name: "ignored",
            files: { "index.js": program(pythonLayer({}, ignoring)), ...before },
        });
        succeeded(await project.up());
        const first = await stateOf(project);

        await project.write(after);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        const kept = await stateOf(project);
        assert.deepEqual(kept.outputs["manifestMd5"], first.outputs["manifestMd5"]);

        // A change that is not ignored makes a version of the manifest as it is, and says so.
        await project.write({ "index.js": program(pythonLayer({ pythonVersion: "3.12" }, ignoring)) });
        succeeded(await project.up());
        const second = await stateOf(project);
        assert.notEqual(second.id, first.id);
        assert.deepEqual(second.outputs["dependencies"], { alpha: "1.0.1" });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);

        // Without ignoreChanges nothing is left over from it.
        await project.write({ "index.js": program(pythonLayer({ pythonVersion: "3.12" })) });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        await project.write(before);
        assert.equal((await previewedVerdicts(project)).get("deps"), "replace");
    });

    it("keeps an update in place whole", async () => {
        const before = await lockSample("uv.lock", index.origin);
        const after = await lockSample("uv.lock", index.origin, { requirements: ["alpha==1.0.1"] });
        const project = await newProject({
            name: "kept",
            files: { "index.js": program(pythonLayer({}, ignoring)), ...before },
        });
        succeeded(await project.up());
        const md5 = (await stateOf(project)).outputs["manifestMd5"];
        await project.write({ ...after, "index.js": program(pythonLayer({ keepVersions: 3 }, ignoring)) });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 updated", "1 unchanged"]);
        assert.equal((await stateOf(project)).outputs["manifestMd5"], md5);
        const folder = "lambda/kept-dev-deps/layer/000001/";
        assert.equal((await aws.readObject(`${folder}uv.lock`)).toString("utf8"), before["uv.lock"]);
        assert.match(
            (await aws.readObject(`${folder}record.json`)).toString("utf8"),
            new RegExp(String(md5)),
        );
        await project.write({ "index.js": program(pythonLayer({ keepVersions: 3 })) });
        assert.equal((await previewedVerdicts(project)).get("deps"), "replace");
    });
});
