import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { digestPaths, digestSources } from "../../../provider/build/sourceTree";
import type { Dependency } from "../../../provider/manifest/model";
import { pinned } from "./request";

describe("digestSources", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "sources-"));
        await write("liba/pyproject.toml", "[project]\n");
        await write("liba/src/liba/__init__.py", "x = 1\n");
        await write("liba/src/liba/build/__init__.py", "deep = True\n");
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const write = async (path: string, text: string) => {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
    };
    const tree = (path: string): Dependency =>
        pinned("liba", "1.0", { source: { type: "directory", path, editable: true, virtual: false } });
    const digest = async () => (await digestSources([tree("liba")], folder))["liba"];

    it("changes with any file's content or name, deep build folders among them", async () => {
        const seen = new Set([await digest()]);
        for (const [path, text] of [
            ["liba/src/liba/__init__.py", "x = 2\n"],
            ["liba/src/liba/data.txt", ""],
            ["liba/src/liba/data2.txt", ""],
            ["liba/build/__init__.py", "a package\n"],
        ] as const) {
            await write(path, text);
            seen.add(await digest());
        }
        await write("liba/src/liba/build/__init__.py", "deep = False\n");
        seen.add(await digest());
        assert.equal(seen.size, 6);
    });

    it("does not change with what no build takes, with times, modes or the place", async () => {
        const before = await digest();
        for (const path of [
            ".git/HEAD",
            ".venv/lib/x.py",
            "src/liba/__pycache__/x.pyc",
            "build/lib/liba.py",
            "dist/liba-1.0.whl",
            "src/liba.egg-info/PKG-INFO",
            ".ruff_cache/x",
            "node_modules/x.js",
        ]) {
            await write(join("liba", path), "left");
        }
        await utimes(join(folder, "liba/pyproject.toml"), 1, 1);
        await chmod(join(folder, "liba/pyproject.toml"), 0o600);
        assert.equal(await digest(), before);
        assert.deepEqual(await digestPaths(["liba"], folder), { liba: before });
    });

    it("follows links, but not in circles", async () => {
        await write("shared/common.py", "y = 1\n");
        await symlink(join("..", "shared"), join(folder, "liba", "linked"));
        await symlink("..", join(folder, "liba", "src", "up"));
        const before = await digest();
        await write("shared/common.py", "y = 2\n");
        assert.notEqual(await digest(), before);
    });

    it("counts archives beside the manifest that it has no hash of, and nothing of an index", async () => {
        await write("vendored/beta-1.0-py3-none-any.whl", "bytes");
        const source = { type: "path", path: "vendored/beta-1.0-py3-none-any.whl" } as const;
        const digests = await digestSources(
            [
                pinned("beta", "1.0", { source }),
                pinned("gamma", "1.0", { source: { ...source, path: "hashed.whl" }, hashes: ["sha256:00"] }),
                pinned("delta", "1.0"),
            ],
            folder,
        );
        assert.deepEqual(Object.keys(digests), ["vendored/beta-1.0-py3-none-any.whl"]);
    });

    it("refuses a folder that is gone, at its place in the manifest", async () => {
        await assert.rejects(
            digestSources([tree("libz")], folder),
            /MANIFEST_NOT_FOUND: The folder of liba 1\.0, libz/,
        );
        assert.equal(await digestPaths(["libz"], folder), undefined);
    });
});
