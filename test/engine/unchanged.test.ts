import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { succeeded } from "../../scripts/pulumiProject";
import { uvPath } from "../tools";
import { onBothEmulators } from "./emulatedAws";
import { layerProjects, program, pythonLayer, resourceCounts } from "./layerProject";
import { lock } from "./locks";
import { type RecordingProxy, startRecordingProxy } from "./recordingProxy";

onBothEmulators("an unchanged manifest", (aws) => {
    const newProject = layerProjects(aws);
    let proxy: RecordingProxy;
    before(async () => {
        proxy = await startRecordingProxy(aws().emulator.endpoint);
    });
    after(() => proxy?.stop());

    it("costs no AWS call and no build, in preview and in up", async () => {
        const { uvLock, requirements } = await lock();
        const project = await newProject({
            name: "unchanged",
            endpoint: proxy.endpoint,
            files: {
                "index.js": program(
                    pythonLayer(),
                    pythonLayer({ manifest: "requirements.txt" }, { name: "listed" }),
                ),
                "uv.lock": uvLock,
                "requirements.txt": requirements,
            },
        });
        succeeded(await project.up());
        assert.ok(
            proxy.take().some((request) => request.startsWith("POST /2018-10-31/layers/")),
            "the proxy sees what is published",
        );

        // Whatever is built takes uv or leaves wheels in the cache.
        const cache = join(project.temporaryFolder, "cache");
        const path = project.environment["PATH"] ?? "";
        const env = {
            ...project.environment,
            XDG_CACHE_HOME: cache,
            PATH: path.replaceAll(dirname(uvPath()), "/nowhere"),
        };
        for (const command of [project.preview, project.up]) {
            const result = succeeded(await command([], { env }));
            assert.deepEqual(resourceCounts(result), ["3 unchanged"]);
            assert.deepEqual(proxy.take(), []);
        }
        await assert.rejects(access(join(cache, "pulumi-lambda-layer")));
    });
});
