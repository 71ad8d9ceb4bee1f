import assert from "node:assert/strict";
import fc from "fast-check";
import { createPace } from "../../../provider/aws/pace";

describe("createPace", () => {
    /** A pace with a clock that only its own waiting moves: answers when each of the calls went out. */
    const goneOut = async (calls: readonly ("wait" | "throttled" | "succeeded")[]): Promise<number[]> => {
        let now = 0;
        const pace = createPace(
            () => now,
            async (milliseconds) => {
                now += milliseconds;
            },
        );
        const times: number[] = [];
        for (const call of calls) {
            if (call === "wait") {
                await pace.wait();
                times.push(now);
            } else if (call === "throttled") {
                pace.noteThrottled();
            } else {
                pace.noteSuccess();
            }
        }
        return times;
    };

    it("holds nothing up before AWS throttles", async () => {
        assert.deepEqual(await goneOut(["wait", "succeeded", "wait", "wait"]), [0, 0, 0]);
    });

    it("spaces all calls out once AWS throttles", async () => {
        assert.deepEqual(await goneOut(["throttled", "wait", "wait", "wait"]), [0, 100, 200]);
    });

    it("counts the refusals of one second once", async () => {
        const burst = await goneOut(["throttled", "throttled", "throttled", "wait", "wait"]);
        assert.deepEqual(burst, [0, 100]);
    });

    it("never lets more than fourteen calls a second through from then on, nor fewer than one", async () => {
        const call = fc.constantFrom("wait" as const, "throttled" as const, "succeeded" as const);
        await fc.assert(
            fc.asyncProperty(fc.array(call, { maxLength: 300 }), async (calls) => {
                const times = await goneOut(["throttled", ...calls]);
                for (const [position, time] of times.slice(1).entries()) {
                    const gap = time - (times[position] ?? 0);
                    assert.ok(gap >= 1000 / 14 - 1e-6 && gap <= 1000 + 1e-6, String(gap));
                }
            }),
        );
    });
});
