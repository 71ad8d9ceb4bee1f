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
import { bumpedDependencies, lock } from "./locks";

onBothEmulators("several owners", (aws) => {
    const newProject = layerProjects(aws);

    it("as two layers in one stack have versions of their own; one removed from the program is deleted", async () => {
        const [first, second] = [await lock(), await lock(bumpedDependencies)];
        const one = pythonLayer({ manifest: "one/uv.lock" }, { name: "one" });
        const two = pythonLayer({ manifest: "two/uv.lock", architecture: "arm64" }, { name: "two" });
        const project = await newProject({
            name: "pair",
            files: {
                "index.js": program(one, two),
                "one/uv.lock": first.uvLock,
                "two/uv.lock": second.uvLock,
            },
        });
        succeeded(await project.up());
        assert.equal((await stateOf(project, "one")).id, versionArn(aws(), "pair-dev-one", 1));
        assert.equal((await stateOf(project, "two")).id, versionArn(aws(), "pair-dev-two", 1));

        await project.write({ "index.js": program(one) });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 deleted", "2 unchanged"]);
        assert.deepEqual(await aws().versions("pair-dev-one"), [1]);
        assert.deepEqual(await aws().versions("pair-dev-two"), []);
        assert.deepEqual(await aws().objectKeys("lambda/pair-dev-two/layer/0"), []);
    });

    it("as two resources for the same version in one stack share it", async () => {
        const layerName = "shared-in-stack";
        const [one, two] = ["one", "two"].map((name) => pythonLayer({ layerName }, { name }));
        const project = await newProject({
            name: "twins",
            files: { "index.js": program(one ?? "", two ?? ""), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        const arn = versionArn(aws(), layerName, 1);
        assert.equal((await stateOf(project, "one")).id, arn);
        assert.equal((await stateOf(project, "two")).id, arn);
        assert.deepEqual(await aws().versions(layerName), [1]);

        await project.write({ "index.js": program(two ?? "") });
        succeeded(await project.up());
        assert.deepEqual(await aws().versions(layerName), [1]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions(layerName), []);
    });

    it("as two stacks on one layer and bucket never delete each other's version", async () => {
        const layerName = "shared-by-stacks";
        const files = {
            "index.js": program(pythonLayer({ layerName })),
            "uv.lock": (await lock()).uvLock,
        };
        const dev = await newProject({ name: "stacks", files });
        const production = await newProject({ name: "stacks", stack: "production", files });
        succeeded(await dev.up());
        succeeded(await production.up());
        const arn = versionArn(aws(), layerName, 1);
        assert.equal((await stateOf(production)).id, arn);
        assert.deepEqual(await aws().versions(layerName), [1]);

        const destroyed = succeeded(await dev.destroy());
        assert.match(destroyed.stdout, /kept version 1: stacks\/production\/PythonLayer\/deps uses it/);
        assert.deepEqual(await aws().versions(layerName), [1]);
        const holders = ["1 stacks/production/PythonLayer/deps current"];
        assert.deepEqual(await holdersOf(aws(), layerName), holders);
        assert.deepEqual(resourceCounts(succeeded(await production.refresh())), ["2 unchanged"]);

        succeeded(await production.destroy());
        assert.deepEqual(await aws().versions(layerName), []);
    });
});
