import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inlineZipLimit } from "../../provider/publish/limits";
import { defaultAccount } from "../strictAws";
import { store } from "../strictAws/state";
import { layerZip, region, uniqueName } from "../unit/emulatedAws";
import { craftZip } from "../unit/package/craftZip";
import { createStack, type Declared } from "./simulatedEngine";
import { failure, only, succeed, useStrictAws } from "./strictTests";

describe("everything that PublishLayerVersion has", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const md5Of = (variant: number) =>
        createHash("md5").update(`{ "version": "1.${variant}" }\n`).digest("hex");
    const deps = (args: Declared["args"], more: Partial<Declared> = {}): Declared => ({
        name: "deps",
        args,
        ...more,
    });

    it("refers to an object in self-managed storage, and never deletes it", async () => {
        const bucket = strict.bucket({ versioned: true });
        const layerName = uniqueName("reference");
        const archive = store(strict.aws.state, bucket, "builds/layer.zip", {
            body: layerZip("reference"),
            metadata: { manifest_md5: md5Of(0) },
            contentType: "application/zip",
        });
        const content = {
            s3Bucket: bucket.name,
            s3Key: "builds/layer.zip",
            s3ObjectVersion: archive.id,
        };
        const args = { layerName, manifest: "package-lock-0.json", content };
        const stack = createStack("reference", "dev");
        await succeed(() => stack.up([deps(args)]));
        assert.equal(strict.layer(layerName)?.versions.get(1)?.reference, undefined);
        // A copy and a reference of the same object are two versions.
        const referring = {
            ...args,
            content: { ...content, s3ObjectStorageMode: "REFERENCE" },
            keepVersions: 0,
            forceDestroy: true,
        };
        await succeed(() => stack.up([deps(referring)]));
        assert.deepEqual(strict.versions(layerName), [2]);
        assert.deepEqual(strict.layer(layerName)?.versions.get(2)?.reference, {
            bucket: bucket.name,
            key: "builds/layer.zip",
            versionId: archive.id,
        });
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), []);
        assert.deepEqual(
            bucket.objects.get("builds/layer.zip")?.map(({ id }) => id),
            [archive.id],
        );
        const vague = {
            ...args,
            content: { s3Bucket: bucket.name, s3Key: "builds/layer.zip", s3ObjectStorageMode: "REFERENCE" },
        };
        assert.match(await failure(() => stack.up([deps(vague)])), /must name the s3ObjectVersion/);
    });

    it("keeps the object of a version that refers to it when the bucket has versioning", async () => {
        const bucket = strict.bucket({ versioned: true });
        const layerName = uniqueName("shared");
        const stack = createStack("shared", "dev");
        const python = strict.project.python(0, { layerName, bucket: bucket.name });
        await succeed(() => stack.up([deps(python, { type: "PythonLayer" })]));
        const key = [...bucket.objects.keys()].find((each) => each.endsWith(".zip")) ?? "";
        const artifact = bucket.objects.get(key)?.at(-1);
        bucket.objects.set(key, [
            {
                ...(artifact as NonNullable<typeof artifact>),
                metadata: { ...artifact?.metadata, manifest_md5: md5Of(0) },
            },
        ]);
        const other = createStack("shared", "production");
        const content = {
            s3Bucket: bucket.name,
            s3Key: key,
            s3ObjectVersion: artifact?.id,
            s3ObjectStorageMode: "REFERENCE",
        };
        await succeed(() => other.up([deps({ layerName, manifest: "package-lock-0.json", content })]));
        assert.deepEqual(strict.versions(layerName), [1, 2], "a reference is another version than a copy");
        await succeed(() => stack.destroy());
        assert.deepEqual(strict.versions(layerName), [2]);
        // Self-managed storage needs the object's version, which only marks of deletion come over.
        assert.ok(bucket.objects.get(key)?.some(({ id }) => id === artifact?.id));
    });

    it("publishes the very object version in a versioned bucket, and repairs a manifest in one with SSE-KMS once", async () => {
        const bucket = strict.bucket({ versioned: true, kms: true });
        const layerName = uniqueName("kms");
        const stack = createStack("kms", "dev");
        const declared = deps(strict.project.python(0, { layerName, bucket: bucket.name }), {
            type: "PythonLayer",
        });
        await succeed(() => stack.up([declared]));
        const manifest = [...bucket.objects.keys()].find((key) => key.endsWith("uv-0.lock")) ?? "";
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        assert.equal(bucket.objects.get(manifest)?.length, 1);
        store(strict.aws.state, bucket, manifest, {
            body: Buffer.from("altered"),
            metadata: {},
            contentType: "text/plain",
        });
        await succeed(() => stack.refresh());
        assert.deepEqual(await succeed(() => stack.up([declared])), ["update deps"]);
        assert.equal(bucket.objects.get(manifest)?.length, 3);
        assert.deepEqual(await succeed(() => stack.refresh()), []);
        assert.deepEqual(await succeed(() => stack.up([declared])), []);
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("answers what Lambda signed, and takes every text, fifteen runtimes and both architectures", async () => {
        strict.aws.state.signing = true;
        const layerName = uniqueName("signed");
        const compatibleRuntimes = [
            ...[
                "python3.8",
                "python3.9",
                "python3.10",
                "python3.11",
                "python3.12",
                "python3.13",
                "python3.14",
            ],
            ...[
                "nodejs18.x",
                "nodejs20.x",
                "nodejs22.x",
                "java17",
                "java21",
                "ruby3.3",
                "provided.al2",
                "provided.al2023",
            ],
        ];
        const stack = createStack("signed", "dev");
        await succeed(() =>
            stack.up([
                deps(
                    strict.project.zip(0, {
                        layerName,
                        compatibleRuntimes,
                        compatibleArchitectures: ["x86_64", "arm64"],
                        description: "ä".repeat(256),
                        licenseInfo: "M".repeat(512),
                    }),
                ),
            ]),
        );
        strict.aws.state.signing = false;
        const { outputs } = only(stack);
        assert.match(String(outputs["signingJobArn"]), /\/signing-jobs\//);
        assert.match(String(outputs["signingProfileVersionArn"]), /\/signing-profiles\//);
        assert.equal(strict.layer(layerName)?.versions.get(1)?.compatibleRuntimes?.length, 15);
    });

    it("takes a layer's ARN for its name, of its own account and region only", async () => {
        const name = uniqueName("named");
        const bucket = strict.bucket();
        const stack = createStack("named", "dev");
        const arn = (account: string, where = region) => `arn:aws:lambda:${where}:${account}:layer:${name}`;
        const declared = (layerName: string) =>
            deps(strict.project.zip(0, { layerName, bucket: bucket.name }));
        await succeed(() => stack.up([declared(arn(defaultAccount))]));
        assert.equal(only(stack).id, `${arn(defaultAccount)}:1`);
        // The name alone is the same layer, but for the account that is no longer held to.
        assert.deepEqual(strict.versions(name), [1]);
        const other = createStack("named", "other");
        assert.match(
            await failure(() => other.up([declared(arn("210987654321"))])),
            /named as one of account 210987654321/,
        );
        assert.match(
            await failure(() => other.up([declared(arn(defaultAccount, "us-east-1"))])),
            /is a layer of us-east-1/,
        );
    });

    it("keeps several regions and accounts apart in one bucket", async () => {
        const bucket = strict.bucket();
        const layerName = uniqueName("everywhere");
        const [home, abroad, foreign] = ["home", "abroad", "foreign"].map((name) =>
            createStack("everywhere", name),
        );
        const declared = (more: object) =>
            deps(strict.project.python(0, { layerName, bucket: bucket.name, ...more }), {
                type: "PythonLayer",
            });
        assert.ok(home !== undefined && abroad !== undefined && foreign !== undefined);
        await succeed(() => home.up([declared({})]));
        await succeed(() => abroad.up([declared({ region: "us-east-1" })]));
        strict.configure({ "aws:accessKey": "210987654321" });
        await succeed(() => foreign.up([declared({ bucketOwner: defaultAccount })]));
        strict.configure();
        assert.deepEqual(
            [home, abroad, foreign].map((stack) => only(stack).id),
            [
                `arn:aws:lambda:${region}:${defaultAccount}:layer:${layerName}:1`,
                `arn:aws:lambda:us-east-1:${defaultAccount}:layer:${layerName}:1`,
                `arn:aws:lambda:${region}:210987654321:layer:${layerName}:1`,
            ],
        );
        const folder = `lambda/${layerName}/layer`;
        for (const place of ["", `${defaultAccount}-us-east-1/`, `210987654321-${region}/`]) {
            assert.ok(bucket.objects.has(`${folder}/${place}000001/record.json`), place);
        }
        assert.equal([...bucket.objects.keys()].filter((key) => key.endsWith(".zip")).length, 1);
        await succeed(() => abroad.destroy());
        assert.deepEqual(strict.versions(layerName), [1]);
    });

    it("does not take a version of another account for one that is gone", async () => {
        const layerName = uniqueName("account");
        const stack = createStack("account", "dev");
        await succeed(() => stack.up([deps(strict.project.zip(0, { layerName }))]));
        strict.configure({ "aws:accessKey": "210987654321" });
        for (const run of [() => stack.refresh(), () => stack.destroy()]) {
            assert.match(
                await failure(run),
                /^ACCESS_DENIED: The layer version belongs to account 123456789012/,
            );
        }
        assert.deepEqual(strict.versions(layerName), [1]);
        assert.equal(stack.resources.size, 1);
    });

    it("sends a zip inside the request up to the real limit, and through S3 above it", async () => {
        const bucket = strict.bucket();
        const zipOf = async (size: number) => {
            const empty = craftZip([{ name: "python/data.bin", content: "", method: 0 }]).length;
            const body = craftZip([
                { name: "python/data.bin", content: Buffer.alloc(size - empty, 7), method: 0 },
            ]);
            assert.equal(body.length, size);
            await writeFile(join(strict.project.folder, "large.zip"), body);
        };
        const layerName = uniqueName("large");
        const args = strict.project.zip(0, {
            layerName,
            bucket: bucket.name,
            content: { zipFile: "large.zip" },
            description: "\u0001".repeat(256),
            licenseInfo: "\u0001".repeat(512),
        });
        await zipOf(inlineZipLimit);
        const stack = createStack("large", "dev");
        await succeed(() => stack.up([deps(args)]));
        assert.equal(only(stack).outputs["artifactUri"], undefined);
        await zipOf(inlineZipLimit + 1);
        await succeed(() => stack.up([deps({ ...args, manifest: "package-lock-1.json" })]));
        assert.match(String(only(stack).outputs["artifactUri"]), /^s3:.*\.zip$/);
        assert.deepEqual(strict.versions(layerName), [1, 2]);
        const nowhere = { ...args, bucket: undefined, layerName: uniqueName("nowhere") };
        assert.match(
            await failure(() => createStack("large", "two").up([deps(nowhere)])),
            /^BUCKET_WRONG_REGION/,
        );
    });
});
