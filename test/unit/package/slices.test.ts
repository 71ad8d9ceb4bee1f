import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { byteOrder, concurrently, sortedInSlices } from "../../../provider/package/slices";

describe("slices", () => {
    it("sorts any number of items as a stable sort does", async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.constantFrom(0, 1, 2, 1023, 1024, 1025, 5000),
                fc.nat(50),
                async (count, keys) => {
                    const items = Array.from({ length: count }, (_, index) => ({
                        key: `${(index * 7919) % (keys + 1)}`,
                        index,
                    }));
                    const expected = [...items].sort((left, right) =>
                        left.key < right.key ? -1 : left.key > right.key ? 1 : 0,
                    );
                    assert.deepEqual(await sortedInSlices(items, ({ key }) => key), expected);
                },
            ),
            { numRuns: 40 },
        );
    });

    it("orders text by its UTF-8 bytes", () => {
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
                const [first, second] = [byteOrder(left), byteOrder(right)];
                assert.equal(
                    first < second ? -1 : first > second ? 1 : 0,
                    Buffer.compare(Buffer.from(left), Buffer.from(right)),
                );
            }),
        );
    });

    it("does everything once, and never more at a time than it may", async () => {
        const done: number[] = [];
        let running = 0;
        await concurrently(Array(50).keys(), 4, async (item) => {
            running += 1;
            assert(running <= 4);
            await setImmediate();
            running -= 1;
            done.push(item);
        });
        assert.deepEqual(
            done.sort((left, right) => left - right),
            [...Array(50).keys()],
        );
    });

    it("starts nothing after a failure, and waits for what runs", async () => {
        const events: string[] = [];
        const work = async (item: number): Promise<void> => {
            events.push(`start ${item}`);
            if (item === 0) throw new Error("first");
            await setImmediate();
            events.push(`end ${item}`);
        };
        await assert.rejects(concurrently([0, 1, 2, 3], 2, work), /first/);
        assert.deepEqual(events, ["start 0", "start 1", "end 1"]);
    });
});
