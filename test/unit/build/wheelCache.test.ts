import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedFile } from "../../../provider/build/wheelCache";
import { defaultCacheFolder, openCacheFolder, unusedDays } from "../../../provider/cacheFolder";
import { loadStatement } from "../../loader";
import { sha256 } from "./sampleFiles";

const content = Buffer.from("the bytes of a wheel".repeat(1000));
const file = { filename: "a-1-py3-none-any.whl", sha256: sha256(content), size: content.length };
const never = new AbortController().signal;

describe("wheel cache", () => {
    let cache: string;
    let fills = 0;
    beforeEach(async () => {
        cache = await mkdtemp(join(tmpdir(), "cache-"));
        fills = 0;
    });
    afterEach(() => rm(cache, { recursive: true, force: true }));

    const fill = async (path: string) => {
        fills++;
        await writeFile(path, content, { flag: "wx" });
        return { size: content.length };
    };
    const place = () => ({
        cache: openCacheFolder(cache),
        temporaryFolder: join(cache, "temporary"),
        warn: (line: string) => assert.fail(line),
    });
    const get = () => cachedFile(place(), file, never, fill);
    const entries = () => readdir(join(cache, "wheels", file.sha256));

    it("keeps a file by its hash and name", async () => {
        const first = await get();
        assert.equal(first.path, join(cache, "wheels", file.sha256, file.filename));
        assert.deepEqual(await readFile(first.path), content);
        assert.deepEqual(await get(), { ...first, hit: true });
        assert.equal(fills, 1);
    });

    it("fetches anew what was cut short, and what was changed without a change of size", async () => {
        const { path } = await get();
        const changed = Buffer.from(content);
        changed[100] = 0;
        for (const damaged of [content.subarray(0, 10), changed, Buffer.alloc(0)]) {
            await writeFile(path, damaged);
            assert.equal((await get()).hit, false);
            assert.deepEqual(await readFile(path), content);
        }
        assert.equal(fills, 4);
    });

    it("keeps nothing of a fetch that failed", async () => {
        const failing = async (path: string) => {
            await writeFile(path, "half");
            throw new Error("broken");
        };
        await assert.rejects(cachedFile(place(), file, never, failing), /broken/);
        assert.deepEqual(await entries(), []);
    });

    it("serves many at once, each with the whole file", async () => {
        const found = await Promise.all(Array.from({ length: 20 }, get));
        assert.ok(found.every(({ size }) => size === content.length));
        assert.deepEqual(await entries(), [file.filename]);
    });

    it("serves several processes at once", async () => {
        const module = require.resolve("../../../provider/build/wheelCache");
        const folders = require.resolve("../../../provider/cacheFolder");
        const script = `
            ${loadStatement(module)}
            const { writeFile } = require("node:fs/promises");
            const { cachedFile } = require(process.argv[2]);
            const { openCacheFolder } = require(process.argv[6]);
            const place = { cache: openCacheFolder(process.argv[3]), temporaryFolder: "", warn: console.error };
            const content = Buffer.from("the bytes of a wheel".repeat(1000));
            const fill = async (path) => {
                await writeFile(path, content.subarray(0, 50), { flag: "wx" });
                await writeFile(path, content.subarray(50), { flag: "a" });
                return { size: content.length };
            };
            (async () => {
                for (let i = 0; i < 100; i++)
                    await cachedFile(place, { ...JSON.parse(process.argv[4]), sha256: process.argv[5] }, new AbortController().signal, fill);
            })().catch((error) => { console.error(error); process.exitCode = 1; });`;
        const path = join(cache, "many.js");
        await writeFile(path, script);
        const { sha256: digest, ...rest } = file;
        const codes = await Promise.all(
            Array.from(
                { length: 3 },
                () =>
                    new Promise((resolve) => {
                        fork(path, [module, cache, JSON.stringify(rest), digest, folders], {
                            cwd: process.cwd(),
                            execArgv: [],
                        }).on("exit", resolve);
                    }),
            ),
        );
        assert.deepEqual(codes, [0, 0, 0]);
        assert.deepEqual(await entries(), [file.filename]);
    });

    it("sweeps out what a killed process left a day ago, and nothing younger", async () => {
        const folder = join(cache, "wheels", file.sha256);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, ".old.partial"), "");
        await writeFile(join(folder, ".new.partial"), "");
        await utimes(join(folder, ".old.partial"), 0, 0);
        await get();
        await openCacheFolder(cache).sweep();
        assert.deepEqual((await entries()).sort(), [".new.partial", file.filename]);
    });

    it("never loses a file to a sweep that somebody takes at that moment", async () => {
        const { path } = await get();
        const longAgo = new Date(Date.now() - (unusedDays + 1) * 86_400_000);
        for (let round = 0; round < 60; round++) {
            await utimes(path, longAgo, longAgo);
            await rm(join(cache, ".swept"), { recursive: true, force: true });
            const [found] = await Promise.all([get(), openCacheFolder(cache).sweep(), get(), get()]);
            assert.deepEqual(await readFile(found.path), content);
            assert.deepEqual(await entries(), [file.filename]);
        }
    });

    it("sweeps once a day, and not at all where the clock says nothing is old", async () => {
        const { path } = await get();
        const swept = openCacheFolder(cache);
        await swept.sweep();
        const longAgo = new Date(Date.now() - (unusedDays + 1) * 86_400_000);
        await utimes(path, longAgo, longAgo);
        await swept.sweep();
        assert.deepEqual(await entries(), [file.filename]);
        const ahead = new Date(Date.now() + 400 * 86_400_000);
        await utimes(path, ahead, ahead);
        await rm(join(cache, ".swept"), { recursive: true });
        await swept.sweep();
        assert.deepEqual(await entries(), [file.filename]);
    });

    it("is under XDG_CACHE_HOME where that is set", async () => {
        assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: cache }), join(cache, "pulumi-lambda-layer"));
        await assert.rejects(stat(join(cache, "pulumi-lambda-layer")));
    });
});
