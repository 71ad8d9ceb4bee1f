import assert from "node:assert/strict";
import { writeObject } from "../../../provider/aws/objects";
import { isLayerError, LayerError } from "../../../provider/errors";
import { listClaims } from "../../../provider/publish/claims";
import { deleteLayerVersion, getLayerVersion } from "../../../provider/publish/layerVersion";
import { type LayerStore, publicationObject } from "../../../provider/publish/layout";
import { acquireLease, findPublication, forgetPublication } from "../../../provider/publish/publication";
import { createStore, uniqueName, useEmulatedAws } from "../emulatedAws";
import { keyOf, never, ownerNamed, publish, requestFor, versionsOf } from "./publisher";

describe("publishOnce", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();
    let store: LayerStore;
    let layerName: string;
    beforeEach(async () => {
        store = await createStore(aws.clients);
        layerName = uniqueName("deps");
    });

    it("publishes the archive, claims the version and remembers the key", async () => {
        const { published, outcome } = await publish(aws.clients, store, { layerName });
        assert.equal(outcome, "published");
        assert.equal(published.codeSha256, requestFor(layerName).codeSha256);
        assert.equal(await findPublication(store, keyOf("1")), published.version);
        assert.deepEqual(
            (await listClaims(store, published.version)).map(({ ownerHash }) => ownerHash),
            [ownerNamed("deps").hash],
        );
    });

    it("gives fifty simultaneous publishers of one key one version", async () => {
        const owners = Array.from({ length: 50 }, (_, index) => ownerNamed(`deps-${index}`));
        const results = await Promise.all(
            owners.map((owner) =>
                publish(aws.clients, store, { layerName, owner, timing: { timeout: 5000 } }),
            ),
        );
        const versions = await versionsOf(aws.clients, layerName);
        assert.equal(versions.length, 1);
        assert.deepEqual([...new Set(results.map(({ published }) => published.version))], versions);
        assert.equal(results.filter(({ outcome }) => outcome === "published").length, 1);
        assert.deepEqual(
            (await listClaims(store, versions[0] ?? 0)).map(({ ownerHash }) => ownerHash).sort(),
            owners.map(({ hash }) => hash).sort(),
        );
    });

    it("gives two keys two versions, at the same time too", async () => {
        const contents = ["1", "2", "3"];
        const results = await Promise.all(
            contents.map((content) => publish(aws.clients, store, { layerName, content })),
        );
        assert.equal(new Set(results.map(({ published }) => published.version)).size, 3);
    });

    it("builds nothing where the version exists", async () => {
        const first = await publish(aws.clients, store, { layerName });
        const again = await publish(aws.clients, store, {
            layerName,
            owner: ownerNamed("other"),
            prepare: () => assert.fail("was built"),
        });
        assert.deepEqual(again, { published: first.published, outcome: "reused" });
    });

    it("returns to an earlier version after others came", async () => {
        const first = await publish(aws.clients, store, { layerName, content: "1" });
        await publish(aws.clients, store, { layerName, content: "2" });
        const reverted = await publish(aws.clients, store, { layerName, content: "1" });
        assert.equal(reverted.published.version, first.published.version);
    });

    it("publishes anew when the version was deleted by hand", async () => {
        const first = await publish(aws.clients, store, { layerName });
        await deleteLayerVersion(aws.clients, layerName, first.published.version, never);
        const second = await publish(aws.clients, store, { layerName });
        assert.equal(second.outcome, "published");
        assert.equal(await findPublication(store, keyOf("1")), second.published.version);
    });

    it("finds the version of a publisher that died before it could say so", async () => {
        const lease = await leaseOf(store, keyOf("1"));
        const orphan = await publish(aws.clients, undefined, { layerName });
        await lease.abandon();
        const found = await publish(aws.clients, store, { layerName });
        assert.deepEqual(found, { published: orphan.published, outcome: "reused" });
        assert.equal((await versionsOf(aws.clients, layerName)).length, 1);
        assert.equal(await findPublication(store, keyOf("1")), orphan.published.version);
    });

    it("publishes where the publisher died before it published, and takes no look-alike of another key", async () => {
        const lease = await leaseOf(store, keyOf("1"));
        // The same archive under another description came meanwhile: that is another version.
        const prepare = async () => ({ ...requestFor(layerName), description: "another" });
        const lookalike = await publish(aws.clients, store, { layerName, versionKey: keyOf("x"), prepare });
        await lease.abandon();
        const result = await publish(aws.clients, store, { layerName });
        assert.equal(result.outcome, "published");
        assert.notEqual(result.published.version, lookalike.published.version);
    });

    it("lets the next one try at once when Lambda refused", async () => {
        const refused = async () => ({
            ...requestFor(layerName),
            content: { ZipFile: Buffer.from("no zip") },
        });
        await assert.rejects(
            publish(aws.clients, store, { layerName, prepare: refused, timing: { timeout: 20_000 } }),
            /ARCHIVE_INVALID/,
        );
        // A lease that was left behind would have to be waited for.
        const timing = { timeout: 20_000, patience: 2000 };
        const { outcome } = await publish(aws.clients, store, { layerName, timing });
        assert.equal(outcome, "published");
    });

    it("takes back a version that is not the archive that was meant", async () => {
        const wrong = async () => ({
            ...requestFor(layerName),
            codeSha256: requestFor(layerName, "2").codeSha256,
        });
        await assert.rejects(publish(aws.clients, store, { layerName, prepare: wrong }), /PUBLISH_MISMATCH/);
        assert.deepEqual(await versionsOf(aws.clients, layerName), []);
        assert.equal(await findPublication(store, keyOf("1")), undefined);
    });

    it("answers with the version even when nothing can be written about it", async () => {
        const prepare = async () => {
            const request = requestFor(layerName);
            return {
                ...request,
                get content() {
                    // From here on the bucket refuses every write: the lease is won, the publish call is next.
                    Object.assign(store.bucket, { name: uniqueName("gone") });
                    return request.content;
                },
            };
        };
        const { published, outcome } = await publish(aws.clients, store, { layerName, prepare });
        assert.equal(outcome, "published");
        assert.notEqual(await getLayerVersion(aws.clients, layerName, published.version, never), undefined);
    });

    it("publishes without a bucket", async () => {
        const { published } = await publish(aws.clients, undefined, { layerName });
        assert.deepEqual(await versionsOf(aws.clients, layerName), [published.version]);
    });
});

async function leaseOf(store: LayerStore, versionKey: string, timeout = 900) {
    const outcome = await acquireLease(
        store,
        versionKey,
        async () => true,
        async () => 0,
        { timeout },
    );
    assert.ok("lease" in outcome);
    return outcome.lease;
}

describe("acquireLease", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();
    let store: LayerStore;
    beforeEach(async () => {
        store = await createStore(aws.clients);
    });
    const acquire = (timing = {}) =>
        acquireLease(
            store,
            "key",
            async () => true,
            async () => 7,
            { timeout: 1500, ...timing },
        );

    it("is not taken from a holder that renews it", async () => {
        // Long enough for a renewal to come late on a busy machine.
        const lease = await leaseOf(store, "key", 3000);
        await assert.rejects(acquire({ timeout: 3000, patience: 4500 }), (error) => {
            return isLayerError(error) && error.code === "PUBLISH_CONTENDED";
        });
        await lease.publishedAs(3);
        assert.deepEqual(await acquire(), { version: 3 });
    });

    it("passes to one of many when its holder dies, with the holder's view of the layer", async () => {
        const dead = await leaseOf(store, "key");
        await dead.abandon();
        const taken = acquire();
        const others = [1, 2, 3, 4].map(() => acquire());
        const first = await Promise.race([taken, ...others]);
        assert.ok("lease" in first);
        assert.equal(first.lease.takenOver, true);
        assert.equal(first.lease.newestBefore, 0);
        await first.lease.publishedAs(9);
        const outcomes = await Promise.all([taken, ...others]);
        assert.equal(outcomes.filter((outcome) => "lease" in outcome).length, 1);
        assert.equal(outcomes.filter((outcome) => "version" in outcome && outcome.version === 9).length, 4);
    });

    it("is free at once after a refusal, and not taken from whoever holds it by then", async () => {
        const first = await leaseOf(store, "key");
        await first.abandon();
        const second = await acquire();
        assert.ok("lease" in second);
        await first.giveFree();
        await first.publishedAs(99);
        await second.lease.publishedAs(2);
        assert.equal(await findPublication(store, "key"), 2);
        const third = await leaseOf(store, "other");
        await third.giveFree();
        const fourth = await acquireLease(
            store,
            "other",
            async () => true,
            async () => 5,
        );
        assert.ok("lease" in fourth && !fourth.lease.takenOver && fourth.lease.newestBefore === 5);
        await fourth.lease.giveFree();
    });

    it("takes over what nobody can read", async () => {
        for (const text of ["?", "{", "null", '"x"', '{"version":"3"}']) {
            await writeObject(store.bucket, publicationObject(store, "key"), text, "application/json");
            const outcome = await acquire({ timeout: 200 });
            assert.ok("lease" in outcome, text);
            await outcome.lease.abandon();
        }
    });

    it("stops waiting when the run is aborted", async () => {
        const lease = await leaseOf(store, "key");
        const controller = new AbortController();
        const impatient = { ...store, bucket: { ...store.bucket, signal: controller.signal } };
        const waiting = acquireLease(
            impatient,
            "key",
            async () => true,
            async () => 0,
        );
        const reason = new LayerError("ABORTED", { what: "Stopped.", next: "Go on." });
        setTimeout(() => controller.abort(reason), 100);
        await assert.rejects(waiting);
        await lease.giveFree();
    });
});

describe("forgetPublication", () => {
    const aws = useEmulatedAws();

    it("forgets a key only while it stands for that version", async () => {
        const store = await createStore(aws.clients);
        const lease = await leaseOf(store, "key");
        await forgetPublication(store, "key", 4);
        await lease.publishedAs(4);
        await forgetPublication(store, "key", 3);
        assert.equal(await findPublication(store, "key"), 4);
        await forgetPublication(store, "key", 4);
        assert.equal(await findPublication(store, "key"), undefined);
        await forgetPublication(store, "key", 4);
    });
});
