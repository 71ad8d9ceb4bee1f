import assert from "node:assert/strict";
import { readObject, writeObject } from "../../../provider/aws/objects";
import type { PublishedVersion } from "../../../provider/publish/layerVersion";
import {
    artifactObject,
    type LayerStore,
    layerStore,
    manifestObject,
    recordObject,
} from "../../../provider/publish/layout";
import { fileUris, readRecord } from "../../../provider/publish/record";
import { writeNewFiles, writeTakenFiles, writeUpdatedFiles } from "../../../provider/versionFiles";
import { createBucket, createStore, useEmulatedAws } from "../emulatedAws";
import { manifestOf, recordOf } from "./records";

const published: PublishedVersion = {
    layerArn: "arn:aws:lambda:eu-central-1:123456789012:layer:deps",
    layerVersionArn: "arn:aws:lambda:eu-central-1:123456789012:layer:deps:7",
    version: 7,
    codeSha256: "c2hh",
    codeSize: 10,
    createdDate: "2026-01-01T00:00:00.000+0000",
    signingJobArn: undefined,
    signingProfileVersionArn: undefined,
};

describe("what is kept beside a version", () => {
    const aws = useEmulatedAws();
    let store: LayerStore;
    beforeEach(async () => {
        store = await createStore(aws.clients);
    });
    const manifestKey = "lambda/deps/layer/000007/uv.lock";
    const take = (text: string, fileName?: string) =>
        writeTakenFiles(store, 7, published.codeSha256, manifestOf(text, fileName), async () =>
            recordOf(published, "deps", text),
        );
    const stored = async (key: string) => (await readObject(store.bucket, key))?.body.toString();

    it("is a manifest and a record where the seed tool would look", async () => {
        await writeNewFiles(store, manifestOf("one"), recordOf(published, "deps", "one"));
        const uris = fileUris(store, 7, "uv.lock");
        assert.equal(uris.manifestUri, `s3://${store.bucket.name}/${manifestKey}`);
        assert.equal(uris.recordUri, `s3://${store.bucket.name}/lambda/deps/layer/000007/record.json`);
        assert.equal(await stored(manifestKey), manifestOf("one").bytes.toString());
        assert.deepEqual(await readRecord(store, 7), recordOf(published, "deps", "one"));
    });

    it("follows whoever takes the version over, but for the record and the manifest's name", async () => {
        await take("one");
        assert.deepEqual(await take("two"), recordOf(published, "deps", "one"));
        assert.equal(await stored(manifestKey), manifestOf("two").bytes.toString());
        await take("three", "poetry.lock");
        assert.equal(await stored(manifestKey), manifestOf("two").bytes.toString());
        assert.equal(await stored("lambda/deps/layer/000007/poetry.lock"), undefined);
    });

    it("is written anew where the record is of other bytes, or cannot be read", async () => {
        const other = { ...recordOf(published, "deps", "one"), codeSha256: "b3RoZXI=" };
        await writeNewFiles(store, manifestOf("one"), other);
        assert.deepEqual(await take("two"), recordOf(published, "deps", "two"));
        await writeObject(store.bucket, recordObject(store, 7), "{", "application/json");
        assert.deepEqual(await take("three"), recordOf(published, "deps", "three"));
        assert.equal(await stored(manifestKey), manifestOf("three").bytes.toString());
    });

    it("gets a manifest's new name with an update, and a record that is missing", async () => {
        const record = recordOf(published, "deps", "one");
        assert.equal(await writeUpdatedFiles(store, manifestOf("one"), record, undefined, false), "uv.lock");
        const renamed = manifestOf("two", "poetry.lock");
        const file = { ...record, manifest: { fileName: "poetry.lock", md5: renamed.md5 } };
        assert.equal(await writeUpdatedFiles(store, renamed, file, "uv.lock", true), "poetry.lock");
        assert.equal(await stored(manifestKey), undefined);
        assert.equal((await readRecord(store, 7))?.manifest.fileName, "poetry.lock");
        assert.equal(
            await writeUpdatedFiles(store, manifestOf("x"), record, "poetry.lock", false),
            "poetry.lock",
        );
        assert.equal(await stored("lambda/deps/layer/000007/poetry.lock"), renamed.bytes.toString());
    });

    it("counts a record that cannot be read as none", async () => {
        for (const text of ["", "{", "null", "[]", '{"version":7}', '{"version":"7"}']) {
            await writeObject(store.bucket, recordObject(store, 7), Buffer.from(text), "application/json");
            assert.equal(await readRecord(store, 7), undefined, text);
        }
        assert.equal(await readRecord(store, 8), undefined);
    });
});

describe("layout", () => {
    const aws = useEmulatedAws();

    it("keeps other accounts' and regions' versions apart, and shares the artifacts", async () => {
        const bucket = await createBucket(aws.clients);
        const own = layerStore(bucket, "lambda/deps/");
        const foreign = layerStore(bucket, "lambda/deps/", "123456789012-eu-west-1");
        assert.equal(artifactObject(own, "k"), "lambda/deps/layer/artifacts/k.zip");
        assert.equal(artifactObject(foreign, "k"), artifactObject(own, "k"));
        assert.equal(
            manifestObject(foreign, 7, "uv.lock"),
            "lambda/deps/layer/123456789012-eu-west-1/000007/uv.lock",
        );
        assert.equal(recordObject(layerStore(bucket, ""), 1_234_567), "layer/1234567/record.json");
    });
});
