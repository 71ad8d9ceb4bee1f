import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Wheel } from "../../../provider/build/model";
import { isLayerError } from "../../../provider/errors";
import { packageLayer } from "../../../provider/package";
import { craftWheel, target } from "./craftWheel";

describe("packageLayer, all or nothing", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "package-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const pack = (wheels: readonly Wheel[], name = "layer.zip", signal = new AbortController().signal) =>
        packageLayer({ wheels, target, destination: join(folder, name) }, { signal });
    const leftovers = async () => (await readdir(folder)).filter((name) => !name.endsWith(".whl"));

    it("refuses an empty layer", async () => {
        await assert.rejects(pack([]), { code: "LAYER_EMPTY" });
    });

    it("refuses a layer that unpacks to Lambda's limit, before it writes anything, with the biggest packages", async () => {
        const big = (name: string, size: number) =>
            craftWheel(folder, {
                name,
                entries: [{ name: `${name}/x`, content: "", method: 8, claims: { unpacked: size } }],
            });
        const wheels = await Promise.all([big("large", 200e6), big("larger", 220e6), big("small", 1e6)]);
        await assert.rejects(pack(wheels), (error) => {
            assert(isLayerError(error) && error.code === "LAYER_TOO_LARGE");
            assert.match(error.message, /421\.0 MB/);
            assert.deepEqual(
                error.failure.detail?.map((line) => line.trim().replace(/ +/g, " ")),
                ["220.0 MB 52 % larger 1.0", "200.0 MB 48 % large 1.0", "1.0 MB 0 % small 1.0"],
            );
            return true;
        });
        assert.deepEqual(await leftovers(), []);
    });

    it("leaves nothing behind after a failure in the middle, and keeps an older artifact", async () => {
        await writeFile(join(folder, "layer.zip"), "older");
        const wheel = await craftWheel(folder, {
            entries: [
                { name: "demo/a.py", content: "a".repeat(1000) },
                { name: "demo/z.py", content: "z".repeat(1000), claims: { crc32: 1 } },
            ],
        });
        await assert.rejects(pack([wheel]), { code: "WHEEL_INVALID" });
        assert.deepEqual(await leftovers(), ["layer.zip"]);
        assert.equal(await readFile(join(folder, "layer.zip"), "utf8"), "older");
    });

    it("stops and leaves nothing behind when aborted, before and in the middle", async () => {
        const wheel = await craftWheel(folder, {
            entries: Array.from({ length: 3000 }, (_, index) => ({
                name: `demo/f${index}`,
                content: "a".repeat(2000),
            })),
        });
        const reason = new Error("enough");
        await assert.rejects(pack([wheel], "layer.zip", AbortSignal.abort(reason)), reason);
        const controller = new AbortController();
        const packing = pack([wheel], "layer.zip", controller.signal);
        let settled = false;
        const settle = () => {
            settled = true;
        };
        packing.then(settle, settle);
        while (!settled && !(await leftovers()).some((name) => name.endsWith(".partial")))
            await setImmediate();
        controller.abort(reason);
        await assert.rejects(packing, reason);
        assert.deepEqual(await leftovers(), []);
    });
});
