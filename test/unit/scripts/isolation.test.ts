import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../../scripts/cacheFolder";
import { mustRun } from "../../../scripts/command";
import { isolatedEnvironment } from "../../../scripts/isolation";
import { lockSample, startSampleIndex } from "../../engine/sampleManifests";
import { loadStatement } from "../../loader";
import { poetryPath, pythonPath, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";

const kinds = ["poetry.lock", "uv.lock", "requirements.txt"] as const;

/** What a user's machine says, and what no test may follow. */
const userFiles: Readonly<Record<string, string>> = {
    ".config/uv/uv.toml":
        'no-binary = true\nresolution = "lowest"\n[[index]]\nurl = "http://127.0.0.1:9/extra"\n',
    ".config/pip/pip.conf": "[global]\nno-binary = :all:\nindex-url = http://127.0.0.1:9/simple\n",
    ".config/pypoetry/config.toml": "[installer]\nonly-binary = ['none']\n",
    ".npmrc":
        "registry=https://registry.example/\n//registry.example/:_authToken=secret\nignore-scripts=true\nprefix=/elsewhere\n",
    ".gitconfig": '[url "http://127.0.0.1:9/"]\n\tinsteadOf = file://\n[core]\n\tautocrlf = true\n',
    ".netrc": "machine 127.0.0.1 login me password secret\n",
};

describe("the environment of a run", function () {
    this.timeout(180_000);
    let machine: string;
    let user: NodeJS.ProcessEnv;
    before(async () => {
        machine = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-machine-"));
        for (const [path, text] of Object.entries(userFiles)) {
            await mkdir(dirname(join(machine, path)), { recursive: true });
            await writeFile(join(machine, path), text);
        }
        user = {
            ...Object.fromEntries(
                Object.entries(process.env).filter(
                    ([name]) => !/^XDG_|^PIP_|^npm_config_userconfig/i.test(name),
                ),
            ),
            HOME: machine,
            UV_INDEX: "http://127.0.0.1:9/more",
            UV_PRERELEASE: "allow",
            PIP_REQUIRE_VIRTUALENV: "1",
            POETRY_VIRTUALENVS_CREATE: "false",
            PULUMI_CONFIG_PASSPHRASE: "the user's",
            AWS_PROFILE: "production",
            GITHUB_TOKEN: "secret",
            NODE_NO_WARNINGS: "1",
            AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        };
    });
    after(() => rm(machine, { recursive: true, force: true }));

    it("has nothing of the user's but the way to programs, the index and the registry", async () => {
        const folder = join(machine, "run");
        const environment = isolatedEnvironment(user, folder);
        const inherited = Object.entries(environment).filter(([name, value]) => user[name] === value);
        const hidden =
            /^(?:HOME|XDG_|UV_(?!DEFAULT_INDEX|INDEX_URL)|PIP_(?!CONFIG_FILE)|POETRY_|PULUMI_|AWS_|GITHUB_TOKEN|NODE_NO)/;
        assert.deepEqual(
            inherited.filter(([name]) => hidden.test(name)),
            [],
        );
        assert.ok(environment["HOME"]?.startsWith(folder));
        assert.equal(cacheFolder(environment), cacheFolder(user), "the installed tools are found as before");
        const npm = await mustRun("npm", ["config", "list"], { cwd: folder, env: environment });
        assert.match(npm.stdout, /registry\.example/);
        assert.doesNotMatch(npm.stdout, /ignore-scripts|elsewhere/);
    });

    it("gives uv, pip and poetry caches of the run alone", async () => {
        const folder = join(machine, "caches");
        const env = isolatedEnvironment(user, folder);
        const asked: readonly (readonly [string, readonly string[]])[] = [
            [uvPath(), ["cache", "dir"]],
            [pythonPath(), ["-m", "pip", "cache", "dir"]],
            [poetryPath(), ["config", "cache-dir"]],
        ];
        for (const [program, args] of asked) {
            const own = (await mustRun(program, args, { env, cwd: folder })).stdout.trim();
            assert.ok(own.startsWith(`${folder}/`), `${args.join(" ")}: ${own}`);
            // It is the machine's where nothing says otherwise.
            const shared = (await mustRun(program, args, { env: onMachine(), cwd: folder })).stdout.trim();
            assert.ok(shared.startsWith(join(machine, ".cache")), `${args.join(" ")}: ${shared}`);
        }
    });

    it("makes the same locks on a machine whose caches hold other packages of the same names", async () => {
        await plantOtherPackages();
        const index = await startSampleIndex();
        try {
            const expected: Record<string, string | undefined> = {};
            for (const kind of kinds) expected[kind] = (await lockSample(kind, index.origin))[kind];
            const { stdout } = await mustRun("node", ["-e", lockAll(index.origin)], { env: user });
            assert.deepEqual(JSON.parse(stdout), expected);

            // The same without an environment of its own: what was planted is taken.
            const { "pyproject.toml": text = "" } = await lockSample("poetry.lock", index.origin);
            const misled = join(machine, "misled");
            await mkdir(misled);
            await writeFile(join(misled, "pyproject.toml"), text);
            await mustRun(poetryPath(), ["lock", "--no-interaction"], { cwd: misled, env: onMachine() });
            assert.notEqual(await readFile(join(misled, "poetry.lock"), "utf8"), expected["poetry.lock"]);
        } finally {
            await index.close();
        }
    });

    const onMachine = (): NodeJS.ProcessEnv => ({ PATH: process.env["PATH"], HOME: machine });

    /** Poetry's cache has another `beta` of a source called `sample`, uv's and pip's what was there for them. */
    async function plantOtherPackages(): Promise<void> {
        const names = ["alpha", "beta", "gamma", "tester", "webby"];
        const others = names.map(
            (name) => [`${name}-1.0-py3-none-any.whl`, sampleWheel(name, "1.0", ["olden"])] as const,
        );
        const index: LocalServer = await startIndex(
            new Map([...others, ["olden-1.0-py3-none-any.whl", sampleWheel("olden", "1.0")]]),
        );
        const project = join(machine, "project");
        const url = `${index.origin}/simple`;
        await mkdir(project, { recursive: true });
        await writeFile(
            join(project, "pyproject.toml"),
            `[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ${JSON.stringify(names)}\n` +
                `[[tool.uv.index]]\nurl = "${url}"\ndefault = true\n` +
                `[tool.poetry]\npackage-mode = false\n[[tool.poetry.source]]\nname = "sample"\nurl = "${url}"\npriority = "primary"\n`,
        );
        const options = { cwd: project, env: onMachine() };
        try {
            await mustRun(poetryPath(), ["lock", "--no-interaction"], options);
            await mustRun(
                uvPath(),
                ["lock", "--no-config", "--default-index", url, "--python", pythonPath()],
                options,
            );
            const pip = ["-m", "pip", "download", "--quiet", "--isolated", "--index-url", url, "beta"];
            await mustRun(pythonPath(), [...pip, "--dest", join(machine, "wheels")], options);
        } finally {
            await index.close();
        }
        const caches = await readdir(join(machine, ".cache"));
        assert.ok(
            ["pypoetry", "uv"].every((name) => caches.includes(name)),
            caches.join(),
        );
    }
});

/** A program that isolates itself as the tests do, and prints a lock of each kind. */
const lockAll = (origin: string): string => {
    const [isolated, samples] = ["../../isolated", "../../engine/sampleManifests"].map((path) =>
        require.resolve(path),
    );
    return `${loadStatement(isolated ?? "")}
        require(${JSON.stringify(isolated)});
        const { lockSample } = require(${JSON.stringify(samples)});
        (async () => {
            const locks = {};
            for (const kind of ${JSON.stringify(kinds)}) {
                locks[kind] = (await lockSample(kind, ${JSON.stringify(origin)}))[kind];
            }
            process.stdout.write(JSON.stringify(locks));
        })();`;
};
