import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Wheel } from "../../../provider/build/model";
import { isLayerError } from "../../../provider/errors";
import { packageLayer } from "../../../provider/package";
import { type CraftedWheel, craftWheel, keepWheel, target } from "./craftWheel";
import { craftZip } from "./craftZip";

describe("a file that is no wheel, or one that two readers would read differently", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "wheel-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const pack = (wheel: Wheel) =>
        packageLayer(
            { wheels: [wheel], target, destination: join(folder, "out", "layer.zip") },
            { signal: new AbortController().signal },
        );

    /** Packing is refused as WHEEL_INVALID, says `why`, names package, version and file, and leaves nothing behind. */
    async function refuses(wheel: Wheel, why: RegExp): Promise<void> {
        await assert.rejects(pack(wheel), (error) => {
            assert(isLayerError(error) && error.code === "WHEEL_INVALID", String(error));
            assert.match(error.message, why);
            assert(error.message.includes(`${wheel.name} ${wheel.version}`), error.message);
            assert.equal(error.failure.where, wheel.path);
            assert(error.message.split("\n").length <= 12);
            return true;
        });
        assert.deepEqual(await readdir(join(folder, "out")).catch(() => []), []);
    }

    const shapes: readonly (readonly [string, CraftedWheel, RegExp])[] = [
        ["has no METADATA", { without: ["METADATA"] }, /has no "demo-1\.0\.dist-info\/METADATA"/],
        ["has no RECORD", { without: ["RECORD"] }, /has no "demo-1\.0\.dist-info\/RECORD"/],
        ["has no dist-info", { without: ["METADATA", "WHEEL", "RECORD"] }, /has no dist-info folder/],
        ["is of a newer wheel format", { wheelVersion: "2.0" }, /of Wheel-Version "2\.0"/],
        ["has bytes before the zip", { zip: { before: Buffer.from("#!/bin/sh\n") } }, /bytes before the zip/],
        ["has bytes after the zip", { zip: { after: Buffer.from("x") } }, /not a zip/],
        ["promises more entries than it has", { zip: { count: 60 } }, /more than there is room for|damaged/],
        [
            "promises fewer entries than it has",
            { zip: { count: 1 } },
            /another size than the end record says/,
        ],
    ];
    for (const [what, crafted, why] of shapes) {
        it(`is refused when it ${what}`, async () => refuses(await craftWheel(folder, crafted), why));
    }

    it("is refused when it is another package's", async () => {
        const wheel = await craftWheel(folder, { name: "demo" });
        await refuses({ ...wheel, name: "requests" }, /"demo-1\.0\.dist-info" is not requests's/);
    });

    for (const [what, bytes] of [
        ["empty", Buffer.alloc(0)],
        ["text", Buffer.from("<html>404</html>")],
        ["cut off", craftZip([{ name: "demo/a.py", content: "a" }]).subarray(0, -30)],
    ] as const) {
        it(`is refused when it is ${what}`, async () => {
            const wheel = await keepWheel(folder, "demo-1.0-py3-none-any.whl", bytes, {
                name: "demo",
                version: "1.0",
            });
            await refuses(wheel, /not a zip|it ends at byte/);
        });
    }
});
