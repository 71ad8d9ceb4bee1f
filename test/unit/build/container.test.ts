import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repository } from "../../../scripts/cacheFolder";
import { loaderOf } from "../../loader";
import { isRunning } from "./processes";
import { dockerContainers, dockerLog, standInDocker } from "./standInDocker";

const lock = `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "endless" }]

[[package]]
name = "endless"
version = "1.0"
source = { directory = "endless" }
`;

/** A build that tells its process id and does not end, also when it is asked. */
const backend = (started: string) => `
import os, signal, time
def build_wheel(folder, config_settings=None, metadata_directory=None):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open(${JSON.stringify(`${started}.partial`)}, "w") as file: file.write(str(os.getpid()))
    os.rename(${JSON.stringify(`${started}.partial`)}, ${JSON.stringify(started)})
    time.sleep(600)
`;

describe("a container", function () {
    this.timeout(120_000);
    let folder: string;
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "container-")));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        it(`ends with ${signal}, and leaves no process and no temporary folder`, async () => {
            const work = join(folder, signal);
            const [project, temporary, started] = ["project", "temporary", "started"].map((name) =>
                join(work, name),
            ) as [string, string, string];
            await mkdir(join(project, "endless"), { recursive: true });
            await mkdir(temporary);
            await writeFile(join(project, "uv.lock"), lock);
            await writeFile(
                join(project, "endless", "pyproject.toml"),
                '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
            );
            await writeFile(join(project, "endless", "backend.py"), backend(started));
            const bin = await standInDocker(work);

            const main = require.resolve("../../../provider/commandLine/main");
            const args = ["build", "uv.lock", "--python", "3.13", "--installer", "container"];
            const child = spawn(process.execPath, [...loaderOf(main), main, ...args], {
                cwd: project,
                stdio: "ignore",
                env: {
                    PATH: `${bin}${delimiter}${process.env["PATH"]}`,
                    HOME: join(work, "home"),
                    TMPDIR: temporary,
                    TS_NODE_PROJECT: join(repository, "tsconfig.json"),
                },
            });
            const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
            const hasEnded = ended.then(() => true);
            let builder = 0;
            while (builder === 0) {
                builder = Number(await readFile(started, "utf8").catch(() => "0"));
                const isOver = await Promise.race([hasEnded, sleep(20).then(() => false)]);
                assert.ok(!isOver, "the build ended before it was to");
            }
            assert.equal((await readdir(dockerContainers(work))).length, 1);
            child.kill(signal);
            assert.equal(await ended, 130);
            assert.equal(await isRunning(builder), false);
            assert.deepEqual(await readdir(dockerContainers(work)), []);
            const left = (await readdir(temporary)).filter((name) => name.startsWith("pulumi-"));
            assert.deepEqual(left, []);

            const calls = await readFile(dockerLog(work), "utf8");
            const name = /^run --rm --init .*--name (\S+)/m.exec(calls)?.[1] ?? "";
            assert.match(calls, new RegExp(`^kill ${name}$`, "m"));
        });
    }
});
