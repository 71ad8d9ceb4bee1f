import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rememberUnchanged } from "../../provider/unchangedFile";

describe("rememberUnchanged", () => {
    let file: string;
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "unchanged-"));
        file = join(folder, "uv.lock");
        await writeFile(file, "one");
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it("reads a file that was just written each time, whatever its times say", async () => {
        const once = rememberUnchanged<string>();
        const read = () => once(file, () => readFile(file, "utf8"));
        assert.equal(await read(), "one");
        await writeFile(file, "two");
        await utimes(file, 1, 1);
        assert.equal(await read(), "two");
    });

    it("keeps nothing of what fails", async () => {
        const once = rememberUnchanged<string>();
        const missing = join(folder, "none");
        await assert.rejects(once(missing, () => readFile(missing, "utf8")));
        await writeFile(missing, "there");
        assert.equal(await once(missing, () => readFile(missing, "utf8")), "there");
    });

    it("reads a file that nobody writes once", async () => {
        const once = rememberUnchanged<number>();
        let count = 0;
        const read = () =>
            once(process.execPath, async () => {
                count += 1;
                return count;
            });
        assert.deepEqual([await read(), await read()], [1, 1]);
    });
});
