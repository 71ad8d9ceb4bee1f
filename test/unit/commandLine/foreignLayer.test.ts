import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DeleteLayerVersionCommand, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { type Bucket, writeObject } from "../../../provider/aws/objects";
import { createBucket, uniqueName, useEmulatedAws } from "../emulatedAws";
import { craftZip } from "../package/craftZip";
import { callCommandLine } from "./callCommandLine";
import { assertGolden } from "./golden";
import {
    publishWith,
    type SamplePackage,
    type SampleProject,
    startProject,
    toEmulator,
    useTestCredentials,
} from "./layers";

/** A zip as `pip --target` and `zip` leave it. */
function installed(packages: readonly SamplePackage[]): Buffer {
    return craftZip(
        packages.flatMap(({ name, version, size = 100 }) => {
            const info = `${name}-${version}.dist-info`;
            const record = [`${name}.py,,`, `../../bin/${name},,`, `${info}/RECORD,,`, `${info}/METADATA,,`];
            return [
                { name: `python/${name}.py`, content: "#".repeat(size) },
                { name: `python/__pycache__/${name}.cpython-313.pyc`, content: "byte code" },
                { name: `python/bin/${name}`, content: "#!/bin/sh" },
                {
                    name: `python/${info}/METADATA`,
                    content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
                },
                { name: `python/${info}/WHEEL`, content: "Wheel-Version: 1.0\nTag: py3-none-any\n" },
                { name: `python/${info}/RECORD`, content: record.join("\n") },
            ];
        }),
    );
}

const steps: readonly (readonly SamplePackage[])[] = [
    [{ name: "web", version: "2.31.0", size: 9000 }],
    [{ name: "web", version: "2.32.0", size: 9100 }],
    [
        { name: "tiny", version: "1.0" },
        { name: "web", version: "2.32.0", size: 9100 },
    ],
];

/** The layout of aws_lambda_artifact_builder: `<prefix>/layer/000001/<manifest>`, and no record. */
describe("a layer that another tool published", function () {
    this.timeout(60_000);
    const aws = useEmulatedAws();
    useTestCredentials();
    const layerName = uniqueName("deps");
    let project: SampleProject;
    let bucket: Bucket;
    let place: string[];

    before(async () => {
        bucket = await createBucket(aws.clients);
        project = await startProject();
        const dev = [{ name: "linter", version: "9.0" }];
        for (const [index, packages] of steps.entries()) {
            const lock = await project.lock(packages, dev);
            const content = { ZipFile: installed(packages) };
            await aws.clients.lambda.send(
                new PublishLayerVersionCommand({ LayerName: layerName, Content: content }),
            );
            await writeObject(bucket, `seed/layer/00000${index + 1}/uv.lock`, lock, "text/plain");
        }
        await writeObject(bucket, "seed/layer/layer.zip", installed(steps[2] ?? []), "application/zip");
        place = [
            "--bucket",
            bucket.name,
            "--prefix",
            "/seed/",
            "--layer",
            layerName,
            ...toEmulator(aws.endpoint),
        ];
    });

    after(async () => {
        await project.remove();
    });

    const plain = (text: string) => text.replaceAll(layerName, "deps");

    it("has a history of numbers only", async () => {
        const { output } = await callCommandLine(["history", ...place, "--json"]);
        const { versions } = JSON.parse(output);
        assert.deepEqual(
            versions.map(({ version, inLambda, dependencies }: Record<string, unknown>) => [
                version,
                inLambda,
                dependencies,
            ]),
            [
                [3, true, null],
                [2, true, null],
                [1, true, null],
            ],
        );
    });

    it("does not guess which packages moved", async () => {
        const { exitCode, errors } = await callCommandLine(["diff", "1", "3", ...place]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^RECORD_MISSING: .* version 1 .* no record[\s\S]*`size` and `sbom`/);
    });

    it("is not found by its address alone, since only records tell a layer's name", async () => {
        const address = ["history", `s3://${bucket.name}/seed`, ...toEmulator(aws.endpoint)];
        const { exitCode, errors } = await callCommandLine(address);
        assert.equal(exitCode, 1);
        assert.match(errors, /^VERSION_NOT_FOUND: No layer version is kept there\.[\s\S]*--layer/);
    });

    it("shows what takes the room in the zip that Lambda has, byte code and scripts included", async () => {
        const { exitCode, output, errors } = await callCommandLine(["size", "3", ...place, "--json"]);
        assert.deepEqual([exitCode, errors], [0, ""]);
        const { packages, otherSize } = JSON.parse(output);
        assert.deepEqual(
            packages.map(({ name, version, files }: { name: string; version: string; files: number }) => [
                name,
                version,
                files,
            ]),
            [
                ["web", "2.32.0", 6],
                ["tiny", "1.0", 6],
            ],
        );
        assert.equal(otherSize, 0);
    });

    it("has a bill of materials of what is in its zip", async () => {
        const { output } = await callCommandLine(["sbom", "3", ...place]);
        const { components, compositions, metadata } = JSON.parse(output);
        const zip = createHash("sha256")
            .update(installed(steps[2] ?? []))
            .digest("hex");
        assert.deepEqual(metadata.component.hashes, [{ alg: "SHA-256", content: zip }]);
        assert.deepEqual(
            components.map(({ purl }: { purl: string }) => purl),
            ["pkg:pypi/tiny@1.0", "pkg:pypi/web@2.32.0"],
        );
        assert.equal(compositions[0].aggregate, "complete");
    });

    it("is one history with the versions that this package publishes after it", async () => {
        const args = {
            manifest: join(project.folder, "uv.lock"),
            bucket: bucket.name,
            prefix: "seed",
            layerName,
        };
        assert.equal((await publishWith(aws.endpoint, "deps", args)).version, 4);
        await project.lock([{ name: "web", version: "2.32.3", size: 9200 }]);
        await publishWith(aws.endpoint, "deps", args);
        await aws.clients.lambda.send(
            new DeleteLayerVersionCommand({ LayerName: layerName, VersionNumber: 1 }),
        );
        const { exitCode, output } = await callCommandLine(["history", ...place], { width: 100 });
        assert.equal(exitCode, 0);
        await assertGolden("history-foreign", plain(output));
        const gone = await callCommandLine(["size", "1", ...place]);
        assert.equal(gone.exitCode, 1);
        assert.match(gone.errors, /^VERSION_NOT_FOUND: Layer "[^"]+" has no version 1\./);
    });
});
