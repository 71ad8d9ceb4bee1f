import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { isPassing } from "../../../provider/aws/failures";
import { requireBucket } from "../../../provider/aws/objects";
import { newestVersionNumber } from "../../../provider/publish/layerVersion";
import { backoff, retry } from "../../../provider/retry";
import { clientsAt, newSignal } from "../emulatedAws";
import { type Fault, startFaultyAws } from "./faultyAws";

const failed = (name: string, httpStatusCode: number) =>
    Object.assign(new Error(name), { name, $fault: "client", $metadata: { httpStatusCode } });

describe("retry", () => {
    const immediately = { pauseAfter: () => 0 };

    it("does work as often as it is told, and throws the last failure", async () => {
        let done = 0;
        const work = async (attempt: number) => {
            done += 1;
            throw new Error(`attempt ${attempt}`);
        };
        await assert.rejects(
            retry(work, { attempts: 5, isPassing: () => true, ...immediately }),
            /attempt 5/,
        );
        assert.equal(done, 5);
    });

    it("stops at the first failure that does not pass", async () => {
        const work = async (attempt: number) => {
            throw new Error(`attempt ${attempt}`);
        };
        const isTransient = (_: unknown, attempt: number) => attempt < 3;
        await assert.rejects(
            retry(work, { attempts: 9, isPassing: isTransient, ...immediately }),
            /attempt 3/,
        );
    });

    it("ends a pause when it is aborted, with the abort's reason", async () => {
        const controller = new AbortController();
        const work = async () => {
            setTimeout(() => controller.abort(new Error("stopped")), 5);
            throw new Error("failed");
        };
        const { signal } = controller;
        await assert.rejects(
            retry(work, { attempts: 2, isPassing: () => true, pauseAfter: () => 60_000, signal }),
            /^Error: stopped$/,
        );
    });

    it("doubles the longest pause up to ten seconds, and chance shortens it", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 60 }),
                fc.integer({ min: 1, max: 1000 }),
                (attempt, first) => {
                    const pause = backoff(attempt, first);
                    assert.ok(pause >= 0 && pause <= Math.min(10_000, first * 2 ** (attempt - 1)));
                },
            ),
        );
    });
});

describe("calls of AWS", () => {
    it("pass where they were throttled, failed in AWS or damaged on their way, and for no other answer", () => {
        for (const [name, status, passes] of [
            ["SlowDown", 503, true],
            ["TooManyRequestsException", 429, true],
            ["ThrottlingException", 400, true],
            ["InternalError", 500, true],
            ["BadDigest", 400, true],
            ["RequestTimeout", 400, true],
            ["NotImplemented", 501, false],
            ["NoSuchKey", 404, false],
            ["AccessDenied", 403, false],
            ["PreconditionFailed", 412, false],
            ["ConditionalRequestConflict", 409, false],
            ["ResourceConflictException", 409, false],
            ["PermanentRedirect", 301, false],
        ] as const) {
            assert.equal(isPassing(failed(name, status)), passes, name);
        }
    });

    it("are counted as often as the stack's retries say", async () => {
        const faults: Fault[] = ["cut before", { status: 500, code: "InternalError" }];
        for (const fault of faults) {
            const server = await startFaultyAws(() => fault);
            try {
                const { s3 } = await clientsAt(server.origin, { "aws:maxRetries": "2" });
                await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "artifacts" })));
                assert.equal(server.requests.length, 3);
            } finally {
                await server.close();
            }
        }
    });

    it("are one request each for what is an answer, on every service", async () => {
        const answers: [number, string][] = [
            [404, "NoSuchKey"],
            [403, "AccessDenied"],
            [412, "PreconditionFailed"],
            [409, "ConditionalRequestConflict"],
            [400, "InvalidRequest"],
        ];
        for (const [status, code] of answers) {
            const server = await startFaultyAws(() => ({ status, code }));
            try {
                const clients = await clientsAt(server.origin);
                const bucket = {
                    s3: clients.s3,
                    name: "artifacts",
                    owner: "123456789012",
                    signal: newSignal(),
                };
                await requireBucket(bucket).catch(() => undefined);
                await newestVersionNumber(clients, "deps", newSignal()).catch(() => undefined);
                assert.equal(server.requests.length, 2, code);
            } finally {
                await server.close();
            }
        }
    });

    it("end at once while they wait for their place, when they are aborted", async () => {
        const controller = new AbortController();
        setMaxListeners(0, controller.signal);
        const calls = 100;
        let asked = 0;
        const server = await startFaultyAws(() => {
            asked += 1;
            // Every call is refused, and waits for seconds, ten a second being let through.
            if (asked === calls) controller.abort(new Error("stopped"));
            return { status: 429, code: "TooManyRequestsException" };
        });
        try {
            const clients = await clientsAt(server.origin);
            const waiting = Array.from({ length: calls }, () =>
                newestVersionNumber(clients, "deps", controller.signal),
            );
            const ended = await Promise.allSettled(waiting);
            assert.ok(ended.every(({ status }) => status === "rejected"));
            await new Promise((resolve) => setTimeout(resolve, 300));
            // What was on its way at that moment may still arrive.
            assert.ok(asked < calls + calls / 4, `${asked} requests`);
        } finally {
            await server.close();
        }
    });
});
