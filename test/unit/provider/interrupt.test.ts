import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isLayerError } from "../../../provider/errors";
import { interruptible } from "../../../provider/interrupt";
import { loadStatement } from "../../loader";

/** Work that ends when it is told to, and says how. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("some consequence of the abort")));
    });

describe("interruptible", () => {
    it("answers what the work answers", async () => {
        assert.equal(await interruptible(undefined, async () => 7), 7);
        await assert.rejects(
            interruptible(1, async () => Promise.reject(new Error("its own"))),
            /^Error: its own$/,
        );
    });

    it("stops work that takes too long, and tells that instead of its consequences", async () => {
        await assert.rejects(interruptible(0.0005, untilAborted), (error) => {
            assert.ok(isLayerError(error));
            assert.equal(error.code, "ABORTED");
            assert.match(error.message, /longer than 0\.0005 minutes[\s\S]*timeoutMinutes/);
            return true;
        });
    });

    it("passes on what tells the engine of a version that exists, abort or not", async () => {
        const partial = Object.assign(new Error("not recorded"), {
            id: "arn",
            properties: {},
            reasons: ["not recorded"],
        });
        await assert.rejects(
            interruptible(0.0005, (signal) => untilAborted(signal).catch(() => Promise.reject(partial))),
            (error) => error === partial,
        );
    });

    it("gives each work its own time", async () => {
        const [quick, slow] = await Promise.allSettled([
            interruptible(0.0005, untilAborted),
            interruptible(1, async () => {
                await sleep(120);
                return "done";
            }),
        ]);
        assert.equal(quick.status, "rejected");
        assert.deepEqual(slow, { status: "fulfilled", value: "done" });
    });

    for (const signalName of ["SIGINT", "SIGTERM"] as const) {
        it(`lets the work clean up on ${signalName}, then ends the process`, async () => {
            const module = require.resolve("../../../provider/interrupt");
            const program = `
                ${loadStatement(module)}
                const { interruptible } = require(${JSON.stringify(module)});
                const alive = setInterval(() => {}, 1000);
                interruptible(undefined, (signal) => new Promise((resolve, reject) => {
                    signal.addEventListener("abort", () => setTimeout(() => {
                        console.log("cleaned up after " + signal.reason.code);
                        reject(signal.reason);
                    }, 200));
                    console.log("working");
                })).catch(() => {});`;
            const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
            let printed = "";
            child.stdout.setEncoding("utf8").on("data", (text: string) => {
                printed += text;
                if (text.includes("working")) child.kill(signalName);
            });
            const [code] = await once(child, "close");
            assert.equal(code, 130);
            assert.equal(printed, "working\ncleaned up after ABORTED\n");
        });
    }
});
