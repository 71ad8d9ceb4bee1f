import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators } from "./emulatedAws";
import { program, pythonLayer, resourceCounts, stateOf, versionArn } from "./layerProject";
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

    it("takes over layers of the dynamic front end by alias, and gives them back, without a new version", async () => {
        const { uvLock } = await lock();
        const dynamic = program(
            pythonLayer({ permissions: [] }),
            "exports.arn = pulumi.output(deps.arn);",
        ).replace("new PythonLayer", "const deps = new PythonLayer");
        const native = pluginProgram(
            pluginLayer(
                { permissions: [] },
                { options: '{ aliases: [{ type: "pulumi-nodejs:dynamic/lambda:PythonLayer" }] }' },
            ),
            "exports.arn = deps.arn;",
        );
        const back = dynamic.replace(
            ", {});",
            ', { aliases: [{ type: "lambda-layer:index:PythonLayer" }] });',
        );
        const project = await newProject({
            name: "moved",
            withPackage: true,
            files: { "index.js": dynamic, "uv.lock": uvLock },
        });
        succeeded(await project.up());
        const { arn } = await project.outputs();
        const before = await aws().objectKeys();
        for (const text of [native, back, native]) {
            await project.write({ "index.js": text });
            const up = succeeded(await project.up());
            assert.doesNotMatch(up.stdout, /replace|created/);
            assert.equal((await project.outputs())["arn"], arn);
            succeeded(await project.refresh(["--expect-no-changes"]));
        }
        assert.deepEqual(await aws().versions("moved-dev-deps"), [1]);
        assert.deepEqual(await aws().objectKeys(), before);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("moved-dev-deps"), []);
    });
});
