import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { uvPath } from "../../tools";
import { callCommandLine } from "../commandLine/callCommandLine";
import type { LocalServer } from "./localServer";
import { startIndex } from "./packageIndex";
import { sha256 } from "./sampleFiles";
import { archiveOf, type Sighting, sightings, spyTools, writeLegacySpy, writeSpy } from "./spyPackage";
import { standInDocker } from "./standInDocker";

const execute = promisify(execFile);

/** Each secret has this in it, so that one that is nowhere to be found is found whatever it was for. */
const mark = "pl4nted";
const planted = (what: string) => `${mark}-${what}`;
// biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
const variables = "//${INDEX_USER}:${INDEX_PASSWORD}@";
const user = "index-user";
const password = `${planted("index")} w@rd`;

/** Variables that hold credentials on machines where people and pipelines run. */
const secretVariables: NodeJS.ProcessEnv = {
    ...Object.fromEntries(
        [
            ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN"],
            ...["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG"],
            ...["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN"],
            ...["NPM_TOKEN", "NODE_AUTH_TOKEN", "VAULT_TOKEN", "SONAR_TOKEN", "TWINE_PASSWORD"],
            ...[
                "ARM_CLIENT_SECRET",
                "AZURE_CLIENT_SECRET",
                "GOOGLE_CREDENTIALS",
                "CLOUDSDK_AUTH_ACCESS_TOKEN",
            ],
            ...["DATABASE_URL", "DOCKER_AUTH_CONFIG", "POETRY_PYPI_TOKEN_PYPI", "UV_PUBLISH_TOKEN"],
            ...["UV_INDEX_OTHER_PASSWORD", "POETRY_HTTP_BASIC_OTHER_PASSWORD", "anything_else"],
        ].map((name) => [name, planted(name)]),
    ),
    HTTPS_PROXY: `http://proxy-user:${planted("proxy")}@127.0.0.1:9`,
    PIP_PROXY: `http://proxy-user:${planted("pip-proxy")}@127.0.0.1:9`,
    NO_PROXY: "127.0.0.1",
};

/** Files below a home folder that hold credentials. */
const secretFiles: Readonly<Record<string, string>> = {
    ".aws/credentials": `[default]\naws_secret_access_key = ${planted("aws-file")}\n`,
    ".netrc": `machine index.example login me password ${planted("netrc")}\n`,
    ".pypirc": `[pypi]\npassword = ${planted("pypirc")}\n`,
    ".npmrc": `//registry.example/:_authToken=${planted("npmrc")}\n`,
    ".gitconfig": `[url "https://${planted("gitconfig")}@git.example/"]\n    insteadOf = https://git.example/\n`,
    ".git-credentials": `https://me:${planted("git-credentials")}@git.example\n`,
    ".docker/config.json": `{"auths": {"registry.example": {"auth": "${planted("docker")}"}}}\n`,
    ".config/gh/hosts.yml": `oauth_token: ${planted("gh")}\n`,
    ".config/uv/uv.toml": `[[index]]\nurl = "https://me:${planted("uv-toml")}@index.example/simple"\n`,
    ".config/pip/pip.conf": `[global]\nextra-index-url = https://me:${planted("pip-conf")}@index.example\n`,
    ".local/share/uv/credentials/credentials.toml": `password = "${planted("uv-auth")}"\n`,
    ".ssh/id_ed25519": planted("ssh"),
};

describe("what a build sees", function () {
    this.timeout(120_000);
    let folder: string;
    let index: LocalServer;
    let environment: NodeJS.ProcessEnv;
    let log: string;
    const archives: Record<string, Buffer> = {};
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "seen-")));
        log = join(folder, "sightings");
        const sources = join(folder, "sources");
        await writeSpy(join(sources, "spied-1.0"), "spied", log);
        await writeLegacySpy(join(sources, "aged-1.0"), "aged", log);
        for (const name of ["spied", "aged"])
            archives[`${name}-1.0.tar.gz`] = await archiveOf(sources, `${name}-1.0`);
        const files = new Map(Object.entries({ ...spyTools, ...archives }));
        index = await startIndex(files, { username: user, password });
        const home = join(folder, "home");
        for (const [path, text] of Object.entries(secretFiles)) {
            await mkdir(dirname(join(home, path)), { recursive: true });
            await writeFile(join(home, path), text);
        }
        const temporary = join(folder, "temporary");
        await mkdir(temporary);
        const encoded = encodeURIComponent(password);
        environment = {
            ...secretVariables,
            PATH: process.env["PATH"],
            UV: uvPath(),
            HOME: home,
            TMPDIR: temporary,
            UV_CACHE_DIR: join(folder, "uv-cache"),
            XDG_CACHE_HOME: join(folder, "cache"),
            INDEX_USER: user,
            INDEX_PASSWORD: encoded,
            UV_DEFAULT_INDEX: `${index.origin.replace("//", `//${user}:${encoded}@`)}/simple/`,
            PIP_INDEX_URL: `${index.origin.replace("//", `//${user}:${encoded}@`)}/simple/`,
        };
    });
    after(async () => {
        await index.close();
        await rm(folder, { recursive: true, force: true });
    });
    beforeEach(() => rm(log, { force: true }));

    /** `pulumi-lambda-layer build` in a project with these files. */
    async function build(
        project: string,
        files: Readonly<Record<string, string>>,
        args: readonly string[],
        more: NodeJS.ProcessEnv = {},
    ): Promise<readonly Sighting[]> {
        const root = join(folder, "projects", project);
        const rest = {
            ".env": `TOKEN=${planted("dotenv")}\n`,
            ".git/config": `[http]\n    extraheader = AUTHORIZATION: basic ${planted("checkout")}\n`,
        };
        for (const [path, text] of Object.entries({ ...files, ...rest })) {
            await mkdir(dirname(join(root, path)), { recursive: true });
            await writeFile(join(root, path), text);
        }
        const python = ["--python", "3.13", "--architecture", "x86_64"];
        const { exitCode, errors } = await callCommandLine(
            ["build", ...args, ...python, "--output", "layer.zip"],
            { folder: root, environment: { ...environment, ...more } },
        );
        assert.equal(exitCode, 0, errors);
        return sightings(log);
    }

    function assertBlind(seen: readonly Sighting[], hooks: readonly string[]): void {
        assert.deepEqual([...new Set(seen.map(({ hook }) => hook))].sort(), [...hooks].sort());
        const basic = Buffer.from(`${user}:${password}`).toString("base64");
        for (const { hook, seen: text, home } of seen) {
            for (const secret of [mark, basic, user]) {
                const at = text.indexOf(secret);
                const near = text.slice(Math.max(0, at - 200), at + 60);
                assert.equal(at, -1, `${hook} of a build sees: ${near}`);
            }
            assert.notEqual(home, environment["HOME"]);
        }
    }
    const modern = ["get_requires_for_build_wheel", "build_wheel"];
    const legacy = ["setup.py"];

    const uvLock = (source: string, more = "") => `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "spied" }, { name = "aged" }]
${["spied", "aged"]
    .map(
        (name) => `
[[package]]
name = "${name}"
version = "1.0"
source = ${source.replaceAll("NAME", name)}
${more.replaceAll("NAME", name).replaceAll("HASH", sha256(archives[`${name}-1.0.tar.gz`] ?? ""))}
`,
    )
    .join("")}`;
    const allowed = ["--allow-source-build", "spied", "--allow-source-build", "aged"];

    it("of an sdist of a uv.lock", async () => {
        const lock = uvLock(
            `{ registry = "${index.origin}/simple/" }`,
            `sdist = { url = "${index.origin}/files/NAME-1.0.tar.gz", hash = "sha256:HASH" }`,
        );
        assertBlind(await build("uv-lock", { "uv.lock": lock }, ["uv.lock", ...allowed]), [
            ...modern,
            ...legacy,
        ]);
    });

    it("of local packages", async () => {
        const root = join(folder, "projects", "local");
        await writeSpy(join(root, "libs", "spied"), "spied", log);
        await writeLegacySpy(join(root, "libs", "aged"), "aged", log);
        const lock = uvLock('{ directory = "libs/NAME" }');
        assertBlind(await build("local", { "uv.lock": lock }, ["uv.lock"]), [...modern, ...legacy]);
    });

    it("of a commit of a repository", async () => {
        const repository = join(folder, "repository");
        await writeSpy(join(repository, "spied"), "spied", log);
        await writeLegacySpy(join(repository, "aged"), "aged", log);
        const git = (...args: string[]) =>
            execute("git", ["-c", "user.name=t", "-c", "user.email=t@example", ...args], { cwd: repository });
        await git("init", "--quiet");
        await git("add", ".");
        await git("commit", "--quiet", "-m", "one");
        const commit = (await git("rev-parse", "HEAD")).stdout.trim();
        const lock = uvLock(
            `{ git = "${pathToFileURL(repository).href}?subdirectory=NAME&rev=${commit}#${commit}" }`,
        );
        assertBlind(await build("git", { "uv.lock": lock }, ["uv.lock"]), [...modern, ...legacy]);
    });

    it("of an sdist at an address with credentials from variables", async () => {
        const at = index.origin.replace("//", variables);
        const list = `spied @ ${at}/files/spied-1.0.tar.gz\naged @ ${at}/files/aged-1.0.tar.gz\n`;
        assertBlind(await build("url", { "list.txt": list }, ["list.txt", ...allowed]), [
            ...modern,
            ...legacy,
        ]);
    });

    it("of what an unpinned list comes to, while it is resolved", async () => {
        const args = ["list.txt", "--resolve-unpinned", ...allowed];
        assertBlind(await build("open", { "list.txt": "spied\naged\n" }, args), [
            ...modern,
            "prepare_metadata_for_build_wheel",
            ...legacy,
        ]);
    });

    it("of a pinned list whose index has its credentials from variables", async () => {
        const at = index.origin.replace("//", variables);
        const list = `--index-url ${at}/simple/\nspied==1.0\naged==1.0\n`;
        const none = { UV_DEFAULT_INDEX: undefined, PIP_INDEX_URL: undefined };
        assertBlind(await build("list", { "list.txt": list }, ["list.txt", ...allowed], none), [
            ...modern,
            ...legacy,
        ]);
    });

    it("in a container", async () => {
        const work = join(folder, "docker");
        await mkdir(work);
        const more = { PATH: `${await standInDocker(work)}${delimiter}${process.env["PATH"]}` };
        const args = ["list.txt", "--installer", "container", "--resolve-unpinned", ...allowed];
        assertBlind(await build("container", { "list.txt": "spied==1.0\naged\n" }, args, more), [
            ...modern,
            "prepare_metadata_for_build_wheel",
            ...legacy,
        ]);
    });
});
