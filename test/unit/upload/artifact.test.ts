import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Bucket, headObject, readObject, writeObject } from "../../../provider/aws/objects";
import { findArtifact, type UploadedFile, uploadArtifact } from "../../../provider/upload/artifact";
import { type Fault, startFaultyAws } from "../aws/faultyAws";
import { startServer } from "../build/localServer";
import { clientsAt, createBucket, layerZip, newSignal, useEmulatedAws } from "../emulatedAws";

const key = "lambda/deps/layer/artifacts/k.zip";
const labels = { artifactKey: "k", manifestMd5: "0a1b" };

describe("uploadArtifact", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();
    let folder: string;
    let bucket: Bucket;
    before(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));
    beforeEach(async () => {
        bucket = await createBucket(aws.clients);
    });

    async function fileOf(content: string): Promise<UploadedFile> {
        const zip = layerZip(content);
        const file = path.join(folder, `${content}.zip`);
        await writeFile(file, zip);
        return {
            path: file,
            size: zip.length,
            codeSha256: createHash("sha256").update(zip).digest("base64"),
            uncompressedSize: 1234,
        };
    }
    const put = (body: string, metadata: Record<string, string>) =>
        bucket.s3.send(
            new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: body, Metadata: metadata }),
        );

    it("stores the zip with labels that find it again", async () => {
        const file = await fileOf("1");
        const stored = await uploadArtifact(bucket, key, file, labels);
        assert.deepEqual(stored, {
            bucket: bucket.name,
            key,
            versionId: undefined,
            codeSha256: file.codeSha256,
            codeSize: file.size,
            uncompressedSize: 1234,
        });
        assert.deepEqual((await readObject(bucket, key))?.body, layerZip("1"));
        const head = await headObject(bucket, key);
        assert.equal(head?.metadata["artifact_key"], "k");
        assert.equal(head?.metadata["manifest_md5"], "0a1b");
        assert.deepEqual(await findArtifact(bucket, key, "k"), stored);
    });

    it("leaves its connection for the next one, answered before its stream has ended", async () => {
        const connections = new Set<unknown>();
        const server = await startServer((request, response) => {
            connections.add(request.socket);
            let missing = Number(request.headers["content-length"]);
            request.on("data", (bytes: Buffer) => {
                missing -= bytes.length;
                if (missing === 0) response.setHeader("etag", '"1"').end();
            });
        });
        try {
            const { s3 } = await clientsAt(server.origin);
            const file = await fileOf("1");
            for (let upload = 0; upload < 20; upload += 1) {
                await uploadArtifact({ ...bucket, s3 }, `${upload}`, file, labels);
            }
            assert.equal(connections.size, 1);
        } finally {
            await server.close();
        }
    });

    it("leaves what another one uploaded meanwhile", async () => {
        const first = await uploadArtifact(bucket, key, await fileOf("1"), labels);
        // The same key means the same bytes; that these differ shows that nothing was written.
        assert.deepEqual(await uploadArtifact(bucket, key, await fileOf("2"), labels), first);
        assert.deepEqual((await readObject(bucket, key))?.body, layerZip("1"));
    });

    it("is stored once by many at once", async () => {
        const file = await fileOf("1");
        const stored = await Promise.all(
            Array.from({ length: 12 }, () => uploadArtifact(bucket, key, file, labels)),
        );
        assert.equal(new Set(stored.map((each) => JSON.stringify(each))).size, 1);
    });

    it("replaces what stands there under wrong labels", async () => {
        const wrong: Record<string, string>[] = [
            {},
            { artifact_key: "other", code_sha256: "x", uncompressed_size: "1" },
            { artifact_key: "k" },
            { artifact_key: "k", code_sha256: "x", uncompressed_size: "many" },
        ];
        for (const metadata of wrong) {
            await put("something else", metadata);
            assert.equal(await findArtifact(bucket, key, "k"), undefined);
            const file = await fileOf("1");
            await uploadArtifact(bucket, key, file, labels);
            assert.equal((await findArtifact(bucket, key, "k"))?.codeSha256, file.codeSha256);
        }
    });

    it("takes an empty object for none", async () => {
        await put("", { artifact_key: "k", code_sha256: "x", uncompressed_size: "0" });
        assert.equal(await findArtifact(bucket, key, "k"), undefined);
        assert.equal(await findArtifact(bucket, "not/there", "k"), undefined);
    });

    it("names the exact object version in a bucket with versioning", async () => {
        bucket = await createBucket(aws.clients, { versioned: true });
        const stored = await uploadArtifact(bucket, key, await fileOf("1"), labels);
        assert.ok(stored.versionId);
        assert.deepEqual(await findArtifact(bucket, key, "k"), stored);
        await writeObject(bucket, key, "newer", "text/plain");
        const { Body } = await bucket.s3.send(
            new GetObjectCommand({ Bucket: bucket.name, Key: key, VersionId: stored.versionId }),
        );
        assert.deepEqual(Buffer.from((await Body?.transformToByteArray()) ?? []), layerZip("1"));
    });

    describe("on a bad connection", () => {
        async function uploadWith(faults: readonly Fault[], file: UploadedFile) {
            const waiting = [...faults];
            let puts = 0;
            const server = await startFaultyAws((method) => {
                if (method !== "PUT") return "pass";
                puts += 1;
                return waiting.shift() ?? "pass";
            }, aws.endpoint);
            try {
                const { s3 } = await clientsAt(server.origin);
                const stored = await uploadArtifact({ ...bucket, s3 }, key, file, labels);
                return { stored, puts };
            } finally {
                await server.close();
            }
        }

        it("opens the file again for every attempt", async () => {
            const file = await fileOf("1");
            const { puts } = await uploadWith(["cut before", { status: 503, code: "SlowDown" }], file);
            assert.equal(puts, 3);
            assert.deepEqual((await readObject(bucket, key))?.body, layerZip("1"));
        });

        it("finds its own upload whose answer was lost", async () => {
            const file = await fileOf("1");
            const { stored, puts } = await uploadWith(["cut after"], file);
            assert.equal(puts, 2);
            assert.equal(stored.codeSha256, file.codeSha256);
        });

        it("says what is wrong with the place, and gives up in the end", async () => {
            const file = await fileOf("1");
            const always = (fault: Fault) => Array<Fault>(9).fill(fault);
            await assert.rejects(
                uploadWith(always({ status: 403, code: "AccessDenied" }), file),
                /ACCESS_DENIED: s3:PutObject/,
            );
            await assert.rejects(
                uploadWith(always({ status: 404, code: "NoSuchBucket" }), file),
                /BUCKET_NOT_FOUND/,
            );
            await assert.rejects(
                uploadWith(always({ status: 400, code: "EntityTooLarge" }), file),
                /UPLOAD_FAILED[\s\S]*EntityTooLarge[\s\S]*Nothing was published/,
            );
        });
    });

    it("stops when the run is aborted", async () => {
        const signal = AbortSignal.abort();
        await assert.rejects(uploadArtifact({ ...bucket, signal }, key, await fileOf("1"), labels));
        assert.equal(await headObject({ ...bucket, signal: newSignal() }, key), undefined);
    });
});
