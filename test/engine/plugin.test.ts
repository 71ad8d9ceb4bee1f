import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import { resourceCounts, stateOf, versionArn } from "./layerProject";
import { bumpedDependencies, lock } from "./locks";
import { pluginLayer, pluginProgram, pluginProjects } from "./pluginProject";

onBothEmulators("the native plugin", (aws) => {
    const newProject = pluginProjects(aws);

    it("publishes, leaves alone, replaces with a diff by package, refreshes and destroys", async () => {
        const { uvLock } = await lock();
        const project = await newProject({
            name: "native",
            files: {
                "index.js": pluginProgram(pluginLayer(), "exports.arn = deps.layerVersionArn;"),
                "uv.lock": uvLock,
            },
        });
        const preview = succeeded(await project.preview(["--diff"]));
        assert.match(preview.stdout, /idna +: "3\.10"/);
        assert.deepEqual(await aws().versions("native-dev-deps"), []);

        const up = succeeded(await project.up());
        assert.match(up.stdout, /published version 1: 2 packages/);
        const arn = versionArn(aws(), "native-dev-deps", 1);
        assert.equal((await project.outputs())["arn"], arn);
        assert.equal((await stateOf(project)).id, arn);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        succeeded(await project.refresh(["--expect-no-changes"]));

        await project.write({ "uv.lock": (await lock(bumpedDependencies)).uvLock });
        const changed = succeeded(await project.preview(["--diff"]));
        assert.match(changed.stdout, /~ idna: "3\.10" => "3\.11"/);
        assert.doesNotMatch(changed.stdout, /__layer|dependencyDigest/);
        assert.match(succeeded(await project.up()).stdout, /published version 2/);
        succeeded(await project.destroy());
    });
});
