import assert from "node:assert/strict";
import { createRetryStrategy } from "../../../provider/aws/retry";

const failed = (name: string, httpStatusCode: number) =>
    Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

describe("createRetryStrategy", () => {
    /** How often a call is made that always fails in the same way, and the pauses between. */
    const play = async (
        failure: Parameters<ReturnType<typeof createRetryStrategy>["refreshRetryTokenForRetry"]>[1],
    ) => {
        const strategy = createRetryStrategy(5);
        const pauses: number[] = [];
        let attempt = await strategy.acquireInitialRetryToken();
        for (;;) {
            try {
                attempt = await strategy.refreshRetryTokenForRetry(attempt, failure);
            } catch {
                return { attempts: pauses.length + 1, pauses };
            }
            pauses.push(attempt.getRetryDelay());
        }
    };

    it("makes as many attempts as it is told, of what may go away", async () => {
        for (const errorType of ["TRANSIENT", "THROTTLING", "SERVER_ERROR"] as const) {
            assert.equal((await play({ errorType })).attempts, 5);
        }
    });

    it("repeats what was damaged on its way, and an answer that broke off", async () => {
        for (const error of [failed("BadDigest", 400), failed("SyntaxError", 200)]) {
            assert.equal((await play({ errorType: "CLIENT_ERROR", error })).attempts, 5);
        }
    });

    it("takes a refusal for an answer", async () => {
        const error = failed("AccessDenied", 403);
        assert.equal((await play({ errorType: "CLIENT_ERROR", error })).attempts, 1);
    });

    it("doubles the longest pause, which chance shortens", async () => {
        for (let round = 0; round < 20; round++) {
            const { pauses } = await play({ errorType: "THROTTLING" });
            for (const [position, pause] of pauses.entries()) {
                assert.ok(pause >= 0 && pause <= 500 * 2 ** position, `${pause} after ${position}`);
            }
        }
    });
});
