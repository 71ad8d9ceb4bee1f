import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { succeeded } from "../../scripts/pulumiProject";
import { layerZip } from "./archives";
import { bucketName, onBothEmulators } from "./emulatedAws";
import {
    assertNoTemporaryFolder,
    holdersOf,
    layerProjects,
    layerVersion,
    program,
    resourceCounts,
    stateOf,
    versionArn,
} from "./layerProject";

const manifest = (version: string) => `{ "name": "app", "lockfileVersion": 3, "version": "${version}" }\n`;
const label = (text: string) => ({ manifest_md5: createHash("md5").update(text).digest("hex") });
const stored = (s3Key: string) => ({ s3Bucket: bucketName, s3Key });
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("base64");

onBothEmulators("LayerVersion", (aws) => {
    const newProject = layerProjects(aws);
    let zip: Buffer;
    before(async () => {
        zip = await layerZip("hello = 1\n");
    });

    it("publishes a labelled archive in S3, and a newer one for a newer manifest", async () => {
        const args = {
            layerName: "stored",
            manifest: "package-lock.json",
            content: stored("builds/one.zip"),
            compatibleRuntimes: ["nodejs22.x"],
            licenseInfo: "MIT",
        };
        const first = manifest("1.0.0");
        await aws().putObject("builds/one.zip", zip, label(first));
        const project = await newProject({
            name: "stored",
            files: { "index.js": program(layerVersion(args)), "package-lock.json": first },
        });
        succeeded(await project.up());
        const { id, outputs } = await stateOf(project);
        assert.equal(id, versionArn(aws(), "stored", 1));
        assert.equal(outputs["codeSha256"], sha256(zip));
        assert.equal(outputs["codeSize"], zip.length);
        assert.equal(outputs["artifactUri"], `s3://${bucketName}/builds/one.zip`);
        const folder = "lambda/stored/layer/";
        assert.deepEqual(await aws().objectKeys(`${folder}000001/`), [
            `${folder}000001/package-lock.json`,
            `${folder}000001/record.json`,
        ]);
        assert.equal((await aws().readObject(`${folder}000001/package-lock.json`)).toString(), first);
        assert.deepEqual(await holdersOf(aws(), "stored"), ["1 stored/dev/LayerVersion/deps current"]);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);

        const second = manifest("2.0.0");
        const newer = await layerZip("hello = 2\n");
        await aws().putObject("builds/one.zip", newer, label(second));
        await project.write({ "package-lock.json": second });
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["1 replaced", "1 unchanged"]);
        assert.equal((await stateOf(project)).outputs["codeSha256"], sha256(newer));
        assert.deepEqual(await aws().versions("stored"), [1, 2]);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("stored"), [1]);
        assert.ok((await aws().objectKeys()).includes("builds/one.zip"), "the user's archive stays");
    });

    it("publishes a local zip without keeping anything in S3", async () => {
        const args = { layerName: "local", manifest: "go.sum", content: { zipFile: "build/layer.zip" } };
        const before = await aws().objectKeys();
        const project = await newProject({
            name: "local",
            files: { "index.js": program(layerVersion(args)), "go.sum": "v1\n", "build/layer.zip": zip },
        });
        succeeded(await project.up());
        const { id, outputs } = await stateOf(project);
        assert.equal(id, versionArn(aws(), "local", 1));
        assert.equal(outputs["codeSha256"], sha256(zip));
        assert.equal(outputs["uncompressedSize"], 10);
        assert.deepEqual(resourceCounts(succeeded(await project.up())), ["2 unchanged"]);
        assert.deepEqual(await aws().objectKeys(), before);
        succeeded(await project.destroy());
        assert.deepEqual(await aws().versions("local"), []);
    });

    it("warns where a local zip and its manifest moved apart, and of a runtime that nobody knows", async () => {
        const args = { layerName: "moved", manifest: "go.sum", content: { zipFile: "build/layer.zip" } };
        const project = await newProject({
            name: "moved",
            files: { "index.js": program(layerVersion(args)), "go.sum": "v1\n", "build/layer.zip": zip },
        });
        succeeded(await project.up());
        const newer = await layerZip("hello = 2\n");
        await project.write({ "build/layer.zip": newer });
        const zipMoved = succeeded(await project.preview());
        assert.deepEqual(resourceCounts(zipMoved), ["2 unchanged"]);
        assert.match(
            zipMoved.output,
            /build\/layer\.zip is another zip than that of version 1, and go\.sum has not changed/,
        );
        await project.write({
            "index.js": program(
                layerVersion({ ...args, triggers: ["again"], compatibleRuntimes: ["python9.9"] }),
            ),
        });
        const forced = succeeded(await project.up());
        assert.doesNotMatch(forced.output, /another zip/);
        assert.match(forced.output, /compatibleRuntimes names "python9\.9", which .* does not know/);
        assert.equal((await stateOf(project)).outputs["codeSha256"], sha256(newer));
        await project.write({ "go.sum": "v2\n" });
        assert.match(
            succeeded(await project.preview()).output,
            /go\.sum has changed and build\/layer\.zip has not: it is still the zip of version 2/,
        );
        succeeded(await project.destroy());
    });

    it("refuses an archive that is missing, empty, stale, unlabelled or no zip, each in its own words", async () => {
        const lock = manifest("1.0.0");
        const { manifest_md5: md5 } = label(lock);
        const stale = label(manifest("0.9.0"));
        await aws().putObject("refused/stale.zip", zip, stale);
        await aws().putObject("refused/unlabelled.zip", zip);
        await aws().putObject("refused/empty.zip", Buffer.alloc(0), label(lock));
        const contents = {
            missing: stored("refused/missing.zip"),
            empty: stored("refused/empty.zip"),
            stale: stored("refused/stale.zip"),
            unlabelled: stored("refused/unlabelled.zip"),
            nowhere: { zipFile: "build/none.zip" },
            text: { zipFile: "package-lock.json" },
        };
        const project = await newProject({
            name: "refused",
            files: {
                "package-lock.json": lock,
                "index.js": program(
                    ...Object.entries(contents).map(([name, content]) =>
                        layerVersion(
                            { layerName: `refused-${name}`, manifest: "package-lock.json", content },
                            name,
                        ),
                    ),
                ),
            },
        });
        const before = await aws().objectKeys();
        const up = await project.up(["--continue-on-error"]);
        assert.equal(up.exitCode, 1);
        const uri = `s3://${bucketName}/refused`;
        const output = up.stdout.replace(/\n +[|→]? */g, " ");
        for (const text of [
            `ARCHIVE_NOT_FOUND: The archive of layer "refused-missing" is not in S3. at ${uri}/missing.zip`,
            `ARCHIVE_NOT_FOUND: The archive of layer "refused-empty" is an empty object. at ${uri}/empty.zip`,
            "Upload the zip first, or correct content.s3Bucket and content.s3Key.",
            `ARCHIVE_STALE: The archive of layer "refused-stale" was built from another manifest than the one given.`,
            `the archive's manifest_md5 is ${stale.manifest_md5} the manifest's MD5 is ${md5}`,
            `ARCHIVE_UNLABELLED: The archive of layer "refused-unlabelled" does not say which manifest it was built from.`,
            `Upload it with the metadata line manifest_md5=${md5}`,
            'ARCHIVE_NOT_FOUND: The archive of layer "refused-nowhere" cannot be read. at build/none.zip',
            'ARCHIVE_INVALID: The archive of layer "refused-text" is no zip that Lambda could unpack',
        ]) {
            assert.ok(output.includes(text), `${text} is not in\n${up.stdout}`);
        }
        assert.deepEqual(
            (await aws().layerNames()).filter((name) => name.startsWith("refused")),
            [],
        );
        assert.deepEqual(await aws().objectKeys(), before);
        await assertNoTemporaryFolder(project);
    });
});
