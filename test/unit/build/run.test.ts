import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentFor } from "../../../provider/build/environment";
import { keptLines, RunError, run } from "../../../provider/build/run";
import { loadStatement } from "../../loader";
import { isRunning } from "./processes";

const environment = environmentFor("python", process.env);

/** Runs JavaScript in a Node of its own. */
const node = (script: string, options: Partial<Parameters<typeof run>[2]> = {}) =>
    run(process.execPath, ["-e", script], { cwd: tmpdir(), environment, ...options });

async function failure(work: Promise<unknown>): Promise<RunError> {
    const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
    );
    assert.ok(error instanceof RunError, String(error));
    return error;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let looks = 0; !(await condition()); looks += 1) {
        assert.ok(looks < 1000, "it did not come to pass");
        await sleep(20);
    }
}

/** A process that starts another, writes both ids to a file, and never ends; both refuse to be asked. */
const stubbornFamily = (file: string) => `
    process.on("SIGTERM", () => {});
    const { spawn } = require("node:child_process");
    const script = 'process.on("SIGTERM", () => {}); process.stdout.write("up"); setInterval(() => {}, 1000)';
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    child.stdout.once("data", () =>
        require("node:fs").writeFileSync(${JSON.stringify(file)}, process.pid + " " + child.pid));
    setInterval(() => {}, 1000);`;

describe("run", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "run-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it("gives what a program says, by stream and line by line", async () => {
        const lines: string[] = [];
        const result = await node(
            'process.stdout.write("one\\ntwo\\r\\nthr"); process.stdout.write("ée"); console.error("oops")',
            { onLine: (line, stream) => lines.push(`${stream} ${line}`) },
        );
        assert.equal(result.stdout, "one\ntwo\r\nthrée");
        assert.equal(result.stderr, "oops\n");
        assert.deepEqual(lines.sort(), ["stderr oops", "stdout one", "stdout thrée", "stdout two"]);
    });

    it("passes arguments on untouched by any shell", async () => {
        const words = ["$(id)", "a b", "'", '"', ";", "*", "&&"];
        const { stdout } = await run(
            process.execPath,
            ["-p", "JSON.stringify(process.argv.slice(1))", "--", ...words],
            { cwd: folder, environment },
        );
        assert.deepEqual(JSON.parse(stdout), words);
    });

    it("gives a program the environment that it was given and no other", async () => {
        const { stdout } = await node('console.log(process.env.GITHUB_TOKEN ?? "none", process.env.ONLY)', {
            environment: environmentFor("python", { GITHUB_TOKEN: "secret" }, { ONLY: "this" }),
        });
        assert.equal(stdout.trim(), "none this");
    });

    it("gives a program its input on /dev/stdin, through a pipe that is empty afterwards", async () => {
        const words = ["$(id)", "a b", "'", '"', ";", "*", "&&"];
        const program = `
            const { readFileSync } = require("node:fs");
            const read = () => readFileSync("/dev/stdin", "utf8");
            console.log(JSON.stringify([read().length, read(), process.argv.slice(1)]));`;
        const input = "s3cret\n".repeat(100_000);
        const { stdout } = await run(process.execPath, ["-e", program, "--", ...words], {
            cwd: folder,
            environment,
            input,
        });
        assert.deepEqual(JSON.parse(stdout), [input.length, "", words]);
        assert.equal((await node("console.log('unread')", { input })).stdout, "unread\n");
    });

    it("fails as spawn-failed when there is no such program", async () => {
        const error = await failure(run("no-such-program-here", [], { cwd: folder, environment }));
        assert.equal(error.kind, "spawn-failed");
        assert.equal(error.details.systemCode, "ENOENT");
    });

    it("fails as exited with the code and the last lines", async () => {
        const error = await failure(
            node('for (let i = 0; i < 500; i++) console.error("line " + i); process.exitCode = 3'),
        );
        assert.equal(error.kind, "exited");
        assert.equal(error.details.exitCode, 3);
        assert.equal(error.details.tail.length, keptLines);
        assert.equal(error.details.tail.at(-1), "line 499");
    });

    it("keeps only the end of a flood", async () => {
        const { stdout } = await node(
            'for (let i = 0; i < 40000; i++) process.stdout.write("0123456789\\n"); console.log("end")',
        );
        assert.ok(stdout.length <= 64 * 1024);
        assert.ok(stdout.endsWith("end\n"));
    });

    it("ends a program that takes too long", async () => {
        const error = await failure(node("setInterval(() => {}, 1000)", { timeoutMs: 300 }));
        assert.equal(error.kind, "killed");
        assert.equal(error.details.timedOut, true);
    });

    it("starts nothing once the work is aborted", async () => {
        const file = join(folder, "started");
        const error = await failure(
            node(`require("node:fs").writeFileSync(${JSON.stringify(file)}, "")`, {
                signal: AbortSignal.abort(),
            }),
        );
        assert.equal(error.kind, "killed");
        await assert.rejects(readFile(file));
    });

    it("kills children and grandchildren that do not listen, on an abort", async () => {
        const file = join(folder, "pids");
        const controller = new AbortController();
        const running = failure(node(stubbornFamily(file), { signal: controller.signal }));
        await until(() =>
            readFile(file, "utf8").then(
                (text) => text.includes(" "),
                () => false,
            ),
        );
        const pids = (await readFile(file, "utf8")).split(" ").map(Number);
        assert.deepEqual(await Promise.all(pids.map(isRunning)), [true, true]);
        controller.abort();
        assert.equal((await running).kind, "killed");
        await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
    });

    it("leaves nothing running when its own process is killed", async () => {
        const file = join(folder, "pids");
        const [module, environments] = ["run", "environment"].map((name) =>
            require.resolve(`../../../provider/build/${name}`),
        );
        const program = `${loadStatement(String(module))}
            const { run } = require(${JSON.stringify(module)});
            const { environmentFor } = require(${JSON.stringify(environments)});
            const options = { cwd: ${JSON.stringify(folder)}, environment: environmentFor("python", process.env) };
            run(process.execPath, ["-e", ${JSON.stringify(stubbornFamily(file))}], options);`;
        const parent = spawn(process.execPath, ["-e", program], { stdio: "ignore" });
        await until(() =>
            readFile(file, "utf8").then(
                (text) => text.includes(" "),
                () => false,
            ),
        );
        const pids = (await readFile(file, "utf8")).split(" ").map(Number);
        parent.kill("SIGKILL");
        await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
    });

    it("leaves nothing running that a program started and left", async () => {
        const { stdout } = await node(`
            const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
            console.log(child.pid);
            child.unref();
            process.exit(0);`);
        await until(async () => !(await isRunning(Number(stdout))));
    });
});
