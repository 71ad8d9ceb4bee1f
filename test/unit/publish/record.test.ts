import assert from "node:assert/strict";
import { readObject, writeObject } from "../../../provider/aws/objects";
import { listAllClaims } from "../../../provider/publish/claims";
import type { PublishedVersion } from "../../../provider/publish/layerVersion";
import {
    artifactObject,
    claimObject,
    type LayerStore,
    layerStore,
    manifestObject,
    parseClaimObject,
    publicationObject,
    recordObject,
} from "../../../provider/publish/layout";
import { changeRecord, keepVersion, ownedBy, readRecord } from "../../../provider/publish/record";
import { createBucket, createStore, useEmulatedAws } from "../emulatedAws";
import { keyOf, ownerNamed } from "./publisher";
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
const [first, second] = [ownerNamed("deps"), ownerNamed("other")];

describe("keepVersion", () => {
    const aws = useEmulatedAws();
    let store: LayerStore;
    beforeEach(async () => {
        store = await createStore(aws.clients);
    });
    const keep = (text: string, owner = first) =>
        keepVersion(
            store,
            published,
            manifestOf(text),
            recordOf(published, "deps", keyOf("1"), owner, text),
            owner,
            "claim",
        );
    const manifestKey = "lambda/deps/layer/000007/uv.lock";

    it("keeps manifest, record and claim where the seed tool would look", async () => {
        const kept = await keep("one");
        assert.equal(kept.manifestUri, `s3://${store.bucket.name}/${manifestKey}`);
        assert.equal(kept.recordUri, `s3://${store.bucket.name}/lambda/deps/layer/000007/record.json`);
        assert.deepEqual((await readObject(store.bucket, manifestKey))?.body, manifestOf("one").bytes);
        assert.deepEqual(await readRecord(store, 7), recordOf(published, "deps", keyOf("1"), first, "one"));
        assert.deepEqual(
            (await listAllClaims(store)).map(({ version, ownerHash }) => [version, ownerHash]),
            [[7, first.hash]],
        );
    });

    it("repairs a manifest that was altered, of the same length too, and leaves a right one alone", async () => {
        await keep("one");
        const before = await readObject(store.bucket, recordObject(store, 7));
        await keep("one");
        assert.deepEqual((await readObject(store.bucket, recordObject(store, 7)))?.etag, before?.etag);
        await writeObject(store.bucket, manifestKey, "# two\n", "text/plain");
        await keep("one");
        assert.deepEqual((await readObject(store.bucket, manifestKey))?.body, manifestOf("one").bytes);
    });

    it("takes over a manifest with the same dependencies, and never rewrites who published or answers", async () => {
        await keep("one");
        await keep("two", second);
        const record = await readRecord(store, 7);
        assert.equal(record?.manifest.md5, manifestOf("two").md5);
        assert.deepEqual([record?.publishedBy, record?.owner], [first.id, first.id]);
        await changeRecord(store, 7, (kept) => (kept === undefined ? kept : ownedBy(second.id, kept)));
        assert.deepEqual(
            [(await readRecord(store, 7))?.publishedBy, (await readRecord(store, 7))?.owner],
            [first.id, second.id],
        );
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
        assert.equal(publicationObject(own, "v"), "lambda/deps/layer/publications/v.json");
        assert.equal(
            manifestObject(foreign, 7, "uv.lock"),
            "lambda/deps/layer/123456789012-eu-west-1/000007/uv.lock",
        );
        assert.equal(recordObject(layerStore(bucket, ""), 1_234_567), "layer/1234567/record.json");
    });

    it("reads claims back from their keys, and nothing else", async () => {
        const bucket = await createBucket(aws.clients);
        const store = layerStore(bucket, "lambda/deps/");
        const { hash } = first;
        assert.deepEqual(parseClaimObject(store, claimObject(store, 7, hash)), {
            version: 7,
            ownerHash: hash,
        });
        for (const key of [
            recordObject(store, 7),
            claimObject(layerStore(bucket, "lambda/deps/", "123456789012-eu-west-1"), 7, hash),
            `other/${claimObject(store, 7, hash)}`,
            claimObject(store, 7, "no hash"),
        ]) {
            assert.equal(parseClaimObject(store, key), undefined, key);
        }
    });
});
