import assert from "node:assert/strict";
import { succeeded } from "../../scripts/pulumiProject";
import { layerZip } from "./archives";
import { onBothEmulators } from "./emulatedAws";
import { layerProjects, layerVersion, program, pythonLayer } from "./layerProject";
import { bumpedDependencies, lock } from "./locks";

/** A statement whose paths are absolute, as a program makes them with `__dirname`. */
const absolute = (statement: string): string =>
    statement.replace(/"([a-z/]+\.(?:lock|zip))"/g, (_, file) => `__dirname + "/${file}"`);

onBothEmulators("the exported state", (aws) => {
    const newProject = layerProjects(aws);

    it("has one short text in every __provider, and nothing of this machine", async () => {
        const project = await newProject({
            name: "exported",
            files: {
                "index.js": program(
                    pythonLayer(),
                    absolute(pythonLayer({ manifest: "other/uv.lock" }, { name: "other" })),
                    absolute(
                        layerVersion(
                            { layerName: "zip", manifest: "uv.lock", content: { zipFile: "layer.zip" } },
                            "zip",
                        ),
                    ),
                ),
                "uv.lock": (await lock()).uvLock,
                "other/uv.lock": (await lock(bumpedDependencies)).uvLock,
                "layer.zip": await layerZip("hello = 1\n"),
            },
        });
        succeeded(await project.up());
        const { resources } = await project.export();
        const ours = resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/lambda:"));
        assert.equal(ours.length, 3);
        const texts = new Set(
            ours.flatMap(({ inputs, outputs }) => [inputs["__provider"], outputs["__provider"]]),
        );
        const [provider] = texts;
        assert.equal(texts.size, 1, "it is the same for all resources, in inputs and outputs");
        assert.ok(typeof provider === "string" && Buffer.byteLength(provider) <= 3000);
        const required = [...provider.matchAll(/require\(([^)]*)\)/g)].map(([, specifier]) => specifier);
        assert.deepEqual(required, ['"pulumi-lambda-layer/provider"']);
        // A path of this machine would be a change on the next one.
        const text = JSON.stringify(ours.map(({ inputs, outputs }) => [inputs, outputs]));
        for (const path of [project.folder, project.temporaryFolder, process.cwd()]) {
            assert.ok(!text.includes(path), path);
        }
        assert.deepEqual(ours.map(({ inputs }) => inputs["manifest"]).sort(), [
            "other/uv.lock",
            "uv.lock",
            "uv.lock",
        ]);
    });
});
