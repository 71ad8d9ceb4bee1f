import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { buildWheels } from "../../../provider/build";
import { run } from "../../../provider/build/run";
import { digestSources } from "../../../provider/build/sourceTree";
import { LayerError } from "../../../provider/errors";
import { createRunMemory } from "../../../provider/layer/memory";
import type { Dependency, DistributionFile } from "../../../provider/manifest/model";
import { targetFor } from "../../../provider/target";
import { type LocalServer, startServer } from "./localServer";
import { startIndex } from "./packageIndex";
import { pinned, requestFor, type Workplace, workplace } from "./request";
import { sampleWheel, sha256, writeProject } from "./sampleFiles";
import { archiveOf, sightings, spyTools, writeSpy } from "./spyPackage";

const execute = promisify(execFile);
const me = { username: "me", password: "p@ss w0rd" };
const wheelName = (name: string, version: string) => `${name}-${version}-py3-none-any.whl`;

describe("buildWheels", function () {
    this.timeout(60_000);
    let place: Workplace;
    const servers: LocalServer[] = [];
    beforeEach(async () => {
        place = await workplace();
    });
    afterEach(async () => {
        for (const server of servers.splice(0)) await server.close();
        await place.remove();
    });
    const index = async (files: Readonly<Record<string, Buffer>>, credentials?: typeof me) => {
        const server = await startIndex(new Map(Object.entries(files)), credentials);
        servers.push(server);
        return server;
    };
    const serve = async (...args: Parameters<typeof startServer>) => {
        const server = await startServer(...args);
        servers.push(server);
        return server;
    };
    const locked = (
        name: string,
        bytes: Buffer,
        origin: string,
        more: Partial<DistributionFile> = {},
    ): Dependency => {
        const filename = wheelName(name, "1.0");
        return pinned(name, "1.0", {
            file: { filename, url: `${origin}/files/${filename}`, hash: `sha256:${sha256(bytes)}`, ...more },
        });
    };

    describe("with addresses in the manifest", () => {
        it("fetches each file once and needs no uv; the second time nothing is fetched", async () => {
            const wheels = { alpha: sampleWheel("alpha", "1.0"), beta: sampleWheel("beta", "1.0") };
            const server = await index({
                [wheelName("alpha", "1.0")]: wheels.alpha,
                [wheelName("beta", "1.0")]: wheels.beta,
            });
            const request = requestFor(
                place.folder,
                [locked("beta", wheels.beta, server.origin), locked("alpha", wheels.alpha, server.origin)],
                { kind: "uv.lock" },
            );
            const context = { ...place.context, environment: { UV: "no-such-uv" } };
            const built = await buildWheels(request, context);
            assert.deepEqual(
                built.map(({ name, version, origin, sha256: hash, size }) => [
                    name,
                    version,
                    origin,
                    hash,
                    size,
                ]),
                [
                    ["alpha", "1.0", "fetched", sha256(wheels.alpha), wheels.alpha.length],
                    ["beta", "1.0", "fetched", sha256(wheels.beta), wheels.beta.length],
                ],
            );
            for (const { path, sha256: hash } of built) assert.equal(sha256(await readFile(path)), hash);
            assert.equal(server.requests.length, 2);
            assert.deepEqual(await buildWheels(request, context), built);
            assert.equal(server.requests.length, 2);
        });

        it("fetches many without a warning of leaking listeners", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const server = await serve((_, response) => setTimeout(() => response.end(bytes), 5));
            const dependencies = Array.from({ length: 40 }, (_, position) =>
                locked(`p${position}`, bytes, server.origin),
            );
            const warnings: Error[] = [];
            const listen = (warning: Error) => warnings.push(warning);
            process.on("warning", listen);
            try {
                const request = requestFor(place.folder, dependencies, { kind: "uv.lock" });
                assert.equal((await buildWheels(request, place.context)).length, 40);
                await new Promise((resolve) => setImmediate(resolve));
                assert.deepEqual(warnings, []);
            } finally {
                process.off("warning", listen);
            }
        });

        it("sends an index's credentials for the files on its host", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const server = await index({ [wheelName("alpha", "1.0")]: bytes }, me);
            const request = requestFor(place.folder, [locked("alpha", bytes, server.origin)], {
                kind: "uv.lock",
            });
            await assert.rejects(buildWheels(request, place.context), /DOWNLOAD_FAILED[\s\S]*401/);
            await buildWheels(
                { ...request, indexes: [{ url: `${server.origin}/simple`, ...me }] },
                place.context,
            );
        });

        it("fails with one file, stops the others, and leaves nothing", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            let closed = 0;
            const server = await serve((request, response) => {
                if (request.url?.includes("alpha")) {
                    setTimeout(() => response.end("not it"), 50);
                    return;
                }
                response.on("close", () => closed++);
                response.write("never ends");
            });
            const dependencies = ["alpha", "beta", "gamma"].map((name) => locked(name, bytes, server.origin));
            const request = requestFor(place.folder, dependencies, { kind: "uv.lock" });
            await assert.rejects(buildWheels(request, place.context), /HASH_MISMATCH: alpha/);
            assert.deepEqual(await place.leftovers(), []);
            const cached = await readdir(place.context.cacheFolder, { recursive: true, withFileTypes: true });
            assert.deepEqual(
                cached.filter((entry) => entry.isFile()),
                [],
            );
            while (closed < 2) await new Promise((resolve) => setTimeout(resolve, 10));
        });

        it("throws the signal's reason when aborted", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const server = await serve((_, response) => response.write("never ends"));
            const request = requestFor(place.folder, [locked("alpha", bytes, server.origin)], {
                kind: "uv.lock",
            });
            const timeOut = new LayerError("TOOL_FAILED", {
                what: "It took too long.",
                next: "Wait longer.",
            });
            for (const [reason, expected] of [
                [undefined, /^AbortError/],
                [timeOut, /^LayerError: TOOL_FAILED: It took too long/],
            ] as const) {
                const controller = new AbortController();
                setTimeout(() => controller.abort(reason), 100);
                const context = { ...place.context, signal: controller.signal };
                await assert.rejects(buildWheels(request, context), expected);
                assert.deepEqual(await place.leftovers(), []);
            }
        });

        it("uses the temporary folder where the cache can't be written", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const server = await index({ [wheelName("alpha", "1.0")]: bytes });
            const cacheFolder = join(place.folder, "a-file");
            await writeFile(cacheFolder, "");
            const request = requestFor(place.folder, [locked("alpha", bytes, server.origin)], {
                kind: "uv.lock",
            });
            const [wheel] = await buildWheels(request, { ...place.context, cacheFolder });
            assert.ok(wheel?.path.startsWith(place.context.temporaryFolder));
        });

        it("refuses a file name that leads elsewhere", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const request = requestFor(
                place.folder,
                [
                    locked("alpha", bytes, "http://index.example", {
                        filename: "../../alpha-1.0-py3-none-any.whl",
                    }),
                ],
                { kind: "uv.lock" },
            );
            await assert.rejects(buildWheels(request, place.context), /WHEEL_INVALID/);
        });

        it("takes local wheels from where they are, and checks them", async () => {
            const bytes = sampleWheel("alpha", "1.0");
            const filename = wheelName("alpha", "1.0");
            await mkdir(join(place.folder, "wheels"));
            await writeFile(join(place.folder, "wheels", filename), bytes);
            const hash = `sha256:${sha256(bytes)}`;
            const source = { type: "path", path: `wheels/${filename}` } as const;
            const at = (file: DistributionFile) =>
                buildWheels(
                    requestFor(place.folder, [pinned("alpha", "1.0", { source, file })], { kind: "uv.lock" }),
                    place.context,
                );
            const url = pathToFileURL(join(place.folder, "wheels", filename)).href;
            for (const file of [
                { filename, hash },
                { filename, hash, path: source.path },
                { filename, hash, url },
            ]) {
                const [wheel] = await at(file);
                assert.equal(wheel?.path, join(place.folder, "wheels", filename));
                assert.equal(`sha256:${wheel?.sha256}`, hash);
            }
            await assert.rejects(at({ filename, hash: `sha256:${"0".repeat(64)}` }), /HASH_MISMATCH/);
            await assert.rejects(at({ filename, path: "wheels/none.whl" }), /WHEEL_NOT_FOUND: none\.whl/);
        });
    });

    describe("with a requirements.txt", () => {
        const files = {
            [wheelName("alpha", "1.0")]: sampleWheel("alpha", "1.0", [
                "beta>=1",
                'gamma; sys_platform == "linux"',
            ]),
            [wheelName("beta", "1.0")]: sampleWheel("beta", "1.0", ['delta; python_version < "3.13"']),
            [wheelName("gamma", "1.0")]: sampleWheel("gamma", "1.0"),
            [wheelName("delta", "1.0")]: sampleWheel("delta", "1.0"),
        };
        const complete = [pinned("alpha", "1.0"), pinned("beta", "1.0"), pinned("gamma", "1.0")];
        const at = (origin: string) => ({ options: { ...noOptions, indexUrl: `${origin}/simple/` } });

        it("finds and fetches everything on a private index, and tells no secret to anyone", async () => {
            const server = await index(files, me);
            const seen: string[] = [];
            const context = {
                ...place.context,
                run: ((command, args, options) => {
                    seen.push(args.join(" "));
                    return run(command, args, options);
                }) as typeof run,
            };
            const request = requestFor(place.folder, complete, {
                manifest: at(server.origin),
                indexes: [{ url: `${server.origin}/simple/`, ...me }],
            });
            const built = await buildWheels(request, context);
            assert.deepEqual(
                built.map(({ filename }) => filename),
                ["alpha", "beta", "gamma"].map((name) => wheelName(name, "1.0")),
            );
            assert.ok(seen.some((args) => args.includes("pylock.toml")));
            const told = [...seen, ...place.reported].join("\n");
            for (const secret of [me.password, encodeURIComponent(me.password)])
                assert.ok(!told.includes(secret));
            for (const { path } of built) assert.ok(path.startsWith(place.context.cacheFolder));
        });

        it("finds credentials in the variables of uv and Poetry, in named ones, and in the netrc", async () => {
            const server = await index(files, me);
            const { hostname } = new URL(server.origin);
            const netrc = join(place.folder, "netrc");
            await writeFile(netrc, `machine ${hostname} login ${me.username} password "${me.password}"\n`);
            const url = `${server.origin}/simple/`;
            const credentials = (prefix: string) => ({
                [`${prefix}_USERNAME`]: me.username,
                [`${prefix}_PASSWORD`]: me.password,
            });
            const ways = [
                { indexes: [{ url, name: "corp" }], environment: credentials("UV_INDEX_CORP") },
                { indexes: [{ url, name: "corp" }], environment: credentials("POETRY_HTTP_BASIC_CORP") },
                {
                    indexes: [{ url, usernameVariable: "A_USERNAME", passwordVariable: "A_PASSWORD" }],
                    environment: credentials("A"),
                },
                { indexes: [], environment: { NETRC: netrc } },
            ];
            for (const { indexes, environment } of ways) {
                const request = requestFor(place.folder, complete, { manifest: at(server.origin), indexes });
                const context = {
                    ...place.context,
                    cacheFolder: join(place.folder, "cache", String(Math.random())),
                    environment: { ...place.context.environment, ...environment },
                };
                assert.equal((await buildWheels(request, context)).length, 3);
            }
        });

        it("says so when an index wants a password", async () => {
            const server = await index(files, me);
            const request = requestFor(place.folder, complete, { manifest: at(server.origin) });
            await assert.rejects(
                buildWheels(request, place.context),
                /TOOL_FAILED: An index refused[\s\S]*`indexes`/,
            );
            const wrong = {
                ...request,
                indexes: [{ url: server.origin, username: "me", password: "guess1ng" }],
            };
            await assert.rejects(
                buildWheels(wrong, place.context),
                (error: Error) => /TOOL_FAILED/.test(error.message) && !error.message.includes("guess1ng"),
            );
        });

        it("refuses a list that is not complete, and names what is missing and who needs it", async () => {
            const server = await index(files);
            const request = requestFor(place.folder, [pinned("alpha", "1.0")], {
                manifest: at(server.origin),
            });
            await assert.rejects(buildWheels(request, place.context), (error: Error) => {
                assert.match(
                    error.message,
                    /^REQUIREMENTS_INCOMPLETE: requirements\.txt .* 2 packages are missing/,
                );
                assert.match(error.message, /beta, needed by alpha/);
                assert.match(error.message, /gamma, needed by alpha/);
                assert.match(error.message, /at requirements\.txt:1/);
                return true;
            });
            assert.deepEqual(await place.leftovers(), []);
        });

        it("asks for what the target needs, not the host", async () => {
            const server = await index(files);
            const request = requestFor(place.folder, complete, {
                manifest: at(server.origin),
                target: targetFor("3.12", "arm64"),
            });
            await assert.rejects(buildWheels(request, place.context), /delta, needed by beta/);
        });

        it("asks for what the extras of a line need", async () => {
            const server = await index({
                ...files,
                [wheelName("epsilon", "1.0")]: sampleWheel("epsilon", "1.0", ['delta; extra == "more"']),
            });
            const ask = (requestedExtras: Readonly<Record<string, readonly string[]>>) =>
                buildWheels(
                    requestFor(place.folder, [pinned("epsilon", "1.0")], {
                        manifest: at(server.origin),
                        requestedExtras,
                    }),
                    place.context,
                );
            assert.equal((await ask({})).length, 1);
            await assert.rejects(ask({ epsilon: ["more"] }), /delta, needed by epsilon/);
        });

        it("refuses a list whose lines contradict each other", async () => {
            const server = await index({ ...files, [wheelName("beta", "0.5")]: sampleWheel("beta", "0.5") });
            const request = requestFor(
                place.folder,
                [pinned("alpha", "1.0"), pinned("beta", "0.5"), pinned("gamma", "1.0")],
                { manifest: at(server.origin) },
            );
            await assert.rejects(
                buildWheels(request, place.context),
                /REQUIREMENTS_INCOMPLETE[\s\S]*beta>=1/,
            );
        });

        it("looks into local folders that the list names", async () => {
            const folder = join(place.folder, "flat");
            await mkdir(folder);
            for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
            const options = { ...noOptions, findLinks: ["flat"], noIndex: true };
            const request = requestFor(place.folder, complete, { manifest: { options } });
            const built = await buildWheels(request, place.context);
            assert.deepEqual(
                built.map(({ path }) => path),
                ["alpha", "beta", "gamma"].map((name) => join(folder, wheelName(name, "1.0"))),
            );
        });

        it("takes a wheel at an address as part of the list, and reads from it what it needs", async () => {
            const server = await index(files);
            const filename = wheelName("alpha", "1.0");
            const source = { type: "url", url: `${server.origin}/files/${filename}` } as const;
            const direct = pinned("alpha", "1.0", { source, file: { filename } });
            const ask = (others: readonly Dependency[]) =>
                buildWheels(
                    requestFor(place.folder, [direct, ...others], { manifest: at(server.origin) }),
                    place.context,
                );
            assert.equal((await ask(complete.slice(1))).length, 3);
            await assert.rejects(ask([pinned("gamma", "1.0")]), /beta, needed by alpha/);
        });
    });

    it("looks for a poetry.lock's package only on the index that it is tied to", async () => {
        const bytes = sampleWheel("alpha", "1.0");
        const filename = wheelName("alpha", "1.0");
        const tied = await index({ [filename]: bytes }, me);
        const other = await index({ [filename]: sampleWheel("alpha", "1.0", ["x"]) });
        const dependency = pinned("alpha", "1.0", {
            source: { type: "registry", index: `${tied.origin}/simple` },
            file: { filename, hash: `sha256:${sha256(bytes)}` },
        });
        const request = requestFor(place.folder, [dependency], {
            kind: "poetry.lock",
            indexes: [{ url: tied.origin, ...me }, { url: `${other.origin}/simple` }],
        });
        const [wheel] = await buildWheels(request, place.context);
        assert.equal(wheel?.sha256, sha256(bytes));
        assert.equal(other.requests.length, 0);
    });

    describe("from source", () => {
        it("builds a local project, even an editable one, and writes nothing into its folder", async () => {
            const project = join(place.folder, "packages", "alpha");
            await writeProject(project, "alpha", "1.0");
            await mkdir(join(project, ".venv"));
            const before = await readdir(project);
            const source = {
                type: "directory",
                path: "packages/alpha",
                editable: true,
                virtual: false,
            } as const;
            const { version: _, ...dependency } = pinned("alpha", "1.0", { source });
            const virtual = pinned("root", "1.0", { source: { ...source, path: ".", virtual: true } });
            const request = requestFor(place.folder, [dependency, virtual], { kind: "uv.lock" });
            const [wheel, ...others] = await buildWheels(request, place.context);
            assert.deepEqual(others, []);
            assert.equal(wheel?.filename, wheelName("alpha", "1.0"));
            assert.equal(wheel?.version, "1.0");
            assert.equal(wheel?.origin, "built");
            assert.equal(sha256(await readFile(wheel?.path ?? "")), wheel?.sha256);
            assert.deepEqual(await readdir(project), before);
        });

        it("runs nothing of an sdist that is not allowed, and builds one that is", async () => {
            const log = join(place.folder, "sightings");
            await writeSpy(join(place.folder, "alpha-1.0"), "alpha", log);
            const sdist = await archiveOf(place.folder, "alpha-1.0");
            const server = await index({ ...spyTools, "alpha-1.0.tar.gz": sdist });
            const request = requestFor(place.folder, [pinned("alpha", "1.0")], {
                manifest: { options: { ...noOptions, indexUrl: `${server.origin}/simple` } },
            });
            await assert.rejects(buildWheels(request, place.context), (error: Error) => {
                assert.match(error.message, /^SOURCE_BUILD_REFUSED: alpha 1\.0 .*alpha-1\.0\.tar\.gz/);
                assert.equal(error.message.match(/→/g)?.length, 3);
                return true;
            });
            assert.deepEqual(await sightings(log), []);
            const [wheel] = await buildWheels({ ...request, allowSourceBuilds: ["Alpha"] }, place.context);
            assert.equal(wheel?.origin, "built");
            assert.notDeepEqual(await sightings(log), []);
        });

        it("checks out the commit that the manifest names, with its subdirectory", async () => {
            const repository = join(place.folder, "repository");
            const git = (...args: string[]) =>
                execute("git", ["-c", "user.name=t", "-c", "user.email=t@example", ...args], {
                    cwd: repository,
                });
            await writeProject(join(repository, "python"), "alpha", "1.0");
            await git("init", "--quiet");
            await git("add", ".");
            await git("commit", "--quiet", "-m", "one");
            const commit = (await git("rev-parse", "HEAD")).stdout.trim();
            await writeProject(join(repository, "python"), "alpha", "2.0");
            await git("commit", "--quiet", "-am", "two");
            const url = pathToFileURL(repository).href;
            const at = (source: { commit?: string }) =>
                buildWheels(
                    requestFor(
                        place.folder,
                        [
                            {
                                ...pinned("alpha", "1.0"),
                                source: { type: "git", url, subdirectory: "python", ...source },
                            },
                        ],
                        { kind: "uv.lock" },
                    ),
                    place.context,
                );
            const [wheel] = await at({ commit });
            assert.equal(wheel?.filename, wheelName("alpha", "1.0"));
            await assert.rejects(
                at({}),
                /WHEEL_INVALID: alpha 1\.0 was asked for, but its build made version 2\.0/,
            );
            await assert.rejects(
                at({ commit: "0".repeat(40) }),
                /TOOL_FAILED: git could not get 0000.*: git fetch ended with 128\./,
            );
        });

        it("refuses a wheel that was built for this machine and not for the target", async () => {
            const machine = process.arch === "arm64" ? "x86_64" : "aarch64";
            const own = process.arch === "arm64" ? "aarch64" : "x86_64";
            const source = { type: "directory", path: "alpha", editable: false, virtual: false } as const;
            const at = async (tag: string) => {
                await writeProject(join(place.folder, "alpha"), "alpha", "1.0", tag);
                return buildWheels(
                    requestFor(place.folder, [pinned("alpha", "1.0", { source })], {
                        kind: "uv.lock",
                        target: targetFor("3.13", own === "aarch64" ? "arm64" : "x86_64"),
                    }),
                    place.context,
                );
            };
            const [wheel] = await at(`cp313-cp313-linux_${own}`);
            assert.equal(basename(wheel?.path ?? ""), `alpha-1.0-cp313-cp313-linux_${own}.whl`);
            await assert.rejects(at(`cp313-cp313-linux_${machine}`), /PLATFORM_MISMATCH/);
            await assert.rejects(at(`cp312-cp312-linux_${own}`), /PLATFORM_MISMATCH/);
        });

        it("shows a failing build's last words", async () => {
            await writeProject(join(place.folder, "alpha"), "alpha", "1.0");
            await writeFile(
                join(place.folder, "alpha", "backend.py"),
                "def build_wheel(*a, **k):\n    raise SystemExit('no compiler to be found')\n",
            );
            const source = { type: "directory", path: "alpha", editable: false, virtual: false } as const;
            const request = requestFor(place.folder, [pinned("alpha", "1.0", { source })], {
                kind: "uv.lock",
            });
            await assert.rejects(buildWheels(request, place.context), (error: Error) => {
                assert.match(error.message, /^TOOL_FAILED: alpha 1\.0 could not be built from source/);
                assert.match(error.message, /no compiler to be found/);
                assert.ok(error.message.split("\n").length <= 12, error.message);
                return true;
            });
            assert.deepEqual(await place.leftovers(), []);
        });

        it("says why the version of a local package can't come from git", async () => {
            const project = join(place.folder, "alpha");
            await writeProject(project, "alpha", "1.0");
            await writeFile(
                join(project, "backend.py"),
                "def build_wheel(*a, **k):\n    raise LookupError('setuptools-scm was unable to detect version')\n",
            );
            const source = { type: "directory", path: "alpha", editable: false, virtual: false } as const;
            const request = requestFor(place.folder, [pinned("alpha", "1.0", { source })], {
                kind: "uv.lock",
            });
            await assert.rejects(
                buildWheels(request, place.context),
                /TOOL_FAILED[\s\S]*→ The version of alpha comes from git's tags, which a build here does not see/,
            );
        });

        it("builds nothing of a local package that is another one than was looked at", async () => {
            await writeProject(join(place.folder, "alpha"), "alpha", "1.0");
            const source = { type: "directory", path: "alpha", editable: false, virtual: false } as const;
            const dependency = pinned("alpha", "1.0", { source });
            const { digests: sources } = await digestSources(
                [dependency],
                place.folder,
                createRunMemory().localSources,
            );
            const request = requestFor(place.folder, [dependency], { kind: "uv.lock", sources });
            assert.equal((await buildWheels(request, place.context)).length, 1);
            await writeFile(join(place.folder, "alpha", "new.py"), "");
            await assert.rejects(
                buildWheels(request, place.context),
                /MANIFEST_CHANGED: The folder of alpha 1\.0, alpha, changed/,
            );
        });
    });
});

const noOptions = {
    extraIndexUrls: [],
    findLinks: [],
    noIndex: false,
    onlyBinary: [],
    noBinary: [],
    requireHashes: false,
    prereleases: false,
    trustedHosts: [],
} as const;
