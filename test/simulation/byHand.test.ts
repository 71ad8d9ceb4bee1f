import assert from "node:assert/strict";
import { history } from "../../provider/publish/ledger/byHand";
import { holdings as holdingsIn } from "../../provider/publish/ledger/ledger";
import { isLedgerFailure } from "../../provider/publish/operations/failure";
import { lookForPruning, pruneLedger, rebuildLedger } from "../../provider/publish/operations/repairLedger";
import { comeToRest, createStage, type Line, type Stage } from "./script";
import { describeLedgers } from "./traces";

async function play(lines: readonly Line[]): Promise<Stage> {
    const stage = createStage(["A", "B", "C"]);
    for (const line of lines) {
        await stage.play(line);
    }
    await comeToRest(stage);
    return stage;
}

/** Waits for work of somebody who is no stack, and lets its calls go well. */
async function byHand<Result>(stage: Stage, work: Promise<Result>): Promise<Result> {
    const { scheduler } = stage.world;
    let done = false;
    const finished = work.finally(() => {
        done = true;
    });
    finished.catch(() => undefined);
    for (;;) {
        const [call] = scheduler.pendingOf("hand");
        if (call === undefined) {
            await new Promise((resolve) => setImmediate(resolve));
            if (done) {
                return finished;
            }
        } else {
            await scheduler.step(call, "ok");
        }
    }
}

const placeOf = (stage: Stage) => stage.world.placeOf("hand", "l", "s");

describe("a ledger, by hand", () => {
    it("tells who came to which version after which", async () => {
        const stage = await play([
            ...["a", "b", "a"].flatMap((lock) => [`A up lock=${lock}`, "A done"]),
            "B up lock=b owner=other",
            "B done",
        ]);
        const ledger = stage.world.ledgerOf("l", "s");
        assert.ok(ledger !== undefined);
        const told = history(holdingsIn(ledger)).map(({ owner, holdings }) => [
            owner,
            ...holdings.map(({ version, holder }) => `${version} ${holder.use}`),
        ]);
        assert.deepEqual(told, [
            ["deps", "2 kept", "1 current"],
            ["other", "2 current"],
        ]);
    });

    it("lets go of ghosts and of what a dead publisher has made, and deletes what nobody holds then", async () => {
        const stage = await play([
            "A up lock=a",
            "A until save",
            "A dies",
            "A up lock=a",
            "A done",
            "B up lock=b owner=other",
            "B until describe",
            "B dies",
            "wait 31000",
            "A up lock=a keep=0",
            "A done",
            "A destroy",
            "A done",
        ]);
        assert.deepEqual(describeLedgers(stage), [
            "s/l 1 published: deps current",
            "s/l 2 published: nobody",
        ]);
        const states = {
            stacks: new Set(["deps"]),
            createIds: new Set<string>(),
            versions: new Set<number>(),
        };
        const { chosen } = await byHand(stage, lookForPruning(placeOf(stage), states, false));
        assert.deepEqual([chosen.createIds.length, chosen.waiting, chosen.missing], [1, [2], []]);
        assert.deepEqual(await byHand(stage, pruneLedger(placeOf(stage), chosen)), []);
        assert.deepEqual(describeLedgers(stage), []);
        assert.equal(stage.result().fault, undefined);
        assert.deepEqual(
            stage.world.layers.get("l")?.map(({ deletedAt }) => deletedAt !== undefined),
            [true, true],
        );
    });

    it("takes no entry out whose version Lambda has, and no version that somebody holds by now", async () => {
        const stage = await play(["A up lock=a", "A done", "B up lock=a owner=other", "B done"]);
        const chosen = { createIds: [], waiting: [1], missing: [1] };
        await byHand(stage, pruneLedger(placeOf(stage), chosen));
        assert.deepEqual(describeLedgers(stage), ["s/l 1 published: deps current, other current"]);
    });

    it("is made anew from what Lambda confirms; states become holders with their next update", async () => {
        const stage = await play(["A up lock=a", "A done", "B up lock=b owner=other", "B done", "lose s/l"]);
        const recorded = [
            { version: 1, codeSha256: "hash-a-s", key: "key", artifacts: ["a"] },
            { version: 2, codeSha256: "another", key: "other key", artifacts: [] },
            { version: 7, codeSha256: "hash-z-s", key: "third key", artifacts: [] },
        ];
        assert.deepEqual(await byHand(stage, rebuildLedger(placeOf(stage), recorded)), [1]);
        assert.deepEqual(describeLedgers(stage), ["s/l 1 found: nobody"]);
        for (const line of ["A up lock=a keep=1", "A done", "B up lock=b owner=other keep=1", "B done"]) {
            await stage.play(line);
        }
        assert.deepEqual(describeLedgers(stage), ["s/l 1 found: deps current", "s/l 2 found: other current"]);
        await assert.rejects(byHand(stage, rebuildLedger(placeOf(stage), recorded)), (error: unknown) =>
            isLedgerFailure(error, "LEDGER_EXISTS"),
        );
    });
});
