import assert from "node:assert/strict";
import { deleteObject, listObjects, writeObject } from "../../../provider/aws/objects";
import type { Owner } from "../../../provider/owner";
import { claimVersion, listClaims, releaseClaim } from "../../../provider/publish/claims";
import { getLayerVersion } from "../../../provider/publish/layerVersion";
import {
    claimObject,
    type LayerStore,
    layerStore,
    recordObject,
    versionFolder,
} from "../../../provider/publish/layout";
import type { Departure } from "../../../provider/publish/leave";
import { findPublication, forgetPublication } from "../../../provider/publish/publication";
import { readRecord } from "../../../provider/publish/record";
import { createStore, uniqueName, useEmulatedAws } from "../emulatedAws";
import { keyOf, leave as leaveAs, never, ownerNamed, publish, publishAndKeep } from "./publisher";

const [first, second] = [ownerNamed("deps"), ownerNamed("other")];

describe("leaveVersion", function () {
    this.timeout(30_000);
    const aws = useEmulatedAws();
    let store: LayerStore;
    let layerName: string;
    beforeEach(async () => {
        store = await createStore(aws.clients);
        layerName = uniqueName("deps");
    });

    const make = (content: string, owner: Owner = first, claimId?: string) =>
        publishAndKeep(aws.clients, store, layerName, owner, content, claimId);
    const leave = (version: number, departure: Partial<Departure> = {}) =>
        leaveAs(aws.clients, store, { layerName, version, owner: first, ...departure });
    const isThere = async (version: number) =>
        (await getLayerVersion(aws.clients, layerName, version, never)) !== undefined;
    const objectsOf = (version: number) => listObjects(store.bucket, versionFolder(store, version));

    it("deletes the current version with all that belongs to it, and twice is success", async () => {
        const version = await make("1");
        assert.equal((await leave(version)).outcome, "deleted");
        assert.equal(await isThere(version), false);
        assert.deepEqual(await objectsOf(version), []);
        assert.equal(await findPublication(store, keyOf("1")), undefined);
        assert.equal((await leave(version)).outcome, "deleted");
    });

    it("keeps a superseded version, its records and its key, without the claim", async () => {
        const [old, current] = [await make("1"), await make("2")];
        assert.equal((await leave(old, { survivor: first, successor: current })).outcome, "kept");
        assert.equal(await isThere(old), true);
        assert.deepEqual(await listClaims(store, old), []);
        assert.equal((await readRecord(store, old))?.owner, first.id);
        assert.equal(await findPublication(store, keyOf("1")), old);
    });

    it("tells a superseded version from the current one by the claims alone", async () => {
        const [old, current] = [await make("1"), await make("2")];
        assert.equal((await leave(old)).outcome, "kept");
        assert.equal((await leave(current)).outcome, "deleted");
        assert.deepEqual([await isThere(old), await isThere(current)], [true, false]);
    });

    it("takes a version that was returned to for the current one", async () => {
        const [reverted, later] = [await make("1"), await make("2")];
        // Within one second, which is all that S3 tells of the time of a claim.
        await make("1");
        assert.equal((await leave(later)).outcome, "kept");
        assert.equal((await leave(reverted)).outcome, "deleted");
    });

    it("leaves a version alone that a later create of the same resource has taken over", async () => {
        const version = await make("1", first, "earlier");
        assert.equal(await make("1", first, "later"), version);
        assert.deepEqual(await leave(version, { claimId: "earlier" }), {
            outcome: "kept",
            deleted: [],
            kept: [version],
        });
        assert.equal((await listClaims(store, version)).length, 1);
        // Not so a create that ended before it could put its own claim: the state has its id, the bucket an earlier one.
        assert.equal((await leave(version, { claimId: "later still" })).outcome, "deleted");
    });

    it("goes by the time of claims from before they had ids, and by the state without one", async () => {
        const [old, current] = [await make("1"), await make("2")];
        for (const version of [old, current]) {
            const body = JSON.stringify({ owner: first.id });
            await writeObject(
                store.bucket,
                claimObject(store, version, first.hash),
                body,
                "application/json",
            );
        }
        assert.equal((await leave(old)).outcome, "kept");
        assert.equal((await leave(current, { claimId: "of a state that is newer" })).outcome, "deleted");
        const again = await make("3", first, "known");
        assert.equal((await leave(again)).outcome, "deleted");
    });

    it("sees the same resource's claim in another region of the same place", async () => {
        const version = await make("1");
        const abroad = layerStore(store.bucket, "lambda/deps/", "123456789012-us-east-1");
        await claimVersion(abroad, 7, second, "another");
        await claimVersion(abroad, 7, first, "moved");
        assert.equal((await leave(version)).outcome, "kept");
        assert.equal(await isThere(version), true);
        await releaseClaim(abroad, 7, first);
        assert.equal((await leave(version)).outcome, "deleted");
    });

    it("holds a version until its successor exists", async () => {
        const version = await make("1");
        const outcome = await leave(version, { survivor: first });
        assert.equal(outcome.outcome, "waiting");
        assert.equal((await listClaims(store, version)).length, 1);
    });

    it("keeps a version that another owner uses, and makes that one answer for it", async () => {
        const version = await make("1");
        assert.equal(await make("1", second), version);
        assert.equal((await leave(version)).outcome, "kept");
        assert.equal((await readRecord(store, version))?.owner, second.id);
        assert.equal((await readRecord(store, version))?.publishedBy, first.id);
        assert.equal(await findPublication(store, keyOf("1")), version);
        assert.equal((await leave(version, { owner: second })).outcome, "deleted");
        assert.equal(await isThere(version), false);
    });

    it("does not take back for itself what it once handed over, and the heir keeps", async () => {
        const version = await make("1");
        await make("1", second);
        await leave(version);
        const successor = await make("2", second);
        await leave(version, { owner: second, survivor: second, successor });
        assert.equal(await make("1"), version);
        assert.equal((await leave(version)).outcome, "kept");
        assert.equal(await isThere(version), true);
        assert.equal((await readRecord(store, version))?.owner, second.id);
    });

    it("never deletes what this owner does not answer for", async () => {
        const version = await make("1", second);
        await make("1", first);
        assert.equal((await leave(version)).outcome, "kept");
        assert.equal(await isThere(version), true);
        assert.equal((await readRecord(store, version))?.owner, second.id);
    });

    it("hands over to the resource's new name", async () => {
        const version = await make("1");
        await make("1", second);
        assert.equal((await leave(version, { survivor: second })).outcome, "kept");
        assert.deepEqual(
            (await listClaims(store, version)).map(({ ownerHash }) => ownerHash),
            [second.hash],
        );
        assert.equal((await readRecord(store, version))?.owner, second.id);
        assert.equal((await leave(version, { owner: second })).outcome, "deleted");
    });

    it("ends what a process that died at any step began", async () => {
        const died: readonly ((version: number) => Promise<unknown>)[] = [
            (version) => releaseClaim(store, version, first),
            (version) => forgetPublication(store, keyOf("1"), version),
            async (version) => {
                await releaseClaim(store, version, first);
                await forgetPublication(store, keyOf("1"), version);
                await deleteObject(store.bucket, recordObject(store, version));
            },
        ];
        for (const step of died) {
            const version = await make("1");
            await step(version);
            assert.equal((await leave(version)).outcome, "deleted");
            assert.equal(await isThere(version), false);
            assert.deepEqual(await objectsOf(version), []);
        }
    });

    it("keeps a version whose record is lost while anyone claims it", async () => {
        const version = await make("1");
        await deleteObject(store.bucket, recordObject(store, version));
        await claimVersion(store, version, second, "another");
        assert.equal((await leave(version)).outcome, "kept");
        assert.equal(await isThere(version), true);
    });

    it("never deletes under a publisher that takes the version over at that moment", async function () {
        // Where the publisher holds the lease already, the one that goes waits for fifteen seconds.
        this.timeout(180_000);
        for (let round = 0; round < 8; round++) {
            const content = `round ${round}`;
            const version = await make(content);
            const [taken] = await Promise.all([
                publish(aws.clients, store, { layerName, content, owner: second }),
                leave(version),
            ]);
            assert.equal(await isThere(taken.published.version), true, `round ${round}`);
            // Whoever came meanwhile answers for it: its own departure takes it away.
            await leave(taken.published.version, { owner: second });
            assert.equal(await isThere(taken.published.version), false, `round ${round}`);
        }
    });
});
