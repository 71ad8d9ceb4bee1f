import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../../scripts/command";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { bucketName, onBothEmulators, region } from "./emulatedAws";
import { account, layerProjects, program, pythonLayer, resourceCounts } from "./layerProject";
import { bumpedDependencies, lock } from "./locks";

onBothEmulators("a ledger that is lost", (aws) => {
    const newProject = layerProjects(aws);

    /** The package's command line, as the program's folder has it. */
    const command = async (project: PulumiProject, ...args: readonly string[]) =>
        succeeded(
            await runCommand(
                process.execPath,
                [
                    join(
                        project.folder,
                        "node_modules",
                        "pulumi-lambda-layer",
                        "lib",
                        "commandLine",
                        "main.js",
                    ),
                    ...args,
                    ...["--bucket", bucketName, "--layer", "repaired-dev-deps"],
                    ...["--region", region, "--endpoint-url", aws().emulator.endpoint],
                ],
                {
                    cwd: project.folder,
                    env: { ...project.environment, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
                },
            ),
        ).stdout;

    it("costs no version: it is told of, made anew by rebuild, joined by refresh and up, and prune leaves it alone", async () => {
        const project = await newProject({
            name: "repaired",
            files: { "index.js": program(pythonLayer()), "uv.lock": (await lock()).uvLock },
        });
        succeeded(await project.up());
        const key = `lambda/repaired-dev-deps/layer/ledger-${account(aws())}-${region}.json`;
        await aws().deleteObject(key);

        // Nothing has changed for the program, and nothing is asked.
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        succeeded(await project.refresh());
        assert.match(succeeded(await project.preview(["--diff"])).stdout, /records *: "ledger missing"/);
        assert.deepEqual(await aws().versions("repaired-dev-deps"), [1]);

        assert.match(await command(project, "rebuild"), /Nothing was changed/);
        assert.match(await command(project, "rebuild", "--yes"), /versions in it: 1\n/);
        succeeded(await project.refresh());
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 updated", "1 unchanged"]);
        assert.match(await command(project, "history"), /\n *1 /);

        await project.write({ "stack.json": (await project.export()).text });
        await command(project, "prune", "--state", "stack.json", "--kept", "--yes");
        assert.deepEqual(await aws().versions("repaired-dev-deps"), [1]);

        await project.write({ "uv.lock": (await lock(bumpedDependencies)).uvLock });
        succeeded(await project.up());
        const destroyed = succeeded(await project.destroy());
        // The version that the lost ledger had is one that is never deleted, which is said.
        assert.deepEqual(await aws().versions("repaired-dev-deps"), [1], destroyed.output);
    });
});
