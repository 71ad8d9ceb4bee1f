import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageLayer } from "../../../provider/package";
import { fileFilter } from "../../../provider/package/globs";
import { craftElf } from "./craftElf";
import { craftWheel, target } from "./craftWheel";
import { readWithPython } from "./readZip";

describe("exclude", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "exclude-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const wheel = (entries: readonly string[]) =>
        craftWheel(folder, { entries: entries.map((name) => ({ name, content: `# ${name}\n` })) });
    const pack = async (entries: readonly string[], exclude: readonly string[]) =>
        packageLayer(
            { wheels: [await wheel(entries)], target, destination: join(folder, "layer.zip"), exclude },
            { signal: new AbortController().signal },
        );
    const files = [
        "demo/__init__.py",
        "demo/api.pyi",
        "demo/tests/test_a.py",
        "demo/sub/tests/x",
        "demo/.hidden",
    ];

    it("leaves out files and whole folders, also from RECORD and the sizes", async () => {
        const all = await pack(files, []);
        const artifact = await pack(files, ["*.pyi", "demo/tests/", "**/.hidden"]);
        const read = await readWithPython(artifact.path);
        assert.deepEqual(
            read.map(({ name }) => name).filter((name) => !name.includes("dist-info")),
            ["python/demo/__init__.py", "python/demo/sub/tests/x"],
        );
        const record = read.find(({ text }) => text !== undefined)?.text ?? "";
        assert.doesNotMatch(record, /pyi|test_a|hidden/);
        assert.match(record, /demo\/sub\/tests\/x/);
        assert.equal(artifact.files, all.files - 3);
        assert.ok(artifact.uncompressedSize < all.uncompressedSize);
        assert.equal(
            artifact.uncompressedSize,
            read.reduce((sum, { size }) => sum + size, 0),
        );
        assert.deepEqual(artifact.warnings, []);
    });

    it("reads globs as .gitignore does", async () => {
        const left = async (glob: string) => {
            const { leavesOut } = await fileFilter([glob]);
            return files.filter((file) => !leavesOut(file));
        };
        assert.deepEqual(await left("tests/*"), files);
        assert.deepEqual(await left("**/tests"), ["demo/__init__.py", "demo/api.pyi", "demo/.hidden"]);
        assert.deepEqual(await left("test*/"), ["demo/__init__.py", "demo/api.pyi", "demo/.hidden"]);
        assert.deepEqual(
            await left("/demo/sub"),
            files.filter((file) => !file.includes("sub")),
        );
        assert.deepEqual(await left("demo/*.{py,pyi}"), files.slice(2));
        assert.deepEqual(await left("DEMO/*"), files);
    });

    it("warns of a glob that fits nothing", async () => {
        const { warnings } = await pack(files, ["*.pyd", "*.pyi"]);
        assert.deepEqual(warnings, ['exclude has "*.pyd", which fits no file.']);
    });

    it("refuses to leave nothing", async () => {
        await assert.rejects(pack(files, ["demo*"]), /LAYER_EMPTY: [\s\S]*exclude/);
    });

    it("lets a file go that could not run on the target, and remembers the wheel whole", async () => {
        const foreign = await craftWheel(folder, {
            tag: "cp312-cp312-manylinux_2_17_x86_64",
            entries: [
                { name: "demo/__init__.py", content: "" },
                { name: "demo/arm.so", content: craftElf({ machine: 183 }) },
            ],
        });
        const request = { wheels: [foreign], target, destination: join(folder, "layer.zip") };
        // What is kept of a packing is of the whole wheel, whatever of it stayed out.
        const facts = { cacheFolder: join(folder, "cache"), stateFolder: join(folder, "state") };
        const context = { signal: new AbortController().signal, facts };
        await packageLayer({ ...request, exclude: ["*.so"] }, context);
        await assert.rejects(packageLayer(request, context), /PLATFORM_MISMATCH/);
    });
});
