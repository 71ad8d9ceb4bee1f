import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { startIndex } from "../unit/build/packageIndex";
import { sampleWheel, writeProject } from "../unit/build/sampleFiles";
import { onBothEmulators } from "./emulatedAws";
import { layerProjects, program, pythonLayer, resourceCounts, stateOf } from "./layerProject";
import { readLayer } from "./readBack";

onBothEmulators("the content of a layer", (aws) => {
    const newProject = layerProjects(aws);

    it("is new when a file of a local package is edited, and only then", async () => {
        const project = await newProject({
            name: "local",
            files: {
                "index.js": program(pythonLayer({ manifest: "requirements.txt" })),
                "requirements.txt": "liba @ ./liba\n",
                ...(await projectFiles("liba")),
            },
        });
        succeeded(await project.up());
        const first = await stateOf(project);

        await project.write({ "liba/__pycache__/backend.pyc": "left by a run" });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);

        const [backend = ""] = Object.entries(await projectFiles("liba"))
            .filter(([path]) => path.endsWith("backend.py"))
            .map(([, text]) => text);
        await project.write({ "liba/backend.py": backend.replace("version = '1.0'", "version = 'edited'") });
        for (const args of [[], ["--diff"]]) {
            const preview = succeeded(await project.preview(args));
            assert.match(preview.output, /1 to replace/);
            assert.match(preview.output, /1 local package changed: liba/);
        }
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 replaced", "1 unchanged"]);
        assert.deepEqual(await aws().versions("local-dev-deps"), [1, 2]);
        const second = await stateOf(project);
        const read = ({ id, outputs }: typeof first) =>
            readLayer(aws(), String(id), String(outputs["artifactUri"]));
        const [before, after] = [await read(first), await read(second)];
        assert.deepEqual(before.names, after.names);
        const [old, edited] = [before, after].map(({ files }) => files["python/liba.py"]?.sha256);
        assert.ok(old !== undefined && edited !== undefined && old !== edited);
    });

    it("comes from a private index, whose password is in nothing that is said or kept", async () => {
        const me = { username: "marker-user", password: "marker-pa55word" };
        const wheels = [
            ["alpha-1.0-py3-none-any.whl", sampleWheel("alpha", "1.0", ["beta"])],
            ["beta-2.0-py3-none-any.whl", sampleWheel("beta", "2.0")],
        ] as const;
        const index = await startIndex(new Map(wheels), me);
        try {
            const layer = (password: unknown) =>
                program(
                    pythonLayer({
                        manifest: "requirements.txt",
                        resolveUnpinned: true,
                        exclude: ["*.pyi"],
                        indexes: [{ url: `${index.origin}/simple/`, username: me.username, password }],
                    }),
                );
            const project = await newProject({
                name: "private",
                files: { "index.js": layer(me.password), "requirements.txt": "alpha\n" },
            });
            const up = succeeded(await project.up());
            const { outputs } = await stateOf(project);
            assert.deepEqual(outputs["resolution"], { alpha: "1.0", beta: "2.0" });
            const record = await aws().readObject("lambda/private-dev-deps/layer/000001/record.json");
            assert.deepEqual(JSON.parse(record.toString("utf8")).dependencies, { alpha: "1.0", beta: "2.0" });

            await project.write({ "index.js": layer(`other-${me.password}`) });
            const preview = succeeded(await project.preview(["--diff"]));
            const unchanged = succeeded(await project.up());
            assert.deepEqual(resourceCounts(unchanged), ["2 unchanged"]);
            await project.write({ "index.js": layer([me.password]) });
            const refused = await project.up();
            assert.notEqual(refused.exitCode, 0);
            assert.match(refused.output, /indexes has an entry 0 whose password is not a text/);

            for (const { output } of [up, preview, unchanged, refused]) assertNoPassword(output, "output");
            assertNoPassword(JSON.stringify(await project.export()), "exported state");
            for (const key of await aws().objectKeys()) {
                assertNoPassword((await aws().readObject(key)).toString("latin1"), key);
            }
            await assertNothingKept(project);
        } finally {
            await index.close();
        }
    });
});

function assertNoPassword(text: string, where: string): void {
    const at = text.indexOf("marker-pa55word");
    assert.equal(at, -1, `${where} holds the password: ${text.slice(Math.max(0, at - 200), at + 20)}`);
}

/** Looks through the stack's state, its backups and history, and the folder for temporary files. */
async function assertNothingKept(project: PulumiProject): Promise<void> {
    const root = dirname(project.folder);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || path.includes("node_modules") || path === join(project.folder, "index.js"))
            continue;
        assertNoPassword((await readFile(path)).toString("latin1"), path);
    }
}

/** A project that builds without any index, as files below a folder of its name. */
async function projectFiles(name: string): Promise<Record<string, string>> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-local-"));
    try {
        await writeProject(folder, name, "1.0");
        const files = await readdir(folder);
        const texts = await Promise.all(
            files.map(
                async (file) => [`${name}/${file}`, await readFile(join(folder, file), "utf8")] as const,
            ),
        );
        return Object.fromEntries(texts);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
