import assert from "node:assert/strict";
import { createRandom } from "./random";
import type { PendingCall } from "./scheduler";
import { createStage } from "./script";

/** How long calls take, milliseconds: at least, and at most. */
const latencies: Readonly<Record<string, readonly [number, number]>> = {
    "read ledger": [15, 40],
    "write ledger": [30, 80],
    upload: [100, 900],
    "list versions": [50, 150],
    "get version": [40, 120],
    publish: [3000, 9000],
};

/** Runs everybody at once, each call for as long as it takes. Answers what it took. */
async function runTogether(publishers: number, lockOf: (position: number) => string, seed: number) {
    const names = Array.from({ length: publishers }, (_, position) => `P${position}`);
    const stage = createStage(names, { check: false, callTime: 0 });
    const random = createRandom(seed);
    const { scheduler, calls } = stage.world;
    const ends = new Map<PendingCall, number>();
    const start = scheduler.now();
    for (const [position, name] of names.entries()) {
        await stage.play(`${name} up lock=${lockOf(position)} owner=${name}`);
    }
    for (;;) {
        for (const call of scheduler.pending()) {
            const [least, most] = latencies[call.name] ?? [40, 80];
            ends.set(call, ends.get(call) ?? call.due ?? scheduler.now() + least + random() * (most - least));
        }
        const [next] = [...scheduler.pending()].sort(
            (left, right) => (ends.get(left) ?? 0) - (ends.get(right) ?? 0),
        );
        if (next === undefined) {
            break;
        }
        scheduler.waitUntil(ends.get(next) ?? 0);
        await scheduler.step(next, "ok");
        ends.delete(next);
    }
    const { stacks, world } = stage.result();
    const named = (name: string) => [...calls.values()].flat().filter((each) => each === name).length;
    return {
        errors: stacks.flatMap(({ error }) => (error === undefined ? [] : [String(error)])),
        versions: (world.layers.get("l") ?? []).filter(({ deletedAt }) => deletedAt === undefined).length,
        published: (world.layers.get("l") ?? []).length,
        seconds: Math.round((scheduler.now() - start) / 1000),
        reads: named("read ledger"),
        writes: named("write ledger"),
        publishCalls: named("publish"),
    };
}

describe("fifty publishers of one layer", () => {
    it("with one key: one publishes, the others wait and take its version over", async () => {
        const { errors, versions, published, publishCalls, writes, reads, seconds } = await runTogether(
            50,
            () => "a",
            1,
        );
        assert.deepEqual(
            { errors, versions, published, publishCalls },
            { errors: [], versions: 1, published: 1, publishCalls: 1 },
        );
        assert.ok(writes < 400 && reads < 1500 && seconds < 30, JSON.stringify({ writes, reads, seconds }));
    });

    it("with a key each: each publishes once", async () => {
        const locks = Array.from({ length: 50 }, (_, position) => String.fromCharCode(0x4e00 + position));
        const outcome = await runTogether(50, (position) => locks[position] ?? "", 2);
        const { errors, versions, published, publishCalls, writes, reads, seconds } = outcome;
        assert.deepEqual(
            { errors, versions, published, publishCalls },
            { errors: [], versions: 50, published: 50, publishCalls: 50 },
        );
        assert.ok(writes < 600 && reads < 1000 && seconds < 45, JSON.stringify({ writes, reads, seconds }));
    });
});
