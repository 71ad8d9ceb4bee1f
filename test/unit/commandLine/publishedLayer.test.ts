import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createBucket, uniqueName, useEmulatedAws } from "../emulatedAws";
import { callCommandLine } from "./callCommandLine";
import { assertGolden } from "./golden";
import { publishWith, type SampleProject, startProject, toEmulator, useTestCredentials } from "./layers";

/** Three versions: a change, then another change with an addition and a removal. A second stack is still at the first. */
describe("a layer that was published by this package", function () {
    this.timeout(60_000);
    const aws = useEmulatedAws();
    useTestCredentials();
    const layerName = uniqueName("deps");
    let project: SampleProject;
    let place: string[];
    let bucket: string;

    before(async () => {
        bucket = (await createBucket(aws.clients)).name;
        project = await startProject();
        const args = { manifest: join(project.folder, "uv.lock"), bucket, layerName };
        const numbers = { name: "numbers", version: "2.0.0", size: 40_000 };
        await project.lock([
            { name: "tiny", version: "1.0" },
            { name: "web", version: "2.31.0", size: 9000 },
        ]);
        await publishWith(aws.endpoint, "deps", args);
        await publishWith(aws.endpoint, "reports", args);
        await project.lock([
            { name: "tiny", version: "1.0" },
            { name: "web", version: "3.0.0", size: 12_000 },
        ]);
        await publishWith(aws.endpoint, "deps", args);
        await project.lock([{ name: "web", version: "3.0.1", size: 12_500 }, numbers]);
        await publishWith(aws.endpoint, "deps", { ...args, architecture: "arm64" });
        place = ["--bucket", bucket, "--layer", layerName, ...toEmulator(aws.endpoint)];
    });

    after(async () => {
        await project.remove();
    });

    const plain = (text: string) =>
        text.replaceAll(layerName, "deps").replaceAll(project.origin, "https://index.example");

    it("has a history", async () => {
        const { exitCode, output, errors } = await callCommandLine(["history", ...place], { width: 110 });
        assert.deepEqual([exitCode, errors], [0, ""]);
        await assertGolden("history", plain(output));
    });

    it("has a history in colours on a terminal", async () => {
        const { output } = await callCommandLine(["history", ...place], { width: 110, colours: true });
        const without = await callCommandLine(["history", ...place], { width: 110 });
        assert.notEqual(output, without.output);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
        assert.equal(output.replace(/\u001b\[\d+m/g, ""), without.output);
    });

    it("has a history for programs, newest first", async () => {
        const { output } = await callCommandLine(["history", ...place, "--json"]);
        const history = JSON.parse(output);
        assert.equal(history.layerName, layerName);
        assert.deepEqual(
            history.versions.map(({ version }: { version: number }) => version),
            [3, 2, 1],
        );
        const [newest, , oldest] = history.versions;
        assert.deepEqual(newest.dependencies, { numbers: "2.0.0", web: "3.0.1" });
        assert.deepEqual(newest.changes.added, [{ name: "numbers", version: "2.0.0" }]);
        assert.deepEqual(newest.changes.removed, [{ name: "tiny", version: "1.0" }]);
        assert.equal(newest.inLambda, true);
        assert.equal(newest.manifestUri, `s3://${bucket}/lambda/${layerName}/layer/000003/uv.lock`);
        assert.equal(oldest.changes, null);
        assert.deepEqual(
            oldest.usedBy.map(({ owner, use }: { owner: string; use: string }) => [
                owner.split("/").at(-1),
                use,
            ]),
            [
                ["deps", "older"],
                ["reports", "current"],
            ],
        );
    });

    it("is found by its address alone, and by its ARN", async () => {
        const byName = await callCommandLine(["history", ...place, "--json"]);
        const address = `s3://${bucket}/lambda/${layerName}/`;
        const byAddress = await callCommandLine(["history", address, ...toEmulator(aws.endpoint), "--json"]);
        assert.equal(byAddress.output, byName.output);
        const arn = `arn:aws:lambda:eu-central-1:000000000000:layer:${layerName}`;
        const byArn = await callCommandLine([
            ...["history", "-b", bucket, "-l", arn, "--endpoint-url", aws.endpoint, "--json"],
        ]);
        assert.equal(byArn.output, byName.output);
    });

    it("shows the newest versions only where that is asked, with what moved in each", async () => {
        const { output } = await callCommandLine(["history", ...place, "-n", "2", "--json"]);
        const { versions } = JSON.parse(output);
        assert.deepEqual(
            versions.map(({ version }: { version: number }) => version),
            [3, 2],
        );
        assert.equal(versions[1].changes.changed[0].name, "web");
    });

    it("differs between two versions", async () => {
        const { exitCode, output } = await callCommandLine(["diff", "1", "latest", ...place], { width: 100 });
        assert.equal(exitCode, 0);
        await assertGolden("diff", plain(output));
        const json = JSON.parse((await callCommandLine(["diff", "1", "3", ...place, "--json"])).output);
        assert.deepEqual(json.changed, [{ name: "web", from: "2.31.0", to: "3.0.1", isMajor: true }]);
        assert.deepEqual([json.from.version, json.to.version, json.same], [1, 3, 0]);
    });

    it("does not differ from itself", async () => {
        const { output } = await callCommandLine(["diff", "2", "2", ...place]);
        assert.match(output, /\nNo package moved: 2 packages\.\n/);
    });

    it("names the versions that there are when asked for another", async () => {
        const { exitCode, errors } = await callCommandLine(["diff", "1", "9", ...place]);
        assert.equal(exitCode, 1);
        assert.equal(
            plain(errors),
            'VERSION_NOT_FOUND: Layer "deps" has no version 9.\n  → Name one of its versions, which are 1, 2, 3.\n',
        );
    });

    it("shows what takes the room, from its record", async () => {
        const { exitCode, output } = await callCommandLine(["size", "latest", ...place], { width: 80 });
        assert.equal(exitCode, 0);
        await assertGolden("size", plain(output));
    });

    it("takes the same room as the zip that build makes, byte for byte", async () => {
        const args = [
            "build",
            "uv.lock",
            "--python",
            "3.13",
            "--architecture",
            "arm64",
            "-o",
            "out/layer.zip",
        ];
        const built = await callCommandLine([...args, "--json"], { folder: project.folder });
        assert.deepEqual([built.exitCode, built.errors], [0, ""]);
        const recorded = await callCommandLine(["size", "3", ...place, "--json"]);
        const zip = await callCommandLine(["size", "out/layer.zip", "--json"], { folder: project.folder });
        const { name: _built, ...ofBuild } = JSON.parse(built.output);
        const { name: _recorded, ...ofRecord } = JSON.parse(recorded.output);
        const { name: _zip, ...ofZip } = JSON.parse(zip.output);
        assert.deepEqual(ofBuild, ofRecord);
        assert.deepEqual(ofZip, ofRecord);
        assert.equal((await readFile(join(project.folder, "out", "layer.zip"))).length, ofRecord.codeSize);
        const shown = await callCommandLine(args, { folder: project.folder, width: 80 });
        await assertGolden("build", plain(shown.output));
    });

    it("has a bill of materials that names every package and its hash", async () => {
        const { exitCode, output } = await callCommandLine(["sbom", "3", ...place]);
        assert.equal(exitCode, 0);
        const bill = JSON.parse(output);
        assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ["CycloneDX", "1.6", 1]);
        assert.deepEqual(
            bill.components.map(({ type, purl }: { type: string; purl: string }) => [type, purl]),
            [
                ["library", "pkg:pypi/numbers@2.0.0"],
                ["library", "pkg:pypi/web@3.0.1"],
            ],
        );
        const lock = await readFile(join(project.folder, "uv.lock"), "utf8");
        for (const { hashes } of bill.components) {
            assert.equal(hashes[0].alg, "SHA-256");
            assert.ok(lock.includes(`sha256:${hashes[0].content}`));
        }
        assert.equal(bill.compositions[0].aggregate, "complete");
        assert.equal((await callCommandLine(["sbom", "latest", ...place])).output, output);
        const toFile = await callCommandLine(["sbom", "3", ...place, "-o", "bom.json"], {
            folder: project.folder,
        });
        assert.deepEqual([toFile.output, toFile.errors], ["", "bom.json: 2 components of version 3\n"]);
        assert.equal(await readFile(join(project.folder, "bom.json"), "utf8"), output);
    });

    it("shows the manifest that the version was published with, whoever shares it", async () => {
        const several = uniqueName("several");
        const text = await readFile(join(project.folder, "uv.lock"), "utf8");
        const publish = async (resource: string, name: string, content: string) => {
            await writeFile(join(project.folder, name), content);
            const manifest = join(project.folder, name);
            const args = { manifest, manifestKind: "uv.lock", bucket, layerName: several };
            return (await publishWith(aws.endpoint, resource, args)).version;
        };
        assert.equal(await publish("deps", "first.lock", text), 1);
        assert.equal(await publish("reports", "second.lock", `# the same packages\n${text}`), 1);
        const options = ["--bucket", bucket, "--layer", several, ...toEmulator(aws.endpoint), "--json"];
        const [version] = JSON.parse((await callCommandLine(["history", ...options])).output).versions;
        assert.equal(version.manifestUri, `s3://${bucket}/lambda/${several}/layer/000001/first.lock`);
    });

    it("is not found elsewhere", async () => {
        const elsewhere = ["--prefix", "elsewhere", "--layer", uniqueName("none"), ...place.slice(4)];
        const { exitCode, errors } = await callCommandLine(["history", "--bucket", bucket, ...elsewhere]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^VERSION_NOT_FOUND: .*\n {2}at s3:\/\/artifacts-\w+\/elsewhere\/layer\/\n/);
    });

    it("needs a bucket that exists", async () => {
        const { exitCode, errors } = await callCommandLine([
            ...["history", "--bucket", uniqueName("none"), "--layer", layerName, ...toEmulator(aws.endpoint)],
        ]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^BUCKET_NOT_FOUND: /);
    });
});
