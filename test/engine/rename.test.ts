import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import {
    holdersOf,
    layerProjects,
    program,
    pythonLayer,
    resourceCounts,
    stateOf,
    versionArn,
} from "./layerProject";
import { lock } from "./locks";

onBothEmulators("a renamed resource", (aws) => {
    const newProject = layerProjects(aws);

    it("without an alias keeps its version when the layer's name is given", async () => {
        const layerName = "renamed-layer";
        const project = await newProject({
            name: "renamed",
            files: { "index.js": program(pythonLayer({ layerName })), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());

        await project.write({ "index.js": program(pythonLayer({ layerName }, { name: "packages" })) });
        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["1 created", "1 deleted", "1 unchanged"]);
        assert.match(up.stdout, /took over version 1/);
        assert.equal((await stateOf(project, "packages")).id, versionArn(aws(), layerName, 1));
        assert.deepEqual(await aws().versions(layerName), [1]);
        assert.deepEqual(await holdersOf(aws(), layerName), ["1 renamed/dev/PythonLayer/packages current"]);

        // The new name answers for the version now.
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions(layerName), []);
    });

    it("with an alias keeps its layer, its version and its default name, and moves the hold", async () => {
        const layerName = "aliased-dev-deps";
        const project = await newProject({
            name: "aliased",
            files: { "index.js": program(pythonLayer()), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());

        const options = '{ aliases: [{ name: "deps" }] }';
        await project.write({ "index.js": program(pythonLayer({}, { name: "packages", options })) });
        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["1 updated", "1 unchanged"]);
        const { id, outputs } = await stateOf(project, "packages");
        assert.equal(id, versionArn(aws(), layerName, 1));
        assert.equal(outputs["layerName"], layerName);
        assert.deepEqual(await holdersOf(aws(), layerName), ["1 aliased/dev/PythonLayer/packages current"]);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);

        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions(layerName), []);
    });
});
