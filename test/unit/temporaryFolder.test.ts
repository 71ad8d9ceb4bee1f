import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { inTemporaryFolder } from "../../provider/temporaryFolder";
import { loadStatement } from "../loader";

const execute = promisify(execFile);
const module_ = require.resolve("../../provider/temporaryFolder");

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

    /** The start of the names of this process's folders, without its number. */
    const ownPrefix = async () => {
        const name = await inTemporaryFolder(parent, async (folder) => basename(folder));
        assert.ok(name.includes(`-${process.pid}-`), name);
        return name.slice(0, name.lastIndexOf(`${process.pid}-`));
    };

    /** The number of a process that has ended. */
    const ended = async () => {
        const child = spawn("true");
        await once(child, "close");
        return child.pid;
    };

    it("of a process that was killed is removed by the next run; that of one that runs stays", async () => {
        const prefix = await ownPrefix();
        const staying = [`${prefix}${process.pid}-abcdef`, "pulumi-lambda-layer-other-abcdef"];
        for (const name of [...staying, `${prefix}${await ended()}-abcdef`])
            await mkdir(join(parent, name, "inner"), { recursive: true });
        await inTemporaryFolder(parent, async () => undefined);
        assert.deepEqual((await readdir(parent)).sort(), staying.sort());
    });

    it("of another container stays, in which the same number is another process", async () => {
        const prefix = await ownPrefix();
        const others = prefix.replace(/[0-9a-f]{12}-$/, "0123456789ab-");
        assert.notEqual(others, prefix);
        const names = [`${others}${await ended()}-abcdef`, `pulumi-lambda-layer-run-${await ended()}-abcdef`];
        for (const name of names) await mkdir(join(parent, name));
        await inTemporaryFolder(parent, async () => undefined);
        assert.deepEqual((await readdir(parent)).sort(), names.sort());
    });

    it("has another name in a container that shares the folder", async function () {
        const script = `
            ${loadStatement(module_)}
            const { inTemporaryFolder } = require(${JSON.stringify(module_)});
            inTemporaryFolder(process.argv[1], async (folder) => console.log(folder));
        `;
        const separate = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
        const inside = async (...command: string[]) =>
            (await execute("unshare", [...separate, ...command])).stdout;
        const isAllowed = await inside("true").then(
            () => true,
            () => false,
        );
        if (!isAllowed) this.skip();
        const stdout = await inside(process.execPath, "-e", script, parent);
        const prefix = await ownPrefix();
        assert.match(basename(stdout), /^pulumi-lambda-layer-run-[0-9a-f]{12}-\d+-/);
        assert.ok(!basename(stdout).startsWith(prefix), stdout);
    });
});
