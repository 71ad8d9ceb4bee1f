import assert from "node:assert/strict";
import { access, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, cacheKey, isComplete, makeOnce } from "../../../scripts/cacheFolder";

describe("cache folder", () => {
    let folder = "";
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-cache-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it("follows XDG_CACHE_HOME unless that is empty", () => {
        assert.equal(cacheFolder({ XDG_CACHE_HOME: "/caches" }), "/caches/pulumi-lambda-layer");
        assert.match(cacheFolder({ XDG_CACHE_HOME: "" }), /\/\.cache\/pulumi-lambda-layer$/);
        assert.equal(cacheFolder({}), cacheFolder({ XDG_CACHE_HOME: "" }));
    });

    it("has keys that tell where one part ends and the next begins", () => {
        assert.equal(cacheKey(["a", "b"]), cacheKey([Buffer.from("a"), "b"]));
        const keys = [["ab"], ["a", "b"], ["", "ab"], ["ab", ""], ["é"], ["b", "a"]].map(cacheKey);
        assert.equal(new Set(keys).size, keys.length);
    });

    it("makes a folder once, also when several ask at once", async () => {
        const wanted = join(folder, "deep", "tool");
        let made = 0;
        const make = async (place: string) => {
            made += 1;
            await writeFile(join(place, "file"), "content");
        };
        await Promise.all([makeOnce(wanted, make), makeOnce(wanted, make), makeOnce(wanted, make)]);
        await makeOnce(wanted, make);
        assert.equal(made, 1);
        assert.equal(await readFile(join(wanted, "file"), "utf8"), "content");
        assert.deepEqual(await readdir(join(folder, "deep")), ["tool"], "no lock is left");
    });

    it("leaves nothing behind when making fails, and makes it at the next try", async () => {
        const wanted = join(folder, "tool");
        const fails = makeOnce(wanted, async (place) => {
            await writeFile(join(place, "half"), "");
            throw new Error("no network");
        });
        await assert.rejects(fails, /no network/);
        assert.deepEqual(await readdir(folder), []);
        await makeOnce(wanted, async () => {});
        assert.equal(await isComplete(wanted), true);
    });

    it("starts afresh after a run that was killed, in spite of its lock and its half", async () => {
        const wanted = join(folder, "tool");
        await makeOnce(wanted, (place) => writeFile(join(place, "half"), ""));
        await rm(join(wanted, ".complete"));
        await writeFile(`${wanted}.lock`, "");
        const longAgo = new Date(Date.now() - 3_600_000);
        await utimes(`${wanted}.lock`, longAgo, longAgo);
        assert.equal(await isComplete(wanted), false);
        await makeOnce(wanted, async () => {});
        await assert.rejects(access(join(wanted, "half")));
        assert.equal(await isComplete(wanted), true);
    });
});
