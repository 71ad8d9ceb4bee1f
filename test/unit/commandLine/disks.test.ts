import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "../../../scripts/cacheFolder";
import { loaderOf } from "../../loader";
import { smallDisks } from "../../smallDisk";
import { type LocalServer, startServer } from "../build/localServer";
import { lockText, wheelOf, wheelPath } from "../lockedWheels";
import { callCommandLine } from "./callCommandLine";

const run = promisify(execFile);
const main = require.resolve("../../../provider/commandLine/main");

describe("pulumi-lambda-layer build, on a disk that is full or may not be written to", function () {
    this.timeout(120_000);
    let folder: string;
    let server: LocalServer;
    const alpha = {
        name: "alpha",
        version: "1.0",
        wheel: wheelOf("alpha", "1.0", { name: "alpha.py", content: randomBytes(60_000).toString("hex") }),
    };
    const disks = smallDisks();

    before(async () => {
        server = await startServer((request, response) => {
            if (request.url === wheelPath(alpha)) response.end(alpha.wheel);
            else response.writeHead(404).end();
        });
    });
    after(() => server.close());
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "disk-"));
        await mkdir(join(folder, "project"));
        await mkdir(join(folder, "tmp"));
        await writeFile(join(folder, "project", "uv.lock"), lockText(server.origin, [alpha]));
    });
    afterEach(async () => {
        await disks.unmount();
        await rm(folder, { recursive: true, force: true });
    });

    /** Builds in a process of its own, in a shell that may say something first. */
    async function build(
        shell: string,
        temporaryFolder: string,
        args: readonly string[] = [],
    ): Promise<string> {
        const command = [process.execPath, ...loaderOf(main), main, "build", "uv.lock", "--python", "3.13"];
        const environment = {
            ...process.env,
            TS_NODE_PROJECT: join(repository, "tsconfig.json"),
            TMPDIR: temporaryFolder,
            XDG_CACHE_HOME: join(folder, "cache"),
            XDG_STATE_HOME: join(folder, "state"),
        };
        const { stderr } = await run("sh", ["-c", `${shell}exec "$@"`, "sh", ...command, ...args], {
            cwd: join(folder, "project"),
            env: environment,
        }).catch((error: { stderr?: string }) => ({ stderr: error.stderr ?? String(error) }));
        return stderr;
    }

    /** What is there of ours: ts-node keeps something there too. */
    const leftovers = async (place: string) =>
        (await readdir(place)).filter((name) => name.startsWith("pulumi-lambda-layer"));

    it("says that the temporary folder is full, where it is, and what names another", async function () {
        const place = join(folder, "tmp");
        await disks.mount(this, "size=64k", place);
        const told = await build("", place);
        assert.match(told, /^DISK_FULL: The temporary folder is full\.\n/m);
        assert.ok(told.includes(`  at ${place}\n  | ENOSPC`) && told.includes("TMPDIR"), told);
        assert.deepEqual(await leftovers(place), []);
        assert.deepEqual(await readdir(join(folder, "project")), ["uv.lock"]);
    });

    it("says so of a file that grows past the process's limit, and works without a cache that does", async () => {
        const told = await build("ulimit -f 64; ", join(folder, "tmp"));
        assert.match(told, /warning: The cache .*EFBIG.*XDG_CACHE_HOME/);
        assert.match(told, /^DISK_FULL: A file in the temporary folder became larger/m);
        assert.match(told, /ulimit -f/);
        assert.deepEqual(await leftovers(join(folder, "tmp")), []);
    });

    it("says that the temporary folder can't be written to: missing, a file, read-only", async function () {
        await writeFile(join(folder, "file"), "");
        const wrong = [join(folder, "file", "missing"), join(folder, "file")];
        for (const place of wrong) {
            const told = await build("", place);
            assert.match(told, /^FOLDER_UNWRITABLE: The temporary folder can't be written to\.\n/m);
            assert.ok(told.includes(`  at ${place}\n`) && told.includes("TMPDIR"), told);
        }
        const place = join(folder, "tmp");
        await disks.mount(this, "ro", place);
        assert.match(await build("", place), /^FOLDER_UNWRITABLE.*\n.*\n.*EROFS/m);
    });

    const output = (file: string) =>
        callCommandLine(["build", "uv.lock", "--python", "3.13", "--output", file], {
            folder: join(folder, "project"),
            environment: {
                ...process.env,
                XDG_CACHE_HOME: join(folder, "cache"),
                XDG_STATE_HOME: join(folder, "state"),
            },
        });

    it("says that the output can't be written, and leaves what was there", async function () {
        await writeFile(join(folder, "file"), "");
        const full = join(folder, "tmp");
        await disks.mount(this, "size=64k", full);
        await writeFile(join(full, "layer.zip"), "before");
        // Links, so that no fault can cost this machine a device.
        await symlink("/dev/full", join(folder, "device"));
        const cases: readonly (readonly [string, RegExp])[] = [
            [join(full, "layer.zip"), /^DISK_FULL: The output folder is full.*\n.*\n.*ENOSPC.*\n.*--output/],
            [join(folder, "file", "layer.zip"), /^FOLDER_UNWRITABLE.*\n.*\n.*EEXIST.*\n.*--output/],
            [folder, /^FOLDER_UNWRITABLE.*\n.*\n.*EISDIR.*\n.*--output/],
            [join(folder, "device"), /^DISK_FULL/],
        ];
        for (const [file, told] of cases) {
            const { exitCode, errors } = await output(file);
            assert.equal(exitCode, 1, file);
            assert.match(errors.slice(errors.search(/^[A-Z_]+: /m)), told);
        }
        assert.equal(await readFile(join(full, "layer.zip"), "utf8"), "before");
        assert.deepEqual(await readdir(full), ["layer.zip"]);
    });

    it("writes into a device or a FIFO, and does not replace it", async () => {
        await symlink("/dev/null", join(folder, "device"));
        assert.equal((await output(join(folder, "device"))).exitCode, 0);
        assert.ok((await lstat(join(folder, "device"))).isSymbolicLink());
        const fifo = join(folder, "fifo");
        await run("mkfifo", [fifo]);
        const [read, written] = await Promise.all([run("sh", ["-c", `wc -c < "${fifo}"`]), output(fifo)]);
        assert.equal(written.exitCode, 0, written.errors);
        assert.ok(Number(read.stdout) > alpha.wheel.length);
    });
});
