import assert from "node:assert/strict";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { onBothEmulators, region } from "./emulatedAws";
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

const deleteFirst = { options: "{ deleteBeforeReplace: true }" };

onBothEmulators("a replacement with an unchanged manifest", (aws) => {
    const newProject = layerProjects(aws);

    /** The version in the state is there, the given ones are all there are, and the others are kept. */
    const assertVersions = async (project: PulumiProject, name: string, current: number, all: number[]) => {
        const layerName = `${name}-dev-deps`;
        assert.equal((await stateOf(project)).id, versionArn(aws(), layerName, current));
        assert.deepEqual(await aws().versions(layerName), all);
        assert.deepEqual(
            await holdersOf(aws(), layerName),
            all.map((version) => {
                const use = version === current ? "current" : "kept";
                return `${version} ${name}/dev/PythonLayer/deps ${use}`;
            }),
        );
    };

    const published = async (name: string, statement: string) => {
        const project = await newProject({
            name,
            files: { "index.js": program(statement), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        return project;
    };

    it("for another description keeps the old version, and the new one is deleted by a destroy", async () => {
        const project = await published("described", pythonLayer({ description: "one" }));
        await project.write({ "index.js": program(pythonLayer({ description: "two" })) });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 replaced", "1 unchanged"]);
        await assertVersions(project, "described", 2, [1, 2]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("described-dev-deps"), [1]);
    });

    it("for --target-replace takes the version again and does not delete it", async () => {
        const project = await published("targeted", pythonLayer());
        const { urn } = await stateOf(project);
        const up = succeeded(await project.up(["--target-replace", urn]));
        assert.match(up.stdout, /took over version 1/);
        await assertVersions(project, "targeted", 1, [1]);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("targeted-dev-deps"), []);
    });

    it("in another region than the bucket's sends the stored artifact, and builds nothing", async () => {
        const project = await published("abroad", pythonLayer({ region: "us-east-1", description: "one" }));
        const artifacts = async () =>
            (await aws().objectKeys("lambda/abroad-dev-deps/layer/artifacts/")).filter((key) =>
                key.endsWith(".zip"),
            );
        const [artifact, ...others] = await artifacts();
        assert.ok(artifact !== undefined && others.length === 0);
        await project.write({
            "index.js": program(pythonLayer({ region: "us-east-1", description: "two" })),
        });
        const up = succeeded(await project.up());
        // What is built is told with its packages.
        assert.match(up.stdout, /published version 2: [\d.]+ [kM]B, [\d.]+ [kM]B unpacked\n/);
        assert.deepEqual(await artifacts(), [artifact]);
        assert.match(String((await stateOf(project)).outputs["artifactUri"]), new RegExp(`${artifact}$`));
    });

    it("with --target replaces the named layer alone and keeps its old version; a targeted destroy deletes the current one", async () => {
        const layers = (description: string) =>
            program(pythonLayer({ description }), pythonLayer({ description }, { name: "other" }));
        const project = await newProject({
            name: "aimed",
            files: { "index.js": layers("one"), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        await project.write({ "index.js": layers("two") });
        const { urn } = await stateOf(project, "deps");
        succeeded(await project.up(["--target", urn]));
        assert.equal((await stateOf(project, "deps")).id, versionArn(aws(), "aimed-dev-deps", 2));
        assert.deepEqual(await aws().versions("aimed-dev-deps"), [1, 2]);
        assert.deepEqual(await aws().versions("aimed-dev-other"), [1]);

        succeeded(await project.destroy(["--target", urn]));
        assert.deepEqual(await aws().versions("aimed-dev-deps"), [1]);
        assert.deepEqual(await aws().versions("aimed-dev-other"), [1]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("aimed-dev-other"), []);
    });

    it("through another provider, a process of its own, keeps the old version", async () => {
        const { endpoint } = aws().emulator;
        const settings = {
            region,
            accessKey: "test",
            secretKey: "test",
            endpoints: { lambda: endpoint, s3: endpoint, sts: endpoint },
            s3UsePathStyle: true,
        };
        const through = (name: string, args: Readonly<Record<string, unknown>> = {}) =>
            program(
                'const { LambdaLayerProvider } = require("pulumi-lambda-layer");',
                `const provider = new LambdaLayerProvider("${name}", ${JSON.stringify(settings)});`,
                pythonLayer(args, { options: "{ provider }" }),
            );
        const project = await newProject({
            name: "moved",
            files: { "index.js": through("one"), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        // Another provider alone replaces nothing.
        await project.write({ "index.js": through("two") });
        succeeded(await project.up());
        await assertVersions(project, "moved", 1, [1]);
        await project.write({ "index.js": through("three", { description: "two" }) });
        succeeded(await project.up());
        await assertVersions(project, "moved", 2, [1, 2]);
        // A replacement that comes to the same version.
        await project.write({ "index.js": program(pythonLayer({ description: "two" })) });
        const { urn } = await stateOf(project, "deps");
        const up = succeeded(await project.up(["--replace", urn]));
        assert.match(up.stdout, /took over version 2/);
        await assertVersions(project, "moved", 2, [1, 2]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("moved-dev-deps"), [1]);
    });

    it("with deleteBeforeReplace takes the version again, although its delete comes first", async () => {
        const project = await published("before", pythonLayer({}, deleteFirst));
        const { urn } = await stateOf(project);
        succeeded(await project.up(["--target-replace", urn]));
        await assertVersions(project, "before", 1, [1]);

        await project.write({ "index.js": program(pythonLayer({ description: "two" }, deleteFirst)) });
        succeeded(await project.up());
        await assertVersions(project, "before", 2, [1, 2]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("before-dev-deps"), [1]);
    });

    it("with deleteBeforeReplace and a create that fails leaves the old version for the next up", async () => {
        const project = await published("failing", pythonLayer({}, deleteFirst));
        await project.write({
            "requirements.txt": "idna>=3\n",
            "index.js": program(pythonLayer({ manifest: "requirements.txt" }, deleteFirst)),
        });
        assert.notEqual((await project.up()).exitCode, 0);
        assert.deepEqual(await aws().versions("failing-dev-deps"), [1]);

        await project.write({ "index.js": program(pythonLayer({}, deleteFirst)) });
        succeeded(await project.up());
        await assertVersions(project, "failing", 1, [1]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("failing-dev-deps"), []);
    });
});
