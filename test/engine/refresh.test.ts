import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import { layerProjects, program, pythonLayer, resourceCounts, stateOf, versionArn } from "./layerProject";
import { lock } from "./locks";

onBothEmulators("a refresh", (aws) => {
    const newProject = layerProjects(aws);

    it("changes nothing while the version is there, and has it made again once it was deleted by hand", async () => {
        const project = await newProject({
            name: "refreshed",
            files: { "index.js": program(pythonLayer()), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        const before = await stateOf(project);

        assert.deepEqual(resourceCounts(succeeded(await project.refresh())), ["2 unchanged"]);
        const { outputs } = await stateOf(project);
        assert.deepEqual(outputs, before.outputs);
        assert.deepEqual(resourceCounts(succeeded(await project.preview())), ["2 unchanged"]);

        await aws().deleteVersion("refreshed-dev-deps", 1);
        assert.deepEqual(resourceCounts(succeeded(await project.refresh())), ["1 deleted", "1 unchanged"]);
        succeeded(await project.up());
        assert.equal((await stateOf(project)).id, versionArn(aws(), "refreshed-dev-deps", 2));
        assert.deepEqual(await aws().versions("refreshed-dev-deps"), [2]);
    });
});
