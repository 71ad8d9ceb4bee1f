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

/** The layout of aws_lambda_artifact_builder: `<prefix>/layer/000001/<manifest>`, and nothing else of a version. */
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

    it("has a history of what its manifests list", async () => {
        const { exitCode, output, errors } = await callCommandLine(["history", ...place], { width: 100 });
        assert.deepEqual([exitCode, errors], [0, ""]);
        await assertGolden("history-foreign", plain(output));
    });

    it("has a history without its name, which Lambda is not asked for then", async () => {
        const address = ["history", `s3://${bucket.name}/seed`, ...toEmulator(aws.endpoint), "--json"];
        const { versions, layerName: name } = JSON.parse((await callCommandLine(address)).output);
        assert.equal(name, null);
        assert.deepEqual(
            versions.map(({ version, inLambda }: { version: number; inLambda: unknown }) => [
                version,
                inLambda,
            ]),
            [
                [3, null],
                [2, null],
                [1, null],
            ],
        );
    });

    it("differs in what is installed for a target, where one is named", async () => {
        const listed = JSON.parse((await callCommandLine(["diff", "1", "3", ...place, "--json"])).output);
        assert.deepEqual([listed.same, listed.from.dependenciesFrom], [1, "listed"]);
        const args = ["diff", "1", "3", ...place, "--python", "3.13", "--json"];
        const selected = JSON.parse((await callCommandLine(args)).output);
        assert.deepEqual([selected.same, selected.from.dependenciesFrom], [0, "manifest"]);
        assert.deepEqual(selected.changed, [{ name: "web", from: "2.31.0", to: "2.32.0", isMajor: false }]);
        assert.deepEqual(selected.added, [{ name: "tiny", version: "1.0" }]);
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

    it("has a bill of materials of what is in its zip, with the hashes that its manifest knows", async () => {
        const { output } = await callCommandLine(["sbom", "3", ...place, "--python", "3.13"]);
        const { components, compositions, metadata } = JSON.parse(output);
        const zip = createHash("sha256")
            .update(installed(steps[2] ?? []))
            .digest("hex");
        assert.deepEqual(metadata.component.hashes, [{ alg: "SHA-256", content: zip }]);
        assert.deepEqual(
            components.map(({ purl, hashes }: { purl: string; hashes: unknown[] }) => [purl, hashes.length]),
            [
                ["pkg:pypi/tiny@1.0", 1],
                ["pkg:pypi/web@2.32.0", 1],
            ],
        );
        assert.equal(compositions[0].aggregate, "complete");
    });

    it("is one history with the versions that came after it was adopted, and with those that are gone", async () => {
        const arn = `arn:aws:lambda:eu-central-1:000000000000:layer:${layerName}:3`;
        const args = {
            manifest: join(project.folder, "uv.lock"),
            bucket: bucket.name,
            prefix: "seed",
            layerName,
        };
        assert.equal((await publishWith(aws.endpoint, "deps", { ...args, adopt: arn })).version, 3);
        await project.lock([{ name: "web", version: "2.32.3", size: 9200 }]);
        await publishWith(aws.endpoint, "deps", args);
        await aws.clients.lambda.send(
            new DeleteLayerVersionCommand({ LayerName: layerName, VersionNumber: 1 }),
        );
        const { exitCode, output } = await callCommandLine(["history", ...place], { width: 100 });
        assert.equal(exitCode, 0);
        await assertGolden("history-adopted", plain(output));
        const gone = await callCommandLine(["size", "1", ...place]);
        assert.equal(gone.exitCode, 1);
        assert.match(gone.errors, /^VERSION_NOT_FOUND: What is inside version 1 is not recorded/);
    });
});

describe("a version whose manifest is none of Python packages", () => {
    const aws = useEmulatedAws();
    useTestCredentials();

    it("is compared by its bytes", async () => {
        const bucket = await createBucket(aws.clients);
        for (const [index, text] of ["{}", "{}", '{"name":"app"}'].entries()) {
            await writeObject(bucket, `web/layer/00000${index + 1}/package-lock.json`, text, "text/plain");
        }
        const place = [`s3://${bucket.name}/web`, ...toEmulator(aws.endpoint)];
        const { output } = await callCommandLine(["history", ...place]);
        assert.deepEqual(
            output
                .trimEnd()
                .split("\n")
                .slice(1)
                .map((line) => line.split(/ {2,}/).at(-1)),
            ["the manifest changed", "the manifest is the same", "first version"],
        );
        const { exitCode, errors } = await callCommandLine(["diff", "1", "2", ...place]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^MANIFEST_UNREADABLE: .* version 1 .* package-lock\.json is none/);
    });
});
