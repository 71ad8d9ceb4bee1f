import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
    chmod,
    lstat,
    mkdir,
    mkdtemp,
    readdir,
    readFile,
    rm,
    symlink,
    utimes,
    writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { smallDisks } from "../../smallDisk";
import { type LocalServer, startServer } from "../build/localServer";
import { sha256 } from "../build/sampleFiles";
import { type LockedWheel, lockText, wheelOf, wheelPath } from "../lockedWheels";
import { craftElf } from "../package/craftElf";
import { craftWheel } from "../package/craftWheel";
import { callCommandLine, type Outcome } from "./callCommandLine";

const run = promisify(execFile);

describe("pulumi-lambda-layer build, with a cache that is not as it should be", function () {
    this.timeout(60_000);
    let folder: string;
    let home: string;
    let server: LocalServer;
    const packages: readonly LockedWheel[] = ["alpha", "beta"].map((name) => ({
        name,
        version: "1.0",
        wheel: wheelOf(name, "1.0", { name: `${name}.py`, content: randomBytes(40_000).toString("hex") }),
    }));
    const [alpha] = packages;
    const disks = smallDisks();

    before(async () => {
        server = await startServer((request, response) => {
            const found = packages.find((one) => wheelPath(one) === request.url);
            if (found === undefined) response.writeHead(404).end();
            else response.end(found.wheel);
        });
    });
    after(() => server.close());
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "cache-"));
        home = join(folder, "cache", "pulumi-lambda-layer");
        await mkdir(join(folder, "project"));
        await writeFile(join(folder, "project", "uv.lock"), lockText(server.origin, packages));
    });
    afterEach(async () => {
        await disks.unmount();
        await run("chmod", ["-R", "u+rwx", folder]);
        await rm(folder, { recursive: true, force: true });
    });

    const build = (environment: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
        callCommandLine(["build", "uv.lock", "--python", "3.13"], {
            folder: join(folder, "project"),
            environment: {
                ...process.env,
                XDG_CACHE_HOME: join(folder, "cache"),
                XDG_STATE_HOME: join(folder, "state"),
                ...environment,
            },
        });
    const warnings = ({ errors }: Outcome) => errors.split("\n").filter((line) => line.includes("cache"));
    const fileOf = (one: LockedWheel | undefined) =>
        join(home, "wheels", sha256(one?.wheel ?? ""), wheelPath(one ?? { name: "", version: "" }).slice(1));

    /** Builds, and the zip is the one that a sound cache gives. */
    async function works(environment?: NodeJS.ProcessEnv): Promise<Outcome> {
        const outcome = await build(environment);
        assert.equal(outcome.exitCode, 0, outcome.errors);
        const zip = await readFile(join(folder, "project", "layer.zip"));
        const sound = await build({ XDG_CACHE_HOME: join(folder, "sound") });
        assert.equal(sound.exitCode, 0, sound.errors);
        assert.deepEqual(await readFile(join(folder, "project", "layer.zip")), zip);
        return outcome;
    }

    /** Works without the cache, and says once where it is and which variable names another. */
    async function doesWithout(environment?: NodeJS.ProcessEnv): Promise<string> {
        const [warning, ...others] = warnings(await works(environment));
        assert.ok(warning !== undefined && others.length === 0, `${others.length + 1} warnings`);
        assert.match(warning, /^warning: The cache .* can't be written to .*XDG_CACHE_HOME/);
        return warning;
    }

    const places: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
        ["a file", (path) => writeFile(path, "x")],
        ["a link to nothing", (path) => symlink("/nowhere/at/all", path)],
        ["a link to itself", (path) => symlink(path, path)],
        ["a FIFO", (path) => run("mkfifo", [path])],
        ["a socket", (path) => listenOnce(path)],
        ["a link to a device", (path) => symlink("/dev/zero", path)],
    ];
    for (const [what, make] of places) {
        it(`works without it where ${what} is in its folder's place`, async () => {
            await mkdir(join(folder, "cache"));
            await make(home);
            const warning = await doesWithout();
            assert.ok(warning.includes(home));
        });

        it(`works without it where ${what} is in the place of a folder in it`, async () => {
            await mkdir(home, { recursive: true });
            await make(join(home, "wheels"));
            await doesWithout();
        });

        it(`puts a file right that is ${what}`, async () => {
            await mkdir(join(fileOf(alpha), ".."), { recursive: true });
            await make(fileOf(alpha));
            assert.deepEqual(warnings(await works()), []);
            assert.ok((await lstat(fileOf(alpha))).isFile());
            assert.deepEqual(await readFile(fileOf(alpha)), alpha?.wheel);
        });
    }

    it("works without it where a folder is in a file's place, and fetches the file once", async () => {
        await mkdir(join(fileOf(alpha), "x"), { recursive: true });
        const before = server.requests.length;
        const warning = warnings(await build());
        assert.equal(server.requests.length - before, 2);
        assert.match(warning.join(), /a folder is in a file's place/);
    });

    it("works without it where it may not be written to", async function () {
        await mkdir(home, { recursive: true });
        await disks.makeReadOnly(this, home);
        await doesWithout();
    });

    it("works without it where it is full", async function () {
        await mkdir(home, { recursive: true });
        await disks.mount(this, "size=64k", home);
        const warning = await doesWithout();
        assert.match(warning, /ENOSPC.*Free space there/);
    });

    it("uses what is in it where it may only be read", async function () {
        assert.equal((await build()).exitCode, 0);
        await disks.makeReadOnly(this, home);
        const before = server.requests.length;
        assert.deepEqual(warnings(await build()), []);
        assert.equal(server.requests.length, before);
    });

    it("takes nothing on trust: what was planted as proved is proved all the same", async () => {
        const project = join(folder, "project");
        const wheel = await craftWheel(project, {
            tag: "cp313-cp313-manylinux_2_17_x86_64",
            entries: [{ name: "demo/arm.so", content: craftElf({ machine: 183 }) }],
        });
        const lock = `version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "demo" }]\n\n[[package]]\nname = "demo"\nversion = "1.0"\nsource = { path = "${wheel.filename}" }\nwheels = [{ filename = "${wheel.filename}", hash = "sha256:${wheel.sha256}" }]\n`;
        const foreign = join(project, "uv.lock");
        const good = lockText(server.origin, packages);
        const facts = join(home, "wheel-facts");
        // What this very machine has sealed for other wheels proves nothing of this one.
        assert.equal((await build()).exitCode, 0);
        const sealed = await readFile(join(facts, (await readdir(facts))[0] ?? ""), "utf8");
        const names = (await readdir(facts)).map((name) => name.slice(64));
        await writeFile(foreign, lock);
        for (const planted of ["[]", sealed, `${"0".repeat(64)}\n[]`, "", "null", `\n[]`]) {
            for (const name of [...names, ".json", ".1.json", ".2.json"])
                await writeFile(join(facts, `${wheel.sha256}${name}`), planted);
            const outcome = await build();
            assert.match(outcome.errors, /PLATFORM_MISMATCH.*\n.*\n.*demo\/arm\.so is for aarch64/, planted);
        }
        await writeFile(foreign, good);
    });

    it("works without proofs that were kept, whatever is in the place of them or of their key", async () => {
        assert.equal((await build()).exitCode, 0);
        const facts = join(home, "wheel-facts");
        const key = join(folder, "state", "pulumi-lambda-layer", "seal.key");
        for (const place of [join(facts, (await readdir(facts))[0] ?? ""), facts, key, join(key, "..")]) {
            for (const [, make] of [...places, ["a folder", (path: string) => mkdir(path)] as const]) {
                await rm(place, { recursive: true, force: true });
                await mkdir(join(place, ".."), { recursive: true });
                await make(place);
                assert.deepEqual(warnings(await works()), []);
            }
            await rm(place, { recursive: true, force: true });
        }
    });

    it("proves a wheel once: facts that this user's own run has kept are used, in any process", async () => {
        assert.equal((await build()).exitCode, 0);
        const facts = join(home, "wheel-facts");
        const names = (await readdir(facts)).sort();
        assert.equal(names.length, packages.length);
        const times = () => Promise.all(names.map(async (name) => (await lstat(join(facts, name))).ino));
        const before = await times();
        assert.equal((await build()).exitCode, 0);
        assert.deepEqual(await times(), before, "written anew");
        // With another key, as on another machine, they are found again.
        assert.equal((await build({ XDG_STATE_HOME: join(folder, "other") })).exitCode, 0);
        assert.notDeepEqual(await times(), before);
    });

    it("keeps a key that only this user can read, and does without one that others could", async () => {
        assert.equal((await build()).exitCode, 0);
        const key = join(folder, "state", "pulumi-lambda-layer", "seal.key");
        assert.equal((await lstat(key)).mode & 0o777, 0o600);
        await rm(join(home, "wheel-facts"), { recursive: true });
        await chmod(key, 0o644);
        assert.equal((await build()).exitCode, 0);
        assert.deepEqual(await readdir(join(home, "wheel-facts")).catch(() => []), []);
    });

    it("sheds what nobody has used for thirty days, and nothing that is in use", async () => {
        const old = { name: "old", version: "1", wheel: Buffer.from("a wheel of long ago") };
        await mkdir(join(fileOf(old), ".."), { recursive: true });
        await writeFile(fileOf(old), old.wheel);
        assert.equal((await build()).exitCode, 0);
        assert.ok(await lstat(fileOf(old)), "it was used lately");
        const longAgo = new Date(Date.now() - 31 * 86_400_000);
        for (const one of [old, ...packages]) await utimes(fileOf(one), longAgo, longAgo);
        await utimes(join(home, ".swept"), longAgo, longAgo);
        const before = server.requests.length;
        assert.equal((await build()).exitCode, 0);
        assert.equal(server.requests.length, before, "what is used was removed");
        await assert.rejects(lstat(fileOf(old)));
        await assert.rejects(lstat(join(fileOf(old), "..")));
        for (const one of packages) assert.ok(await lstat(fileOf(one)));
    });

    it("leaves alone whatever else lies in its folder", async () => {
        const others = [join(home, "mine.txt"), join(home, "wheels", "mine.txt"), join(home, "tools", "uv")];
        const longAgo = new Date(0);
        for (const path of others) {
            await mkdir(join(path, ".."), { recursive: true });
            await writeFile(path, "x");
            await utimes(path, longAgo, longAgo);
        }
        assert.equal((await build()).exitCode, 0);
        for (const path of others) assert.ok(await lstat(path));
    });
});

/** A socket file without anybody behind it. */
async function listenOnce(path: string): Promise<void> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
        server.on("error", reject);
        server.listen(path, resolve);
    });
    // Closing would remove the file.
    server.unref();
}
