import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { digestPaths, digestSources } from "../../../provider/build/sourceTree";
import { createRunMemory } from "../../../provider/layer/memory";
import type { Dependency } from "../../../provider/manifest/model";
import { commit, git, write } from "./checkout";
import { pinned } from "./request";

const execute = promisify(execFile);

/** Paths below a package's folder that tools write, as they are met; `*` is any name. */
const leftByTools = [
    "__pycache__/*.cpython-313.pyc",
    ".pytest_cache/v/*",
    ".hypothesis/*",
    ".idea/*.xml",
    ".vscode/*.json",
    ".venv/lib/*.py",
    ".tox/*",
    ".mypy_cache/*",
    ".ruff_cache/*",
    ".ipynb_checkpoints/*.ipynb",
    ".git/*",
    ".env",
    ".env.*",
    ".envrc",
    ".python-version",
    ".coverage",
    ".coverage.*",
    ".DS_Store",
    "coverage.xml",
    "htmlcov/*.html",
    "*.egg-info/PKG-INFO",
    "*.py~",
    "*.py.bak",
    "*.orig",
    ".*.swp",
    "#*#",
    ".#*",
    "*.pyc",
] as const;

describe("digestSources", () => {
    let folder: string;
    const memory = createRunMemory().localSources;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sources-"));
        await write(folder, {
            "liba/pyproject.toml": "[project]\n",
            "liba/.gitignore": "*.log\n",
            "liba/src/liba/__init__.py": "x = 1\n",
            "liba/src/liba/build/__init__.py": "deep = True\n",
        });
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const tree = (path: string): Dependency =>
        pinned("liba", "1.0", { source: { type: "directory", path, editable: true, virtual: false } });
    const sources = (place = folder) => digestSources([tree("liba")], place, memory);
    const digest = async (place = folder) => (await sources(place)).digests["liba"];

    for (const how of ["without git", "in a checkout"]) {
        it(`changes with any file's content, name or executable bit, ${how}`, async () => {
            const isCheckout = how === "in a checkout";
            if (isCheckout) await commit(folder);
            const seen = new Set([await digest()]);
            const changes: readonly (() => Promise<void>)[] = [
                ...(
                    [
                        ["liba/src/liba/__init__.py", "x = 2\n"],
                        ["liba/src/liba/data.txt", ""],
                        ["liba/src/liba/data2.txt", ""],
                        ["liba/build/__init__.py", "a package\n"],
                        ["liba/.gitignore", "*.log\n*.tmp\n"],
                        ["liba/src/liba/build/__init__.py", "deep = False\n"],
                    ] as const
                ).map(
                    ([path, text]) =>
                        () =>
                            write(folder, { [path]: text }),
                ),
                () => chmod(join(folder, "liba/src/liba/data.txt"), 0o755),
                () => rm(join(folder, "liba/src/liba/data.txt")),
            ];
            for (const change of changes) {
                await change();
                if (isCheckout) await git(folder, "add", "--all");
                seen.add(await digest());
            }
            assert.equal(seen.size, changes.length + 1);
        });
    }

    it("does not change with what tools leave, at any depth, nor with times, modes or the place", async () => {
        await commit(folder);
        const checkout = await digest();
        await rm(join(folder, ".git"), { recursive: true });
        assert.equal(await digest(), checkout);
        await fc.assert(
            fc.asyncProperty(
                fc.constantFrom("", "src/", "src/liba/", "src/liba/build/"),
                fc.constantFrom(...leftByTools),
                fc.stringMatching(/^[a-z]{1,8}$/),
                async (place, pattern, name) => {
                    await write(folder, { [`liba/${place}${pattern.replaceAll("*", name)}`]: name });
                    assert.equal(await digest(), checkout);
                },
            ),
            { numRuns: 60 },
        );
        await write(folder, {
            "liba/build/lib/liba.py": "stale",
            "liba/dist/liba-1.0.whl": "",
            "liba/node_modules/x/index.js": "",
            "liba/env/pyvenv.cfg": "",
            "liba/src/liba/static/node_modules/.package-lock.json": "{}",
            "liba/src/debug.log": "",
            "liba/uv.lock": "version = 1\n",
        });
        await utimes(join(folder, "liba/pyproject.toml"), 1, 1);
        await chmod(join(folder, "liba/pyproject.toml"), 0o600);
        assert.equal(await digest(), checkout);
        assert.deepEqual((await digestPaths(["liba"], folder, memory))?.digests, { liba: checkout });
    });

    it("is the same in a checkout and in the folder that its tarball unpacks to", async () => {
        const name = fc.constantFrom("a", "b.py", "venv", "build", "data", "é x", "node_modules");
        const file = fc.constantFrom("__init__.py", ".keep", "f.txt", "😀");
        const path = fc
            .tuple(fc.array(name, { maxLength: 3 }), file)
            .map(([names, last]) => ["src", ...names, last].join("/"));
        await fc.assert(
            fc.asyncProperty(
                fc.uniqueArray(path, { maxLength: 12 }),
                fc.constantFrom("2", "4"),
                async (paths, version) => {
                    const place = await mkdtemp(join(folder, "place-"));
                    const files = Object.fromEntries(paths.map((each) => [`liba/${each}`, each]));
                    await write(place, { "liba/setup.py": "", ...files });
                    const without = await digest(place);
                    await git(place, "init", "--quiet");
                    await git(place, "add", "--all");
                    await git(place, "update-index", "--index-version", version);
                    await write(place, { "liba/src/untracked.txt": "" });
                    assert.equal(await digest(place), without);
                },
            ),
            { numRuns: 25 },
        );
    });

    it("follows links, but not in circles", async () => {
        await write(folder, { "shared/common.py": "y = 1\n", "other/x.py": "" });
        await symlink(join("..", "shared"), join(folder, "liba", "linked"));
        await symlink("..", join(folder, "liba", "src", "up"));
        await symlink("../../other", join(folder, "liba", "src", "other"));
        await symlink("../shared", join(folder, "other", "there"));
        await symlink("../other", join(folder, "shared", "back"));
        const before = await digest();
        await commit(folder);
        assert.equal(await digest(), before);
        await write(folder, { "shared/common.py": "y = 2\n" });
        assert.notEqual(await digest(), before);
        await write(folder, { "shared/common.py": "y = 1\n", "shared/untracked.py": "" });
        assert.equal(await digest(), before);
    });

    it("counts archives beside the manifest that it has no hash of, and nothing of an index", async () => {
        await write(folder, { "vendored/beta-1.0-py3-none-any.whl": "bytes" });
        const source = { type: "path", path: "vendored/beta-1.0-py3-none-any.whl" } as const;
        const { digests } = await digestSources(
            [
                pinned("beta", "1.0", { source }),
                pinned("gamma", "1.0", { source: { ...source, path: "hashed.whl" }, hashes: ["sha256:00"] }),
                pinned("delta", "1.0"),
            ],
            folder,
            memory,
        );
        assert.deepEqual(Object.keys(digests), ["vendored/beta-1.0-py3-none-any.whl"]);
    });

    it("names modules that are not taken, and nothing else that is not", async () => {
        await write(folder, { "liba/tests/test_x.py": "" });
        await commit(folder);
        await write(folder, {
            "liba/scratch.py": "",
            "liba/tests/test_y.py": "",
            "liba/src/liba/notes.txt": "",
            "liba/src/liba/_version.py": "",
            "liba/src/liba/new.py": "",
            "liba/src/liba/data/readme.txt": "",
            "liba/src/liba/sub/__init__.py": "",
            "liba/src/libb/__init__.py": "",
            "liba/src/liba/tests/__init__.py": "",
        });
        const left = { liba: ["src/liba/new.py", "src/liba/sub/", "src/libb/"] };
        assert.deepEqual((await sources()).leftOut, left);
        await rm(join(folder, ".git"), { recursive: true });
        assert.deepEqual((await sources()).leftOut, {});
        await write(folder, { "liba/.gitignore": "build/\nnew.py\nnotes.txt\n" });
        assert.deepEqual((await sources()).leftOut, { liba: ["src/liba/build/", "src/liba/new.py"] });
    });

    it("waits for nothing that is no file, and says so where a file has to be", async () => {
        const before = await digest();
        for (const name of [
            "liba/.gitignore",
            "liba/src/liba/pipe",
            "liba/.git",
            "beta-1.0-py3-none-any.whl",
        ]) {
            await rm(join(folder, name), { force: true });
            await execute("mkfifo", [join(folder, name)]);
        }
        assert.equal(typeof (await digest()), "string");
        await rm(join(folder, "liba/.gitignore"));
        await write(folder, { "liba/.gitignore": "*.log\n" });
        assert.equal(await digest(), before);
        const source = { type: "path", path: "beta-1.0-py3-none-any.whl" } as const;
        await assert.rejects(
            digestSources([pinned("beta", "1.0", { source })], folder, memory),
            /MANIFEST_UNREADABLE: The local package beta-1\.0-py3-none-any\.whl cannot be read: ENXIO: it is no regular file/,
        );
    });

    it("refuses a folder that is gone, at its place in the manifest", async () => {
        await assert.rejects(
            digestSources([tree("libz")], folder, memory),
            /MANIFEST_NOT_FOUND: The folder of liba 1\.0, libz/,
        );
        assert.equal(await digestPaths(["libz"], folder, memory), undefined);
    });
});
