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
import {
    createLayerProject,
    program,
    pythonLayer,
    resourceCounts,
    stateOf,
    versionArn,
} from "./layerProject";
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
    const console = async (number: number) => {
        const block = page.blocks.filter(({ language }) => language === "console")[number];
        assert.ok(block !== undefined, `${page.path} has no console block ${number + 1}`);
        await replay(block, toEmulator(aws.emulator.endpoint), folder);
    };

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

    it("shows what the tool has published: history, diff and size", async () => {
        assert.equal(
            await publishWithTool(["alpha==1.0", "beta==1.0", "urllib3==2.0"]),
            versionArn(aws, layerName, 1),
        );
        await publishWithTool(second);
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
        await console(0);
    });

    it("takes over the newest version on proof, and publishes nothing", async () => {
        const adopt = versionArn(aws, layerName, 2);
        const files = await lockSample("uv.lock", index.origin, {
            requirements: second,
        });
        project = await createLayerProject(aws, {
            name: "shop",
            files: { "index.js": programWith({ adopt, exclude: ["urllib3"] }), ...files },
        });
        const up = succeeded(await project.up());
        assert.match(up.stdout, /took over version 2/);
        const { id, outputs } = await stateOf(project);
        assert.deepEqual([id, outputs?.["origin"]], [adopt, "adopted"]);
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
    });

    it("goes on from there: what changes is published, adopt or not, and one history has it all", async () => {
        await project.write(
            await lockSample("uv.lock", index.origin, {
                requirements: ["alpha==2.0", "beta==1.0", "gamma==1.0", "urllib3==2.0"],
            }),
        );
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 replaced", "1 unchanged"]);
        await project.write({ "index.js": programWith({ exclude: ["urllib3"] }) });
        succeeded(await project.up());
        assert.deepEqual(await aws.versions(layerName), [1, 2, 3]);
        await console(1);
    });

    it("refuses a version that differs, and says in what", async () => {
        const other = await createLayerProject(aws, {
            name: "other",
            files: {
                "index.js": programWith({ adopt: versionArn(aws, layerName, 2) }),
                ...(await lockSample("uv.lock", index.origin, { requirements: second })),
            },
        });
        try {
            const up = await other.up();
            assert.notEqual(up.exitCode, 0);
            const refusal = page.blocks.find(({ text }) => text.startsWith("ADOPTION_REFUSED"));
            const said = up.stdout.replace(/\s+/g, " ");
            assert.ok(refusal !== undefined && said.includes(refusal.text.replace(/\s+/g, " ")), up.stdout);
        } finally {
            await other.remove();
        }
    });

    it("leaves at a destroy what the tool has published", async () => {
        succeeded(await project.destroy());
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
    });
});
