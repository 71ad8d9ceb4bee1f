import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../../scripts/command";
import { uvPath } from "../../tools";
import { commit, type Files, git, workspaceFiles, write } from "../build/checkout";
import { readWithPython } from "../package/readZip";
import { callCommandLine } from "./callCommandLine";

/** What tools and people leave beside a package. */
const rubbish: Files = {
    ".idea/workspace.xml": "<x/>",
    ".vscode/settings.json": "{}",
    ".env": "SECRET=1\n",
    ".python-version": "3.13\n",
    ".coverage": "data",
    ".coverage.host.1.abc": "data",
    "coverage.xml": "<coverage/>",
    "htmlcov/index.html": "<p>",
    ".hypothesis/examples/1": "x",
    ".pytest_cache/v/cache/lastfailed": "{}",
    ".venv/lib/site.py": "",
    "venv/pyvenv.cfg": "home = /usr/bin\n",
    "venv/lib/site.py": "",
    "node_modules/left-pad/index.js": "",
    "build/lib/acme/prices.py": "rate = 0\n",
    "dist/acme_shared-0.9.tar.gz": "",
    "src/acme_shared.egg-info/PKG-INFO": "Name: acme-shared\n",
    "src/acme/__pycache__/prices.cpython-313.pyc": "",
    "src/acme/prices.py~": "rate = 0\n",
    "src/acme/.prices.py.swp": "",
    "src/acme/#prices.py#": "",
    "src/acme/.ipynb_checkpoints/x.py": "",
    "debug.log": "",
    ".DS_Store": "",
};

describe("build of a manifest with a local package", function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    /** A workspace with these files beside its own, in a folder of that name. */
    const workspace = async (name: string, more: Files = {}): Promise<string> => {
        const place = join(folder, name);
        await write(place, { ...workspaceFiles, ...inPackage(more) });
        return place;
    };
    const inPackage = (files: Files): Files =>
        Object.fromEntries(Object.entries(files).map(([path, text]) => [`libs/shared/${path}`, text]));
    const build = async (place: string) => {
        const environment = { ...process.env, UV: uvPath() };
        const args = ["build", "uv.lock", "--python", "3.13", "--json", "--output", "layer.zip"];
        const { exitCode, output, errors } = await callCommandLine(args, { folder: place, environment });
        assert.equal(exitCode, 0, errors);
        const { codeSha256 }: { codeSha256: string } = JSON.parse(output);
        const names = (await readWithPython(join(place, "layer.zip")))
            .map(({ name }) => name.replace("python/", ""))
            .filter((name) => !name.includes(".dist-info/"));
        return { codeSha256, names, errors };
    };

    it("gives the same zip for two checkouts of a commit and for its tarball, whatever else lies in them", async () => {
        const first = await workspace("first");
        await commit(first);
        const second = join(folder, "second");
        await git(folder, "clone", "--quiet", first, second);
        await write(
            second,
            inPackage({ ...rubbish, "tests/test_a.py": "", "NOTES.md": "", "src/acme/x.txt": "" }),
        );
        const tarball = join(folder, "tarball");
        await mkdir(tarball);
        await git(first, "archive", "--output", join(folder, "archive.tar"), "HEAD");
        await mustRun("tar", ["-xf", join(folder, "archive.tar")], { cwd: tarball });
        await write(tarball, inPackage(rubbish));
        const [one, ...others] = [await build(first), await build(second), await build(tarball)];
        assert.deepEqual(one?.names, ["acme/__init__.py", "acme/prices.py"]);
        for (const other of others) assert.deepEqual(other, one);
    });

    const modules = ["venv", "node_modules", "build", "dist", "env", "htmlcov2"];
    for (const how of ["in a checkout", "without git"]) {
        it(`leaves it to the build backend which folders are modules, ${how}`, async () => {
            const files = Object.fromEntries(
                modules.flatMap((name) => [
                    [`src/acme/${name}/__init__.py`, ""],
                    [`src/${name}/__init__.py`, ""],
                    [`src/acme/${name}/data.txt`, ""],
                ]),
            );
            const place = await workspace("place", files);
            if (how === "in a checkout") await commit(place);
            const { names, errors } = await build(place);
            for (const path of Object.keys(files)) assert.ok(names.includes(path.slice("src/".length)), path);
            assert.doesNotMatch(errors, /warning/);
        });
    }

    it("takes what git tracks though an ignore file names it", async () => {
        const place = await workspace("place", {
            ".gitignore": "build/\n",
            "src/acme/build/__init__.py": "",
            "src/acme/.templates/ci.yml": "",
        });
        await git(place, "init", "--quiet");
        await git(place, "add", "--all", "--force");
        assert.deepEqual((await build(place)).names, [
            "acme/.templates/ci.yml",
            "acme/__init__.py",
            "acme/build/__init__.py",
            "acme/prices.py",
        ]);
    });

    it("follows links, but not to a folder above them", async () => {
        const place = await workspace("place", { "../shared-data/rates.txt": "1\n" });
        const module = join(place, "libs/shared/src/acme");
        await symlink("..", join(module, "up"));
        await symlink("../../../..", join(module, "top"));
        await symlink(".", join(module, "self"));
        await symlink("nowhere", join(module, "broken"));
        await symlink("../../../shared-data", join(module, "data"));
        const loose = await build(place);
        assert.deepEqual(loose.names, ["acme/__init__.py", "acme/data/rates.txt", "acme/prices.py"]);
        await commit(place);
        assert.deepEqual(await build(place), loose);
    });

    it("leaves out a module that git does not track, and says so", async () => {
        const place = await workspace("place");
        await commit(place);
        await write(place, inPackage({ "src/acme/rates.py": "", "src/acme/tax/__init__.py": "" }));
        const { names, errors } = await build(place);
        assert.deepEqual(names, ["acme/__init__.py", "acme/prices.py"]);
        assert.match(
            errors,
            /warning: src\/acme\/rates\.py and 1 more of the local package libs\/shared are not in the layer: git/,
        );
        await git(place, "add", "--intent-to-add", "libs/shared/src");
        const added = await build(place);
        assert.doesNotMatch(added.errors, /warning/);
        assert.deepEqual(added.names, [
            "acme/__init__.py",
            "acme/prices.py",
            "acme/rates.py",
            "acme/tax/__init__.py",
        ]);
    });

    it("takes a package that is generated in an ignored folder, or not added to git yet, by the names of its files", async () => {
        const place = await workspace("place", rubbish);
        await write(place, { ".gitignore": `${workspaceFiles[".gitignore"]}/libs/\n` });
        await commit(place);
        assert.deepEqual((await build(place)).names, ["acme/__init__.py", "acme/prices.py"]);
    });

    it("builds in a further worktree and a submodule as in any checkout", async () => {
        const origin = await workspace("origin");
        await commit(origin);
        const expected = await build(origin);
        const tree = join(folder, "tree");
        await git(origin, "worktree", "add", "--quiet", tree);
        await write(tree, inPackage(rubbish));
        assert.deepEqual(await build(tree), expected);

        const outer = join(folder, "outer");
        await mkdir(outer);
        await git(outer, "init", "--quiet");
        await git(outer, "submodule", "--quiet", "add", origin, "inner");
        await write(join(outer, "inner"), inPackage({ ...rubbish, "src/acme/x.txt": "" }));
        assert.deepEqual(await build(join(outer, "inner")), expected);
        await cp(join(outer, "inner/uv.lock"), join(outer, "uv.lock"));
    });
});
