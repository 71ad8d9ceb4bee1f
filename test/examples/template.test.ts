import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { environment, startMinistack } from "../../scripts/emulator";
import { packageTarball } from "../../scripts/packageTarball";
import { createPulumiProject, type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { type EmulatedAws, openEmulatedAws, region } from "../engine/emulatedAws";
import { resourceCounts } from "../engine/layerProject";
import { uvPath } from "../tools";
import { withAwsPlugin } from "./exampleProject";

const templates = join(repository, "templates");

describe("a template", function () {
    this.timeout(600_000);
    let aws: EmulatedAws | undefined;
    let project: PulumiProject | undefined;
    before(async () => {
        aws = await openEmulatedAws(await startMinistack());
        project = await createPulumiProject({
            name: "outer",
            modules: "none",
            path: [join(uvPath(), "..")],
            environment: { ...environment(), AWS_REGION: region, AWS_ENDPOINT_URL: aws.emulator.endpoint },
        });
    });
    after(() => Promise.all([project?.remove(), aws?.emulator.stop()]));

    for (const template of ["lambda-layer-typescript"]) {
        it(`${template}: pulumi new, npm install, uv lock, up, preview, destroy`, async () => {
            assert.ok(project !== undefined && aws !== undefined);
            const made = join(project.folder, "shop");
            const name = ["--name", "shop", "--description", "A shop", "--stack", "dev"];
            succeeded(
                await project.run([
                    "new",
                    join(templates, template),
                    "--dir",
                    made,
                    ...name,
                    "--generate-only",
                    "--yes",
                ]),
            );
            for (const file of ["Pulumi.yaml", "package.json"]) {
                assert.match(await readFile(join(made, file), "utf8"), /"?name"?: "?shop"?/);
            }
            assert.doesNotMatch(await readFile(join(made, "Pulumi.yaml"), "utf8"), /^template:|\$\{/m);
            assert.ok((await readdir(made)).includes(".gitignore"));

            const env = await withAwsPlugin(project);
            const npm = [
                "install",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                "--prefer-offline",
                "--ignore-scripts",
            ];
            await mustRun("npm", [...npm, await packageTarball(() => undefined)], { cwd: made, env });
            await mustRun(uvPath(), ["lock", "--quiet"], { cwd: made, env });
            const options = { cwd: made, env };
            succeeded(await project.run(["stack", "init", "dev"], options));
            await mustRun("pulumi", ["--non-interactive", "config", "set", "aws:region", region], options);
            await mustRun("pulumi", ["--non-interactive", "config", "set", "pythonVersion", "3.13"], options);

            const up = succeeded(await project.up([], options));
            assert.deepEqual(resourceCounts(up), ["6 created"]);
            assert.deepEqual(await aws.versions("shop-dev-deps"), [1]);
            succeeded(await project.preview(["--expect-no-changes"], options));
            const destroy = succeeded(await project.destroy([], options));
            assert.deepEqual(resourceCounts(destroy), ["6 deleted"]);
            assert.deepEqual(await aws.layerNames(), []);
        });
    }
});
