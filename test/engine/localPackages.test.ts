import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { commit, type Files, git, workspaceFiles, write } from "../unit/build/checkout";
import { type EmulatedAws, openEmulatedAws } from "./emulatedAws";
import { layerProjects, program, pythonLayer, resourceCounts, stateOf } from "./layerProject";

/** What two people's checkouts of one commit differ in. */
const untracked: Files = {
    ".idea/workspace.xml": "<x/>",
    ".env": "SECRET=1\n",
    ".coverage": "data",
    "htmlcov/index.html": "<p>",
    ".hypothesis/examples/1": "x",
    ".python-version": "3.13\n",
    ".venv/lib/site.py": "",
    "tests/test_a.py": "",
    "NOTES.md": "",
    "src/acme/prices.py~": "rate = 0\n",
    "src/acme/__pycache__/prices.cpython-313.pyc": "",
    "src/acme/table.csv": "1\n",
};

describe("a local package", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    before(async () => {
        aws = await openEmulatedAws(await startMinistack());
    });
    after(() => aws?.emulator.stop());
    const newProject = layerProjects(() => aws);

    /** A program beside the checkout of a workspace that its layer is made of, published once. */
    async function published(name: string): Promise<PulumiProject> {
        const project = await newProject({
            name,
            files: {
                "index.js": program(pythonLayer({ manifest: "workspace/uv.lock" })),
                ...Object.fromEntries(
                    Object.entries(workspaceFiles).map(([path, text]) => [`workspace/${path}`, text]),
                ),
            },
        });
        await commit(join(project.folder, "workspace"));
        succeeded(await project.up());
        return project;
    }
    const inPackage = (files: Files): Files =>
        Object.fromEntries(
            Object.entries(files).map(([path, text]) => [`workspace/libs/shared/${path}`, text]),
        );

    it("is the same in every clone of a commit, whatever is untracked; an edit of it is named", async () => {
        const project = await published("clones");
        const workspace = join(project.folder, "workspace");
        const nothing = async () => {
            for (const act of [project.preview, project.up]) {
                const result = succeeded(await act());
                assert.deepEqual(resourceCounts(result), ["2 unchanged"]);
                assert.doesNotMatch(result.stdout, /local package|warning/);
            }
        };
        await project.write(inPackage(untracked));
        await nothing();

        const clone = join(project.folder, "clone");
        await git(project.folder, "clone", "--quiet", workspace, clone);
        await rm(workspace, { recursive: true });
        await git(project.folder, "clone", "--quiet", clone, workspace);
        await write(workspace, {
            "libs/shared/.vscode/settings.json": "{}",
            "libs/shared/build/lib/x.py": "",
        });
        await nothing();

        await project.write(inPackage({ "src/acme/prices.py": "rate = 2\n", "src/acme/rates.py": "" }));
        const preview = succeeded(await project.preview());
        assert.match(preview.stdout, /1 to replace/);
        assert.match(preview.stdout, /1 local package changed: acme-shared \(libs\/shared\)/);
        assert.match(
            preview.stdout,
            /warning: src\/acme\/rates\.py of the local package libs\/shared is not in the layer: git does not track it/,
        );
    });

    it("is no new version when an edit of its files gives the same zip", async () => {
        const project = await published("equal-bytes");
        const before = await stateOf(project);
        await project.write(inPackage({ "README.md": "explained\n" }));
        succeeded(await project.up());
        assert.equal((await stateOf(project)).id, before.id);
        assert.deepEqual(await aws.versions("equal-bytes-dev-deps"), [1]);
    });
});
