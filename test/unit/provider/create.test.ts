import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { listObjects, readObject } from "../../../provider/aws/objects";
import type { GetSetting } from "../../../provider/aws/settingReader";
import { diff } from "../../../provider/diff";
import { createProvider } from "../../../provider/dynamic/provider";
import { asCheckedInputs } from "../../../provider/inputs";
import { parseLayerVersionArn } from "../../../provider/layerVersionArn";
import type { Props } from "../../../provider/props";
import { openPythonArchive } from "../../../provider/pythonArchive";
import { openDestination } from "../../../provider/upload/destination";
import { openCore, type TestCore } from "../../core";
import { type Fault, startFaultyAws } from "../aws/faultyAws";
import { startServer } from "../build/localServer";
import { createBucket, layerZip, newSignal, settingsFor, uniqueName, useEmulatedAws } from "../emulatedAws";
import { versionsOf } from "../publish/publisher";

describe("create, update and delete", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();
    let folder: string;
    let layerName: string;
    let bucket: Awaited<ReturnType<typeof createBucket>>;
    beforeEach(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        await writeFile(path.join(folder, "go.sum"), "one\n");
        await writeFile(path.join(folder, "layer.zip"), layerZip("1"));
        layerName = uniqueName("deps");
        bucket = await createBucket(aws.clients);
        configure(settingsFor(aws.endpoint));
    });
    afterEach(async () => {
        await rm(folder, { recursive: true, force: true });
    });

    let core: TestCore;
    const configure = (settings: GetSetting) => {
        core = openCore({ settings });
    };
    const create = (inputs: Props) => core.layers.create(core.call, inputs);
    const update = (id: string, olds: Props, news: Props) => core.layers.update(core.call, id, olds, news);
    /** The hooks as Pulumi calls them. */
    const openHooks = () =>
        createProvider({ argv: [], cwd: () => core.host.folder, env: process.env }, () => core.host.aws);
    const remove = (id: string, state: Props) => core.layers.delete(core.call, id, state);

    /** What the engine hands to `create` for a program with these arguments. */
    async function checked(args: Props = {}, olds: Props = {}): Promise<Record<string, unknown>> {
        const { inputs, failures } = await core.layers.check(core.call, olds, {
            owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:LayerVersion::${layerName}`,
            layerName,
            manifest: path.join(folder, "go.sum"),
            bucket: bucket.name,
            content: { zipFile: path.join(folder, "layer.zip") },
            ...args,
        });
        assert.deepEqual(failures, []);
        return inputs;
    }
    const hasUndefined = (value: unknown): boolean =>
        value === undefined ||
        (typeof value === "object" && value !== null && Object.values(value).some(hasUndefined));

    it("answer with every input and output, none of them undefined, so that the next run changes nothing", async () => {
        const inputs = await checked();
        const { id, outs } = await create(inputs);
        assert.match(id, new RegExp(`:layer:${layerName}:\\d+$`));
        assert.equal(hasUndefined(outs), false);
        // Both front ends have the same outputs in a state, those of the id too: a resource may move between them.
        const version = Number(id.split(":").at(-1));
        assert.deepEqual([outs["layerVersionArn"], outs["arn"], outs["version"]], [id, id, version]);
        // What follows from other inputs is not written down.
        for (const name of ["prefix", "resourceType", "records"]) {
            assert.ok(!(name in inputs) && !(name in outs), name);
        }
        for (const [name, value] of Object.entries(inputs)) {
            assert.deepEqual(outs[name], value, name);
        }
        assert.deepEqual(diff(outs, await checked({}, inputs)), { changes: false });
        assert.deepEqual(
            (await readObject(bucket, String(outs["manifestUri"]).slice(`s3://${bucket.name}/`.length)))
                ?.body,
            Buffer.from("one\n"),
        );
    });

    it("publish once for one resource that is created twice", async () => {
        const inputs = await checked();
        const first = await create(inputs);
        assert.equal((await create(inputs)).id, first.id);
        assert.equal((await versionsOf(aws.clients, layerName)).length, 1);
    });

    it("keep a version in state whose records could not be written, and finish them without publishing", async () => {
        let fault: Fault = "pass";
        const server = await startFaultyAws(
            (method, url) => (method === "PUT" && url.includes("record.json") ? fault : "pass"),
            aws.endpoint,
        );
        try {
            configure(settingsFor(server.origin));
            const inputs = await checked();
            fault = { status: 403, code: "AccessDenied" };
            const withProvider = { ...inputs, __provider: "the provider's text" };
            const failure: unknown = await openHooks()
                .create(withProvider)
                .catch((error: unknown) => error);
            assert.ok(
                failure instanceof Error &&
                    "id" in failure &&
                    "properties" in failure &&
                    "reasons" in failure,
            );
            assert.match(String(failure.reasons), /is published[\s\S]*ACCESS_DENIED/);
            assert.equal(hasUndefined(failure.properties), false);
            // Without it no refresh and no destroy could run: the engine keeps these properties as they are.
            assert.deepEqual(Object.entries({ ...(failure.properties as Props) }).at(-1), [
                "__provider",
                "the provider's text",
            ]);
            fault = "pass";
            const { outs } = await openHooks().update(
                String(failure.id),
                { ...(failure.properties as Props) },
                inputs,
            );
            assert.match(outs?.["recordUri"], /record\.json$/);
            assert.equal((await versionsOf(aws.clients, layerName)).length, 1);
        } finally {
            await server.close();
        }
    });

    it("move the records to another bucket, also when the old one is gone", async () => {
        const inputs = await checked();
        const { id, outs } = await create(inputs);
        const second = await createBucket(aws.clients);
        const moved = await update(id, outs, await checked({ bucket: second.name }, inputs));
        assert.equal((await listObjects(second, `lambda/${layerName}/layer/000`)).length, 2);
        assert.ok(String(moved["recordUri"]).startsWith(`s3://${second.name}/`));
        assert.equal(moved["codeSha256"], outs["codeSha256"]);
        const third = await createBucket(aws.clients);
        const olds = { ...moved, bucket: "gone-for-good" };
        assert.ok(
            String((await update(id, olds, await checked({ bucket: third.name })))["recordUri"]).startsWith(
                `s3://${third.name}/`,
            ),
        );
    });

    it("keep the manifest that ignoreChanges holds on to, and refuse one that nobody checked", async () => {
        const inputs = await checked();
        const { id, outs } = await create(inputs);
        await writeFile(path.join(folder, "go.sum"), "two\n");
        const second = await createBucket(aws.clients);
        const ignoring = await checked({ bucket: second.name, manifestMd5: inputs["manifestMd5"] }, inputs);
        const moved = await update(id, outs, ignoring);
        const { version } = parseLayerVersionArn(id);
        const key = `lambda/${layerName}/layer/${String(version).padStart(6, "0")}/go.sum`;
        assert.deepEqual((await readObject(second, key))?.body, Buffer.from("one\n"));
        const changed = { ...ignoring, manifestMd5: "0a1b" };
        await assert.rejects(update(id, moved, changed), /MANIFEST_CHANGED/);
        assert.deepEqual((await readObject(second, key))?.body, Buffer.from("one\n"));
    });

    it("publish an archive in S3 once, whatever its label says, when the connection breaks after Lambda has published", async () => {
        await bucket.s3.send(
            new PutObjectCommand({
                Bucket: bucket.name,
                Key: "layer.zip",
                Body: layerZip("1"),
                Metadata: {
                    manifest_md5: createHash("md5").update("one\n").digest("hex"),
                    code_sha256: createHash("sha256").update("another archive").digest("base64"),
                },
            }),
        );
        let publishes = 0;
        const server = await startFaultyAws(
            (method, url) =>
                method === "POST" && url.includes("/layers/") && publishes++ === 0 ? "cut after" : "pass",
            aws.endpoint,
        );
        try {
            configure(settingsFor(server.origin));
            await create(await checked({ content: { s3Bucket: bucket.name, s3Key: "layer.zip" } }));
            assert.equal((await versionsOf(aws.clients, layerName)).length, 1);
        } finally {
            await server.close();
        }
    });

    it("refuse a manifest that changed after it was checked, and publish nothing", async () => {
        const inputs = await checked();
        await writeFile(path.join(folder, "go.sum"), "two\n");
        await assert.rejects(create(inputs), /MANIFEST_CHANGED/);
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
        assert.deepEqual(await listObjects(bucket, ""), []);
    });

    it("refuse an archive that is not there, not labelled or of another manifest, and take one with the right label", async () => {
        const put = (metadata: Record<string, string>) =>
            bucket.s3.send(
                new PutObjectCommand({
                    Bucket: bucket.name,
                    Key: "layer.zip",
                    Body: layerZip("1"),
                    Metadata: metadata,
                }),
            );
        const inputs = await checked({ content: { s3Bucket: bucket.name, s3Key: "layer.zip" } });
        await assert.rejects(create(inputs), /ARCHIVE_NOT_FOUND/);
        await put({});
        await assert.rejects(create(inputs), /ARCHIVE_UNLABELLED[\s\S]*manifest_md5=/);
        await put({ manifest_md5: "0a1b" });
        await assert.rejects(create(inputs), /ARCHIVE_STALE/);
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
        await put({ manifest_md5: String(inputs["manifestMd5"]) });
        const { outs } = await create(inputs);
        assert.equal(outs["codeSha256"], createHash("sha256").update(layerZip("1")).digest("base64"));
        assert.equal(outs["artifactUri"], `s3://${bucket.name}/layer.zip`);
    });

    it("say which bucket is missing before anything is published", async () => {
        await assert.rejects(create(await checked({ bucket: "not-there" })), /BUCKET_NOT_FOUND/);
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
    });

    it("delete twice, and nothing once the bucket is gone: nobody knows who else uses the version", async () => {
        const { id, outs } = await create(await checked());
        // A process that has checked a resource takes its delete for the old half of a replacement.
        const stranger = {
            ...outs,
            owner: `${String(outs["owner"])}-of-another-process`,
            layerName: `${layerName}-x`,
        };
        await remove(id, { ...stranger, bucket: "not-there" });
        assert.deepEqual(await versionsOf(aws.clients, layerName), [1]);
        assert.match(
            core.said.join("\n"),
            /warning: kept version 1: the bucket of its ledger does not exist/,
        );
        const own = { ...outs, owner: stranger.owner };
        await remove(id, own);
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
        await remove(id, own);
    });

    it("leave no temporary folder behind when a build is aborted", async () => {
        const controller = new AbortController();
        const silent = await startServer(() => controller.abort(new Error("enough")));
        const temporary = await mkdtemp(path.join(folder, "tmp-"));
        await writeFile(path.join(folder, "uv.lock"), lockOfOne(silent.origin));
        const { host, call } = openCore({
            temporaryFolder: temporary,
            environment: { ...process.env, XDG_CACHE_HOME: path.join(folder, "cache") },
            signal: controller.signal,
        });
        try {
            const inputs = asCheckedInputs(
                await checked({
                    owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${layerName}`,
                    content: undefined,
                    manifest: path.join(folder, "uv.lock"),
                    pythonVersion: "3.13",
                }),
            );
            assert.ok(inputs.resourceType === "PythonLayer");
            const place = { bucket: bucket.name, prefix: inputs.prefix };
            const destination = await openDestination(aws.clients, "000000000000", place, newSignal());
            const archive = await openPythonArchive(host, call, inputs, destination);
            await assert.rejects(archive.prepare(false));
            assert.equal(silent.requests.length, 1);
            assert.deepEqual(await readdir(temporary), []);
            assert.deepEqual(await listObjects(bucket, ""), []);
        } finally {
            await silent.close();
        }
    });
});

/** A `uv.lock` with one wheel, on a server. */
const lockOfOne = (origin: string): string => `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "six" }]

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "${origin}/simple" }
wheels = [
    { url = "${origin}/six-1.17.0-py2.py3-none-any.whl", hash = "sha256:${"0".repeat(64)}", size = 11050 },
]
`;
