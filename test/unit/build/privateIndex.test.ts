import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildWheels, type Index, type Run, run } from "../../../provider/build";
import { isLayerError } from "../../../provider/errors";
import { parseManifest, readManifest, selectDependencies } from "../../../provider/manifest";
import { readIndexNames } from "../../../provider/manifest/pyproject";
import { targetFor } from "../../../provider/target";
import { poetryPath, pythonPath, uvPath } from "../../tools";
import { type PypiServer, startPypiServer } from "./pypiServer";
import { sampleWheel } from "./sampleFiles";

const execute = promisify(execFile);
const me = { username: "marker-user", password: "marker-pa55 w@rd" };
const target = targetFor("3.13", "arm64");
const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };

/** Ways of giving the same credentials, each as an environment and the argument `indexes`. */
interface Way {
    readonly environment?: (folder: string) => Promise<NodeJS.ProcessEnv>;
    readonly indexes?: (url: string) => readonly Index[];
}

const named = (prefix: string): Way => ({
    environment: async () => ({
        [`${prefix}_USERNAME`]: me.username,
        [`${prefix}_PASSWORD`]: me.password,
    }),
});

const ways: Readonly<Record<string, Way>> = {
    "the argument": { indexes: (url) => [{ url, ...me }] },
    "variables that the argument names": {
        environment: async () => ({ WHO: me.username, WHAT: me.password }),
        indexes: (url) => [{ url, usernameVariable: "WHO", passwordVariable: "WHAT" }],
    },
    "UV_INDEX_<NAME>_*": named("UV_INDEX_CORP_INDEX"),
    "POETRY_HTTP_BASIC_<NAME>_*": named("POETRY_HTTP_BASIC_CORP_INDEX"),
    netrc: {
        environment: async (folder) => {
            const path = join(folder, "netrc");
            await writeFile(path, `machine 127.0.0.1 login ${me.username} password "${me.password}"\n`);
            return { NETRC: path };
        },
    },
};

describe("a private index that demands a password", function () {
    this.timeout(180_000);
    let folder: string;
    let project: string;
    let server: PypiServer;
    let url: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "private-"));
        const files = {
            "alpha-1.0-py3-none-any.whl": sampleWheel("alpha", "1.0", ["beta"]),
            "beta-2.0-py3-none-any.whl": sampleWheel("beta", "2.0"),
        };
        server = await startPypiServer(folder, files, me);
        url = `${server.origin}/simple/`;
        project = join(folder, "project");
        await mkdir(project);
        const dependencies = '["alpha"]';
        await writeFile(
            join(project, "pyproject.toml"),
            `[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = ${dependencies}\n` +
                `[[tool.uv.index]]\nname = "corp-index"\nurl = "${url}"\ndefault = true\n` +
                `[tool.poetry]\npackage-mode = false\n` +
                `[[tool.poetry.source]]\nname = "corp-index"\nurl = "${url}"\npriority = "primary"\n`,
        );
        const environment = {
            ...process.env,
            UV_INDEX_CORP_INDEX_USERNAME: me.username,
            UV_INDEX_CORP_INDEX_PASSWORD: me.password,
            POETRY_HTTP_BASIC_CORP_INDEX_USERNAME: me.username,
            POETRY_HTTP_BASIC_CORP_INDEX_PASSWORD: me.password,
            POETRY_CACHE_DIR: join(folder, "poetry-cache"),
            PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring",
        };
        const options = { cwd: project, env: environment };
        await execute(uvPath(), ["lock", "--python", pythonPath()], options);
        await execute(poetryPath(), ["lock", "--no-interaction"], options);
        await writeFile(join(project, "requirements.txt"), `--index-url ${url}\nalpha==1.0\nbeta==2.0\n`);
    });
    after(async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
    });

    /** Builds with one way of giving credentials, and watches everything that is started, said and written. */
    async function build(path: string, { environment, indexes }: Way) {
        const work = await mkdtemp(join(folder, "work-"));
        const [cacheFolder, temporaryFolder] = [join(work, "cache"), join(work, "temporary")];
        await mkdir(temporaryFolder);
        const said: string[] = [];
        const watched: Run = (command, args, options) => {
            said.push([command, ...args].join(" "));
            return run(command, args, {
                ...options,
                onLine: (line, stream) => {
                    said.push(line);
                    options.onLine?.(line, stream);
                },
            });
        };
        const file = await readManifest(path, { folder: project });
        const manifest = parseManifest(file);
        const { dependencies } = selectDependencies(manifest, settings, target);
        try {
            return await buildWheels(
                {
                    manifest,
                    manifestFolder: project,
                    dependencies,
                    target,
                    indexes: indexes?.(url) ?? [],
                    projectIndexes: path === "requirements.txt" ? [] : await readIndexNames(project),
                    allowSourceBuilds: [],
                },
                {
                    run: watched,
                    signal: new AbortController().signal,
                    cacheFolder,
                    temporaryFolder,
                    report: (line) => said.push(line),
                    environment: {
                        ...withoutUv(process.env),
                        UV: uvPath(),
                        UV_CACHE_DIR: join(work, "uv-cache"),
                        NETRC: join(folder, "none"),
                        ...(await environment?.(work)),
                    },
                },
            );
        } catch (error) {
            if (isLayerError(error)) said.push(error.message, JSON.stringify(error));
            throw error;
        } finally {
            for (const text of said) assertNoSecret(text, "what is started or said");
            await assertNothingHolds(join(work, "temporary"));
            await assertNothingHolds(cacheFolder);
        }
    }

    for (const manifest of ["uv.lock", "poetry.lock", "requirements.txt"]) {
        for (const [name, way] of Object.entries(ways)) {
            const isNamed = name.endsWith("<NAME>_*");
            // A requirements.txt has no names for its indexes: there the argument gives the name.
            const used =
                isNamed && manifest === "requirements.txt"
                    ? { ...way, indexes: (address: string) => [{ url: address, name: "corp-index" }] }
                    : way;
            it(`opens for a ${manifest} with ${name}`, async () => {
                const wheels = await build(manifest, used);
                assert.deepEqual(
                    wheels.map(({ filename }) => filename),
                    ["alpha-1.0-py3-none-any.whl", "beta-2.0-py3-none-any.whl"],
                );
            });
        }

        it(`stays shut for a ${manifest} with a wrong password, and the message says what to give`, async () => {
            const wrong: Way = {
                indexes: (address) => [{ url: address, ...me, password: `x${me.password}` }],
            };
            await assert.rejects(build(manifest, wrong), /`?indexes`?|UV_INDEX_/);
        });
    }
});

const withoutUv = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
    Object.fromEntries(
        Object.entries(environment).filter(([name]) => !/^(?:UV_|PIP_|POETRY_|NETRC$)/.test(name)),
    );

function assertNoSecret(text: string, where: string): void {
    for (const secret of [me.password, encodeURIComponent(me.password)]) {
        assert.ok(!text.includes(secret), `${where} holds the password: ${text.slice(0, 300)}`);
    }
}

async function assertNothingHolds(root: string): Promise<void> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        assertNoSecret((await readFile(path)).toString("latin1"), path);
    }
}
