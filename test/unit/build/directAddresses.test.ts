import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uvPath } from "../../tools";
import { callCommandLine } from "../commandLine/callCommandLine";
import { type LocalServer, startServer } from "./localServer";
import { sampleWheel } from "./sampleFiles";

const [user, token] = ["url-user", "s3cret t%ken/1"];
const basic = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
const filename = "alpha-1.0-py3-none-any.whl";
const wheel = sampleWheel("alpha", "1.0");
const digest = (algorithm: string, bytes: Uint8Array = wheel) =>
    createHash(algorithm).update(bytes).digest("hex");

describe("a package at an address", function () {
    this.timeout(60_000);
    let folder: string;
    const servers: LocalServer[] = [];
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "direct-")));
    });
    afterEach(async () => {
        for (const server of servers.splice(0)) await server.close();
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const serve = async (...args: Parameters<typeof startServer>) => {
        const server = await startServer(...args);
        servers.push(server);
        return server;
    };

    async function build(text: string, environment: NodeJS.ProcessEnv = {}, more: readonly string[] = []) {
        const project = await mkdtemp(join(folder, "project-"));
        await writeFile(join(project, "requirements.txt"), text);
        const args = ["build", "requirements.txt", "--python", "3.13", "--output", "layer.zip", ...more];
        const { errors, exitCode } = await callCommandLine(args, {
            folder: project,
            environment: {
                PATH: process.env["PATH"],
                HOME: join(folder, "home"),
                UV: uvPath(),
                UV_CACHE_DIR: join(folder, "uv-cache"),
                XDG_CACHE_HOME: join(project, "cache"),
                UV_NO_INDEX: "1",
                ...environment,
            },
        });
        return { said: errors, made: exitCode === 0 };
    }

    it("is asked for with the credentials of its variables, which go to no other host", async () => {
        const elsewhere: (string | undefined)[] = [];
        const other = await serve((request, response) => {
            elsewhere.push(request.headers.authorization);
            response.end(wheel);
        });
        const server = await serve((request, response) => {
            if (request.headers.authorization !== basic) response.writeHead(401).end();
            else if (request.url?.startsWith("/moved/"))
                response.writeHead(302, { location: `${other.origin}/${filename}` }).end();
            else response.end(wheel);
        });
        const environment = { URL_USER: user, URL_TOKEN: encodeURIComponent(token) };
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
        const at = server.origin.replace("//", "//${URL_USER}:${URL_TOKEN}@");
        const direct = await build(`alpha @ ${at}/${filename}\n`, environment);
        assert.ok(direct.made, direct.said);
        const moved = await build(`alpha @ ${at}/moved/${filename}\n`, environment);
        assert.ok(moved.made, moved.said);
        assert.deepEqual(new Set(elsewhere), new Set([undefined]));
        const wrong = await build(`alpha @ ${at}/${filename}\n`, { ...environment, URL_TOKEN: "guess1ng" });
        assert.match(wrong.said, /DOWNLOAD_FAILED[\s\S]*401/);
        for (const { said } of [direct, moved, wrong])
            for (const secret of [token, encodeURIComponent(token), "guess1ng", user])
                assert.ok(!said.includes(secret), said);
    });

    it("is checked by a weak hash of its address, as pip checks it", async () => {
        const server = await serve((_, response) => response.end(wheel));
        for (const algorithm of ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]) {
            const right = await build(
                `alpha @ ${server.origin}/${filename}#${algorithm}=${digest(algorithm)}\n`,
            );
            assert.ok(right.made, right.said);
            const other = digest(algorithm, Buffer.from("another file"));
            const wrong = await build(`alpha @ ${server.origin}/${filename}#${algorithm}=${other}\n`);
            assert.match(wrong.said, /HASH_MISMATCH/);
        }
    });

    it("is refused by name where a --hash is too weak for pip", async () => {
        for (const algorithm of ["md5", "sha1", "sha224"]) {
            const { said, made } = await build(`alpha==1.0 --hash=${algorithm}:${digest(algorithm)}\n`);
            assert.equal(made, false);
            assert.match(said, new RegExp(`MANIFEST_SYNTAX: .*${algorithm}.* too weak[\\s\\S]*sha256`));
            assert.doesNotMatch(said, /HASH_MISMATCH|who changed it/);
        }
    });

    it("whose project is not at the top of its archive is refused by name, before anything is fetched", async () => {
        const address = "https://files.index.example/alpha-1.0.tar.gz";
        const lines = [
            `alpha @ ${address}#subdirectory=python/lib\n`,
            `alpha @ ${address}#egg=alpha&subdirectory=python/lib\n`,
        ];
        for (const line of lines) {
            const { said } = await build(line, {}, ["--allow-source-build", "alpha"]);
            assert.match(
                said,
                /SOURCE_BUILD_REFUSED: alpha is to be built from the folder python\/lib of alpha-1\.0\.tar\.gz/,
            );
            assert.match(said, /git\+https:\/\/.*#subdirectory=python\/lib/);
        }
        const server = await serve((_, response) => response.end(wheel));
        const ofWheel = await build(`alpha @ ${server.origin}/${filename}#subdirectory=python/lib\n`);
        assert.ok(ofWheel.made, ofWheel.said);
    });

    it("that is a broken local wheel is told as such, without a word of fetching", async () => {
        const project = await mkdtemp(join(folder, "broken-"));
        await writeFile(join(project, filename), "no zip at all, but long enough to be looked at");
        const lock = `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "alpha" }]

[[package]]
name = "alpha"
version = "1.0"
source = { path = ${JSON.stringify(filename)} }
wheels = [{ filename = ${JSON.stringify(filename)} }]
`;
        await writeFile(join(project, "uv.lock"), lock);
        const args = ["build", "uv.lock", "--python", "3.13", "--output", "layer.zip"];
        const { errors } = await callCommandLine(args, {
            folder: project,
            environment: { PATH: process.env["PATH"], XDG_CACHE_HOME: join(project, "cache") },
        });
        assert.match(errors, /WHEEL_INVALID[\s\S]*Build it again, or put the right file in its place/);
        assert.doesNotMatch(errors, /fetched again/);
    });
});
