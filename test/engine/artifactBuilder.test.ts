import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { environment, startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { type Page, readPage } from "../docs/markdown";
import { replay } from "../docs/transcript";
import { artifactBuilderPath, pythonPath, uvPath } from "../tools";
import type { LocalServer } from "../unit/build/localServer";
import { startIndex } from "../unit/build/packageIndex";
import { sampleWheel } from "../unit/build/sampleFiles";
import { toEmulator, useTestCredentials } from "../unit/commandLine/layers";
import { bucketName, type EmulatedAws, openEmulatedAws, region } from "./emulatedAws";
import { createLayerProject, program, pythonLayer, stateOf, versionArn } from "./layerProject";
import { lockSample } from "./sampleManifests";
import { writeFiles } from "./writeFiles";

const layerName = "shop-deps";
const second = ["alpha==1.0.1", "beta==1.0", "gamma==1.0", "urllib3==2.0"];

describe("moving from the artifact builder, as docs/from-artifact-builder.md tells", function () {
    this.timeout(300_000);
    useTestCredentials();
    let aws: EmulatedAws;
    let index: LocalServer;
    let project: PulumiProject;
    let page: Page;
    let folder: string;

    /** Locks these packages and publishes them with the tool itself. */
    async function publishWithTool(requirements: readonly string[]): Promise<string> {
        await writeFiles(folder, await lockSample("uv.lock", index.origin, { requirements }));
        const env = {
            ...environment(aws.emulator),
            AWS_REGION: region,
            AWS_DEFAULT_REGION: region,
            UV_PYTHON: pythonPath(),
            UV_PYTHON_DOWNLOADS: "never",
            UV_CACHE_DIR: join(folder, "cache"),
        };
        const options = { cwd: folder, env };
        await mustRun(uvPath(), ["venv", "--quiet", "--allow-existing"], options);
        const driver = join(repository, "test/engine/artifactBuilder.py");
        const { stdout } = await mustRun(
            artifactBuilderPath(),
            [driver, layerName, bucketName, uvPath()],
            options,
        );
        return stdout.trim().split("\n").at(-1) ?? "";
    }

    const programWith = (args: Readonly<Record<string, unknown>>): string =>
        program(pythonLayer({ layerName, prefix: "lambda", ...args }));

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-builder-"));
        page = await readPage(join(repository, "docs", "from-artifact-builder.md"));
        const releases = [
            "alpha 1.0",
            "alpha 1.0.1",
            "alpha 2.0",
            "beta 1.0",
            "gamma 1.0",
            "urllib3 2.0",
            "webby 1.0",
            "tester 1.0",
        ];
        index = await startIndex(
            new Map(
                releases.map((release) => {
                    const [name = "", version = ""] = release.split(" ");
                    return [`${name}-${version}-py3-none-any.whl`, sampleWheel(name, version)];
                }),
            ),
        );
        aws = await openEmulatedAws(await startMinistack());
    });
    after(async () => {
        await project?.remove();
        await aws?.emulator.stop();
        await index?.close();
        await rm(folder, { recursive: true, force: true });
    });

    it("publishes the next version, and touches none of the tool's", async () => {
        assert.equal(
            await publishWithTool(["alpha==1.0", "beta==1.0", "urllib3==2.0"]),
            versionArn(aws, layerName, 1),
        );
        await publishWithTool(second);
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
        const files = await lockSample("uv.lock", index.origin, { requirements: second });
        project = await createLayerProject(aws, {
            name: "shop",
            files: { "index.js": programWith({ exclude: ["urllib3"] }), ...files },
        });
        const up = succeeded(await project.up());
        assert.match(up.stdout, /published version 3/);
        assert.equal((await stateOf(project)).id, versionArn(aws, layerName, 3));
        assert.deepEqual(await aws.versions(layerName), [1, 2, 3]);
    });

    it("shows all versions with size and history", async () => {
        const block = page.blocks.find(({ language }) => language === "console");
        assert.ok(block !== undefined, `${page.path} has no console block`);
        await replay(block, toEmulator(aws.emulator.endpoint), folder);
    });

    it("leaves at a destroy what the tool has published", async () => {
        succeeded(await project.destroy());
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
    });
});
