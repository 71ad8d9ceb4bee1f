import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parseManifest, readManifest } from "../../../provider/manifest";
import { uvPath } from "../../tools";
import { callCommandLine } from "../commandLine/callCommandLine";
import { answerAsGit } from "./gitServer";
import { type LocalServer, startServer } from "./localServer";
import { writeProject } from "./sampleFiles";
import { sightings, writeSpy } from "./spyPackage";

const execute = promisify(execFile);
const commit = "0123456789abcdef0123456789abcdef01234567";

describe("a package of a repository", function () {
    this.timeout(120_000);
    let folder: string;
    let repository: string;
    let head: string;
    const servers: LocalServer[] = [];
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "git-sources-")));
        repository = join(folder, "repository");
        await writeProject(join(repository, "python"), "lib", "1.0");
        await git(repository, "init", "--quiet", "--initial-branch=main");
        await git(repository, "add", ".");
        await git(repository, "commit", "--quiet", "-m", "one");
        head = (await git(repository, "rev-parse", "HEAD")).trim();
        await git(repository, "tag", "v1.0");
    });
    afterEach(async () => {
        for (const server of servers.splice(0)) await server.close();
    });
    after(() => rm(folder, { recursive: true, force: true }));

    async function git(cwd: string, ...args: string[]): Promise<string> {
        const own = ["-c", "user.name=t", "-c", "user.email=t@index.example"];
        return (await execute("git", [...own, ...args], { cwd })).stdout;
    }

    /** `pulumi-lambda-layer build` with one manifest; what it says on standard error, and whether it worked. */
    async function build(
        manifest: string,
        text: string,
        environment: NodeJS.ProcessEnv = {},
    ): Promise<{ readonly said: string; readonly made: boolean }> {
        const project = await mkdtemp(join(folder, "project-"));
        await writeFile(join(project, manifest), text);
        const args = ["build", manifest, "--python", "3.13", "--output", "layer.zip"];
        const { errors, exitCode } = await callCommandLine(args, {
            folder: project,
            environment: {
                PATH: process.env["PATH"],
                HOME: join(folder, "home"),
                UV: uvPath(),
                UV_CACHE_DIR: join(folder, "uv-cache"),
                XDG_CACHE_HOME: join(folder, "cache"),
                // So that a list is complete without an index.
                UV_NO_INDEX: "1",
                ...environment,
            },
        });
        return { said: errors, made: exitCode === 0 };
    }

    const uvLock = (address: string) => `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "lib" }]

[[package]]
name = "lib"
version = "1.0"
source = { git = ${JSON.stringify(address)} }
`;
    const poetryLock = (url: string, more: Readonly<Record<string, string>>) => `
[[package]]
name = "lib"
version = "1.0"
optional = false
python-versions = ">=3.9"
groups = ["main"]
files = []

[package.source]
type = "git"
url = ${JSON.stringify(url)}
${Object.entries(more)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join("")}
[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
content-hash = "0"
`;

    it("is refused in preview where its reference, address or folder could be something else", async () => {
        const trap = join(folder, "trap");
        const touch = `touch ${trap}`;
        const url = pathToFileURL(repository).href;
        const references = [
            `--upload-pack=${touch.replace(" ", "\t")}`,
            "--upload-pack=touch",
            "-ctouch",
            "+main",
            "main:refs/heads/x",
            "a..b",
            "@{upstream}",
            "a^{commit}",
        ];
        const addresses = [
            `ext::sh -c ${touch.replace(" ", "% ")}`,
            "ext::sh",
            "codecommit::eu-central-1://lib",
            "file::/repo",
            "--upload-pack=touch",
            "ssh://-oProxyCommand=touch/lib",
            "ssh://git@-oProxyCommand=touch/lib",
            "git@host.example:-oProxyCommand=touch",
            "-oProxyCommand=touch:lib",
            "git@-oProxyCommand=touch:lib",
            "fd::17/x",
        ];
        const subdirectories = ["../..", "/etc", "a/../../b"];
        const manifests: [string, string][] = [
            ...references.flatMap((reference): [string, string][] => [
                // A line's reference is what follows its last @, as in pip.
                ...(reference.includes("@")
                    ? []
                    : [
                          ["requirements.txt", `lib @ git+${url}@${reference.replace("\t", "%20")}\n`] as [
                              string,
                              string,
                          ],
                      ]),
                ["uv.lock", uvLock(`${url}?rev=${encodeURIComponent(reference)}`)],
                ["poetry.lock", poetryLock(url, { reference })],
            ]),
            ...addresses.flatMap((address): [string, string][] => [
                ["requirements.txt", `lib @ git+${address.replaceAll(" ", "%20")}@${commit}\n`],
                ["uv.lock", uvLock(`${address}#${commit}`)],
                ["poetry.lock", poetryLock(address, { resolved_reference: commit })],
            ]),
            ...subdirectories.flatMap((subdirectory): [string, string][] => [
                ["requirements.txt", `lib @ git+${url}@${commit}#subdirectory=${subdirectory}\n`],
                ["uv.lock", uvLock(`${url}?subdirectory=${encodeURIComponent(subdirectory)}#${commit}`)],
                ["poetry.lock", poetryLock(url, { resolved_reference: commit, subdirectory })],
            ]),
        ];
        for (const [name, text] of manifests) {
            const project = await mkdtemp(join(folder, "hostile-"));
            await writeFile(join(project, name), text);
            const file = await readManifest(name, { folder: project });
            // What has no scheme is a path in a requirements.txt, and never an argument of git.
            if (name === "requirements.txt" && !/^lib @ git\+[a-z]+:/m.test(text)) {
                const types = parseManifest(file).packages.map(({ source }) => source.type);
                assert.deepEqual(types, ["directory"], text);
            } else {
                assert.throws(() => parseManifest(file), /MANIFEST_SYNTAX|MANIFEST_CREDENTIALS/, text);
            }
        }
        const { said, made } = await build("requirements.txt", `lib @ git+${url}@--upload-pack=touch\n`);
        assert.equal(made, false);
        assert.match(said, /MANIFEST_SYNTAX: .*reference[\s\S]*at requirements\.txt:1/);
        assert.ok(!(await readdir(folder)).includes("trap"));
    });

    it("is built from a branch, a tag, a commit, and a folder inside", async () => {
        const url = pathToFileURL(repository).href;
        for (const reference of ["main", "v1.0", "refs/heads/main", head]) {
            const { said, made } = await build(
                "requirements.txt",
                `lib @ git+${url}@${reference}#subdirectory=python\n`,
            );
            assert.ok(made, said);
        }
    });

    it("is refused where a submodule is reached by another transport than its own", async () => {
        const outer = join(folder, "outer");
        await mkdir(outer);
        await git(outer, "init", "--quiet");
        const allow = ["-c", "protocol.file.allow=always"];
        await git(outer, ...allow, "submodule", "--quiet", "add", pathToFileURL(repository).href, "inner");
        await git(outer, "commit", "--quiet", "-m", "one");
        const { said, made } = await build(
            "requirements.txt",
            `lib @ git+${pathToFileURL(outer).href}@master#subdirectory=inner/python\n`,
        );
        assert.equal(made, false);
        assert.match(said, /TOOL_FAILED[\s\S]*transport 'file' not allowed/);
    });

    it("gets the credentials of its address as a header, for its own host, and the checkout does not keep them", async () => {
        const log = join(folder, "sightings");
        const source = join(folder, "spied");
        await writeSpy(source, "spied", log, []);
        await git(source, "init", "--quiet");
        await git(source, "add", ".");
        await git(source, "commit", "--quiet", "-m", "one");
        const bare = join(folder, "spied.git");
        await git(folder, "clone", "--quiet", "--bare", source, bare);
        // As large repositories have it: file contents come when they are asked for.
        await git(bare, "config", "uploadpack.allowFilter", "true");
        const sha = (await git(bare, "rev-parse", "HEAD")).trim();
        const [user, token] = ["git-user", "s3cret t%ken/1"];
        const other: (string | undefined)[] = [];
        const elsewhere = await startServer((request, response) => {
            other.push(request.headers.authorization);
            response.writeHead(404).end();
        });
        const server = await startServer((request, response) => {
            const path = (request.url ?? "").split("?")[0] ?? "";
            if (path.startsWith("/moved/")) {
                response.writeHead(302, { location: `${elsewhere.origin}${path}` }).end();
                return;
            }
            const basic = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
            if (request.headers.authorization !== basic) {
                response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
                return;
            }
            answerAsGit(folder, request, response);
        });
        servers.push(server, elsewhere);
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
        const at = server.origin.replace("//", "//${GIT_USER}:${GIT_TOKEN}@");
        const environment = { GIT_USER: user, GIT_TOKEN: encodeURIComponent(token) };
        const { said, made } = await build(
            "requirements.txt",
            `spied @ git+${at}/spied.git@${sha}\n`,
            environment,
        );
        assert.ok(made, said);
        const seen = await sightings(log);
        assert.notDeepEqual(seen, []);
        for (const text of [said, ...seen.map((one) => one.seen)]) {
            for (const secret of [token, encodeURIComponent(token), user])
                assert.ok(!text.includes(secret), "a secret is seen");
        }
        const moved = await build(
            "requirements.txt",
            `spied @ git+${at}/moved/spied.git@${sha}\n`,
            environment,
        );
        assert.equal(moved.made, false);
        assert.ok(!moved.said.includes("s3cret"));
        assert.notDeepEqual(other, []);
        assert.deepEqual(new Set(other), new Set([undefined]));
    });
});
