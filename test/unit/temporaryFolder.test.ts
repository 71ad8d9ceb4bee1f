import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTemporaryFolder } from "../../provider/temporaryFolder";

describe("a temporary folder", () => {
    let parent: string;
    beforeEach(async () => {
        parent = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    });
    afterEach(() => rm(parent, { recursive: true, force: true }));

    it("is removed when the work is done, and when it fails", async () => {
        await inTemporaryFolder(parent, (folder) => mkdir(join(folder, "inner")));
        await assert.rejects(
            inTemporaryFolder(parent, () => Promise.reject(new Error("no"))),
            /no/,
        );
        assert.deepEqual(await readdir(parent), []);
    });

    it("of a process that was killed is removed by the next run; that of one that runs stays", async () => {
        const ended = spawn("true");
        await once(ended, "close");
        const left = [`run-${ended.pid}-abcdef`, `run-${process.pid}-abcdef`, "other-abcdef"];
        for (const name of left)
            await mkdir(join(parent, `pulumi-lambda-layer-${name}`, "inner"), { recursive: true });
        await inTemporaryFolder(parent, async () => undefined);
        assert.deepEqual((await readdir(parent)).sort(), [
            "pulumi-lambda-layer-other-abcdef",
            `pulumi-lambda-layer-run-${process.pid}-abcdef`,
        ]);
    });
});
