import assert from "node:assert/strict";
import fc from "fast-check";
import { mapConcurrently } from "../../provider/concurrency";

const never = new AbortController().signal;

describe("mapConcurrently", () => {
    it("answers what the work answered, in the items' order: lists and undefined as they are", async () => {
        const result = fc.oneof(
            fc.constant(undefined),
            fc.constant(null),
            fc.array(fc.integer()),
            fc.integer(),
        );
        await fc.assert(
            fc.asyncProperty(fc.array(result), fc.integer({ min: 1, max: 9 }), async (items, limit) => {
                const done = await mapConcurrently(items, limit, never, async (item) => {
                    if (Array.isArray(item)) await new Promise(setImmediate);
                    return item;
                });
                assert.deepEqual(done, items);
            }),
        );
    });

    it("has no more than so many at work, ends the others at the first failure, and waits for them", async () => {
        let [atWork, most, late] = [0, 0, 0];
        const work = async (item: number, signal: AbortSignal) => {
            most = Math.max(most, ++atWork);
            late += signal.aborted ? 1 : 0;
            await new Promise(setImmediate);
            atWork -= 1;
            if (item === 3) throw new Error("third");
        };
        await assert.rejects(mapConcurrently([1, 2, 3, 4, 5, 6, 7, 8], 4, never, work), /^Error: third$/);
        assert.equal(most, 4);
        assert.equal(atWork, 0);
        assert.equal(late, 0, "work was begun after the failure");
    });
});
