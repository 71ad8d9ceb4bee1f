import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { nodeNotice } from "../../provider/aws/nodeSupport";
import { succeeded } from "../../scripts/pulumiProject";
import { bucketName, onBothEmulators, region } from "./emulatedAws";
import {
    account,
    assertNoTemporaryFolder,
    holdersOf,
    layerProjects,
    resourceCounts,
    stateOf,
    versionArn,
} from "./layerProject";
import { lock } from "./locks";

/** In TypeScript, as most users write it, so that the types are tried too. */
const typedProgram = `
import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";

const deps = new PythonLayer("deps", {
    manifest: "uv.lock",
    bucket: pulumi.output("${bucketName}"),
    pythonVersion: "3.13",
    architecture: "arm64",
});
const arn: pulumi.Output<string> = deps.layerVersionArn;
const dependencies: pulumi.Output<Record<string, string>> = deps.dependencies;
export const outputs = { arn, dependencies, version: deps.version, same: deps.arn, manifestUri: deps.manifestUri };
`;

onBothEmulators("the first up", (aws) => {
    const newProject = layerProjects(aws);

    it("tells the packages in the preview, publishes version 1, and keeps manifest, record and ledger", async () => {
        const { uvLock } = await lock();
        const project = await newProject({
            name: "first",
            files: { "index.ts": typedProgram, "uv.lock": uvLock },
        });
        const preview = succeeded(await project.preview(["--diff"]));
        assert.match(preview.stdout, /idna +: "3\.10"/);
        assert.match(preview.stdout, /markupsafe *: "3\.0\.2"/);
        assert.deepEqual(await aws().versions("first-dev-deps"), []);
        assert.deepEqual(await aws().objectKeys(), []);

        const up = succeeded(await project.up());
        assert.match(up.stdout, /published version 1: 2 packages/);
        // The SDK's own seven lines would be among them. The engine shows a warning in the stack's row, then below it.
        const notice = nodeNotice({});
        const aboutNode = up.output.split("\n").filter((line) => /\bnode\b|AWS SDK/i.test(line));
        const wanted = notice === undefined ? [] : [`warning: ${notice}`];
        assert.deepEqual(
            aboutNode.map((line) => line.replace(/^.*?(?=warning: )/, "")),
            [...wanted, ...wanted],
        );
        const arn = versionArn(aws(), "first-dev-deps", 1);
        const md5 = createHash("md5").update(uvLock).digest("hex");
        const folder = "lambda/first-dev-deps/layer/";
        assert.deepEqual((await project.outputs())["outputs"], {
            arn,
            same: arn,
            version: 1,
            dependencies: { idna: "3.10", markupsafe: "3.0.2" },
            manifestUri: `s3://${bucketName}/${folder}000001/uv.lock`,
        });

        const { id, outputs } = await stateOf(project);
        assert.equal(id, arn);
        assert.equal(outputs["manifestMd5"], md5);
        assert.deepEqual(outputs["compatibleRuntimes"], ["python3.13"]);
        assert.deepEqual(outputs["compatibleArchitectures"], ["arm64"]);

        assert.deepEqual(await aws().versions("first-dev-deps"), [1]);
        assert.deepEqual(await aws().objectKeys(), [
            `${folder}000001/record.json`,
            `${folder}000001/uv.lock`,
            `${folder}artifacts/${String(outputs["artifactKey"])}.zip`,
            `${folder}ledger-${account(aws())}-${region}.json`,
        ]);
        assert.deepEqual(await holdersOf(aws(), "first-dev-deps"), ["1 first/dev/PythonLayer/deps current"]);
        assert.deepEqual(await aws().readObject(`${folder}000001/uv.lock`), uvLock);
        const record: unknown = JSON.parse(
            (await aws().readObject(`${folder}000001/record.json`)).toString("utf8"),
        );
        assert.ok(typeof record === "object" && record !== null);
        assert.deepEqual(
            Object.fromEntries(
                Object.entries(record).filter(([name]) =>
                    ["layerVersionArn", "version", "manifest", "dependencies", "codeSha256"].includes(name),
                ),
            ),
            {
                layerVersionArn: arn,
                version: 1,
                manifest: { fileName: "uv.lock", md5 },
                dependencies: { idna: "3.10", markupsafe: "3.0.2" },
                codeSha256: outputs["codeSha256"],
            },
        );
        await assertNoTemporaryFolder(project);

        // The current version goes with the stack, and with it everything that was kept of the layer.
        const destroy = succeeded(await project.destroy());
        assert.deepEqual(resourceCounts(destroy), ["2 deleted"]);
        assert.deepEqual(await aws().versions("first-dev-deps"), []);
        assert.deepEqual(await aws().objectKeys(), []);
    });
});
