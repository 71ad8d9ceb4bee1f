import assert from "node:assert/strict";
import fc from "fast-check";
import { median, ratioByRound, spread } from "../../../bench/statistics";

const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

describe("bench statistics", () => {
    it("takes the middle value, and the mean of the two middle ones of an even number", () => {
        assert.equal(median([3]), 3);
        assert.equal(median([10, 1, 3]), 3);
        assert.equal(median([4, 1, 10, 2]), 3);
        assert.throws(() => median([]), RangeError);
    });

    it("has a median between the least and the greatest value, whatever their order", () => {
        fc.assert(
            fc.property(values, (numbers) => {
                const found = spread(numbers);
                assert.ok(found !== undefined && found.min <= found.median && found.median <= found.max);
                assert.deepEqual(spread([...numbers].reverse()), found);
                assert.equal(found.runs, numbers.length);
            }),
        );
        assert.equal(spread([]), undefined);
    });

    it("compares within a round only, so that a slow spell of the machine cancels out", () => {
        const own = new Map([
            [0, 1],
            [1, 4],
            [2, 1],
        ]);
        const other = new Map([
            [0, 10],
            [1, 40],
            [3, 999],
        ]);
        assert.deepEqual(ratioByRound(own, other), { median: 10, min: 10, max: 10, runs: 2 });
        assert.equal(ratioByRound(own, new Map()), undefined);
    });
});
