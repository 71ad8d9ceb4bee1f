import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readManifest } from "../../../provider/manifest";
import { findStaleness } from "../../../provider/manifest/staleness";
import { mustRun } from "../../../scripts/command";
import { pythonPath, runPoetry, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";

describe("findStaleness", function () {
    this.timeout(120_000);
    let folder: string;
    let index: LocalServer;
    before(async () => {
        const names = ["alpha", "beta", "gamma", "delta"];
        index = await startIndex(
            new Map(names.map((name) => [`${name}-1.0-py3-none-any.whl`, sampleWheel(name, "1.0")])),
        );
    });
    after(() => index?.close());
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "staleness-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const write = async (path: string, text: string) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
    };
    const edit = async (path: string, from: string, to: string) => {
        const text = await readFile(join(folder, path), "utf8");
        assert.ok(text.includes(from), from);
        await write(path, text.replace(from, to));
    };
    const staleness = async (name: string) => findStaleness(await readManifest(name, { folder }));

    const project = () => `[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["Alpha[fast] >= 1, <3 ; python_version < '4'", "beta ~= 1.0", "lib"]
[project.optional-dependencies]
web = ["gamma"]
All_Of = ["app[web]", "delta"]
[dependency-groups]
dev = ["delta>=1", { include-group = "base" }]
base = ["gamma == 1.*"]
[tool.uv]
dev-dependencies = ["beta"]
[tool.uv.workspace]
members = ["lib"]
[tool.uv.sources]
lib = { workspace = true }
[[tool.uv.index]]
url = "${index.origin}/simple"
default = true
[tool.poetry]
package-mode = false
[tool.poetry.group.docs.dependencies]
delta = { version = "*", optional = true }
[tool.poetry.dependencies]
lib = { path = "lib" }
[[tool.poetry.source]]
name = "sample"
url = "${index.origin}/simple"
`;
    const lib = '[project]\nname = "lib"\nversion = "1.0"\ndependencies = ["gamma>0.1"]\n';

    async function lockUv(): Promise<void> {
        await write("pyproject.toml", project());
        await write("lib/pyproject.toml", lib);
        await mustRun(uvPath(), ["lock", "--no-cache", "--python", pythonPath()], { cwd: folder });
    }

    it("finds none in a lock that uv has just made, whatever its line ends", async () => {
        await lockUv();
        assert.equal(await staleness("uv.lock"), undefined);
        await write("uv.lock", (await readFile(join(folder, "uv.lock"), "utf8")).replaceAll("\n", "\r\n"));
        assert.equal(await staleness("uv.lock"), undefined);
    });

    it("names what pyproject.toml asks for since", async () => {
        await lockUv();
        const cases: readonly (readonly [file: string, from: string, to: string, expected: RegExp])[] = [
            ["pyproject.toml", '"beta ~= 1.0"', '"beta ~= 1.0", "delta"', /: delta is not in the lock yet$/],
            ["pyproject.toml", ', "beta ~= 1.0"', "", /: beta is not asked for any more$/],
            ["pyproject.toml", "Alpha[fast]", "alpha", /: alpha is asked for as <3,>=1, and was as \[fast\]/],
            ["pyproject.toml", "beta ~= 1.0", "beta>=1", /: beta is asked for as >=1, and was as ~=1\.0$/],
            ["pyproject.toml", '["gamma"]', '["beta"]', /: beta in extra web is not in the lock yet$/],
            ["pyproject.toml", 'web = ["gamma"]', "", /: extra web is not in pyproject\.toml any more$/],
            ["pyproject.toml", "delta>=1", "delta>=1.0.1", /: delta in group dev is asked for as >=1\.0\.1/],
            [
                "pyproject.toml",
                "beta ~= 1.0",
                "beta~=1.0.0",
                /: beta is asked for as ~=1\.0\.0, and was as ~=1\.0$/,
            ],
            ["pyproject.toml", "gamma == 1.*", "alpha", /: alpha in group dev is not in the lock yet$/],
            ["lib/pyproject.toml", "gamma>0.1", "beta", /^lib\/pyproject\.toml has changed.*: beta is not/],
        ];
        for (const [file, from, to, expected] of cases) {
            await edit(file, from, to);
            assert.match((await staleness("uv.lock")) ?? "nothing", expected);
            await write("pyproject.toml", project());
            await write("lib/pyproject.toml", lib);
        }
        assert.equal(await staleness("uv.lock"), undefined);
    });

    it("counts what has no part in the lock, what is dynamic, and what can't be read, as equal", async () => {
        await lockUv();
        await edit("pyproject.toml", "[project]", "# A comment.\n[project]\ndescription = 'new'");
        assert.equal(await staleness("uv.lock"), undefined);
        await edit("pyproject.toml", "dependencies = [", 'dynamic = ["dependencies"]\nno = [');
        assert.equal(await staleness("uv.lock"), undefined);
        await write("pyproject.toml", "not [ toml");
        assert.equal(await staleness("uv.lock"), undefined);
        await rm(join(folder, "pyproject.toml"));
        assert.equal(await staleness("uv.lock"), undefined);
    });

    it("does not miss what has a place of its own and a marker that never holds", async () => {
        const never = "lib ; python_version < '3.11'";
        await write(
            "pyproject.toml",
            `${project().replace("base = [", `old = ["${never}", "alpha"]\nbase = [`)}[tool.uv.dependency-groups]\nold = { requires-python = ">=3.12" }\n`,
        );
        await write("lib/pyproject.toml", lib);
        await mustRun(uvPath(), ["lock", "--python", pythonPath()], { cwd: folder });
        assert.equal(await staleness("uv.lock"), undefined);
        await edit("pyproject.toml", never, "lib");
        assert.match((await staleness("uv.lock")) ?? "", /: lib in group old is not in the lock yet$/);
    });

    it("takes each spelling of a specifier for the one that uv writes", async () => {
        const specifiers = [
            ...["==1.0.0", "== v1", "===1.0", "~= 1.0", "==1.*", "== 1.0.*", ">=0!1", ">= 1 , <3,>=1.0"],
            ...[">=1.0-Alpha.1", "<2.0_RC-1", "!=1.0.DEV1", "<=1.0.post0", "!=1.1-1", "!=1.0-r4", ">=0.9c"],
            ...["!=1.0+Local.1-B", "!=1.0+007", "(>=1)", "!=1.0preview2.post3.dev4"],
        ];
        const extras = specifiers.map((specifier, at) => `e${at} = ["Alpha [x,Y, x] ${specifier}"]`);
        await write("pyproject.toml", project().replace("web = ", `${extras.join("\n")}\nweb = `));
        await write("lib/pyproject.toml", lib);
        await mustRun(uvPath(), ["lock", "--python", pythonPath()], { cwd: folder });
        assert.equal(await staleness("uv.lock"), undefined);
    });

    it("compares poetry's content-hash", async () => {
        await write("pyproject.toml", project().replace('"app[web]", ', '"gamma", '));
        await write("lib/pyproject.toml", lib);
        await runPoetry(["lock", "--no-interaction"], folder);
        assert.equal(await staleness("poetry.lock"), undefined);
        await edit("pyproject.toml", 'version = "1.0"', 'version = "1.1"');
        assert.equal(await staleness("poetry.lock"), undefined);
        await edit("pyproject.toml", "beta ~= 1.0", "beta ~= 1.1");
        assert.equal(
            await staleness("poetry.lock"),
            "pyproject.toml has changed since poetry.lock was made (their content-hash differs)",
        );
    });

    it("compares poetry's content-hash of a project that has its own tables only", async () => {
        await write(
            "pyproject.toml",
            `[tool.poetry]\nname = "app"\nversion = "1.0"\ndescription = ""\nauthors = ["Zoë <z@example.com>"]\n[tool.poetry.dependencies]\npython = "^3.10"\nalpha = { version = "*", optional = true, markers = "platform_machine != 'é😀'" }\n[tool.poetry.extras]\nweb = ["alpha"]\n[[tool.poetry.source]]\nname = "sample"\nurl = "${index.origin}/simple"\n`,
        );
        await runPoetry(["lock", "--no-interaction"], folder);
        assert.equal(await staleness("poetry.lock"), undefined);
        await edit("pyproject.toml", "^3.10", "^3.11");
        assert.match((await staleness("poetry.lock")) ?? "", /content-hash/);
    });
});
