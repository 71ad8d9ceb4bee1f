import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { manifestKindOf, parseManifest, readManifest, readManifestBytes } from "../../../provider/manifest";

describe("readManifest", () => {
    let folder: string;

    beforeEach(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "manifest-"));
    });

    afterEach(async () => {
        await rm(folder, { recursive: true });
    });

    const write = async (name: string, content: string | Buffer) => {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), content);
    };
    const read = (name: string) => readManifest(name, { folder });

    it("takes the MD5 of the bytes, byte order mark and line ends included", async () => {
        await write("a/requirements.txt", "\ufeffsix==1.17.0\r\n");
        const file = await read("a/requirements.txt");
        assert.equal(file.md5, "e896043af98f8b1a306d60d388d3eac2");
        assert.equal(file.bytes.subarray(0, 3).toString("hex"), "efbbbf");
        assert.equal(file.text, "six==1.17.0\r\n");
        assert.equal(file.path, "a/requirements.txt");
        assert.equal(file.absolutePath, path.join(folder, "a", "requirements.txt"));
        assert.equal(parseManifest(file).packages[0]?.version, "1.17.0");
    });

    it("tells the kind from the name, unless it is given", async () => {
        assert.equal(manifestKindOf("deps/uv.lock"), "uv.lock");
        assert.equal(manifestKindOf("poetry.lock"), "poetry.lock");
        assert.equal(manifestKindOf("requirements-prod.txt"), "requirements.txt");
        assert.equal(manifestKindOf("app/Pipfile.lock"), "Pipfile.lock");
        assert.equal(manifestKindOf("pylock.toml"), "pylock.toml");
        assert.equal(manifestKindOf("pylock.prod.toml"), "pylock.toml");
        assert.throws(() => manifestKindOf("pylock.a.b.toml"), { code: "MANIFEST_KIND_UNKNOWN" });
        await write("deps.lock", "six==1.17.0\n");
        const file = await readManifest("deps.lock", { folder, kind: "requirements.txt" });
        assert.equal(file.kind, "requirements.txt");
    });

    it("says which manifest is not there, and where it was looked for", async () => {
        await assert.rejects(read("uv.lock"), {
            code: "MANIFEST_NOT_FOUND",
            message: new RegExp(`There is no manifest uv\\.lock\\.\\n {2}at ${folder}/uv\\.lock\\n`),
        });
        await write("file", "");
        await assert.rejects(read("file/uv.lock"), { code: "MANIFEST_NOT_FOUND" });
    });

    it("refuses what is not a file", async () => {
        await mkdir(path.join(folder, "uv.lock"));
        await assert.rejects(read("uv.lock"), { code: "MANIFEST_UNREADABLE", message: /it is a directory/ });
        execFileSync("mkfifo", [path.join(folder, "requirements.txt")]);
        await assert.rejects(read("requirements.txt"), {
            code: "MANIFEST_UNREADABLE",
            message: /no regular file/,
        });
    });

    it("refuses what is not UTF-8, and names the line", async () => {
        await write("latin.txt", Buffer.from("six==1.17.0\n# caf\xe9\n", "latin1"));
        await assert.rejects(read("latin.txt"), {
            code: "MANIFEST_UNREADABLE",
            message: /line 2 is not UTF-8/,
        });
        await write("powershell.txt", Buffer.from("\ufeffsix==1.17.0\r\n", "utf16le"));
        await assert.rejects(read("powershell.txt"), { code: "MANIFEST_UNREADABLE", message: /UTF-16/ });
        await write("uv.lock", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]));
        await assert.rejects(read("uv.lock"), { code: "MANIFEST_UNREADABLE", message: /binary/ });
    });

    it("refuses a file that no manifest is as large as", async () => {
        await write("uv.lock", Buffer.alloc(33 * 1024 * 1024, "#"));
        await assert.rejects(read("uv.lock"), { code: "MANIFEST_UNREADABLE", message: /33 MiB/ });
    });

    it("follows includes from the folder of the file they are in, each once", async () => {
        await write("requirements.txt", "-r sub/one.txt\n--requirement=sub/two.txt\n-csub/limits.txt\n");
        await write("sub/one.txt", "-r two.txt\nsix==1.17.0\n");
        await write("sub/two.txt", "idna==3.10 # -r nothing.txt\n");
        await write("sub/limits.txt", "\ufeffclick<9\n");
        const file = await read("requirements.txt");
        assert.deepEqual(
            file.includes.map((each) => [each.path, each.text]),
            [
                ["sub/one.txt", "-r two.txt\nsix==1.17.0\n"],
                ["sub/two.txt", "idna==3.10 # -r nothing.txt\n"],
                ["sub/limits.txt", "click<9\n"],
            ],
        );
        assert.deepEqual(
            parseManifest(file).packages.map(({ name }) => name),
            ["idna", "six"],
        );
    });

    it("shows the line of an include that is missing, an address or a circle", async () => {
        await write("requirements.txt", "six==1.17.0\n  -r gone.txt\n");
        await assert.rejects(read("requirements.txt"), {
            code: "MANIFEST_SYNTAX",
            message: /requirements\.txt:2:3\n {2}\| 2: {3}-r gone\.txt\n {2}\| {6}\^/,
        });
        await write("requirements.txt", "-r https://index.example/base.txt\n");
        await assert.rejects(read("requirements.txt"), { code: "MANIFEST_SYNTAX", message: /an address/ });
        await write("requirements.txt", "-r a.txt\n");
        await write("a.txt", "-c b.txt\n");
        await write("b.txt", "-r a.txt\n");
        await assert.rejects(read("requirements.txt"), {
            code: "MANIFEST_SYNTAX",
            message: /in a circle: a\.txt → b\.txt → a\.txt\./,
        });
    });

    it("gives the bytes and MD5 of any file", async () => {
        await write("go.sum", Buffer.from([0, 1, 2]));
        const { bytes, md5 } = await readManifestBytes("go.sum", folder);
        assert.deepEqual([...bytes], [0, 1, 2]);
        assert.equal(md5, "b95f67f61ebb03619622d798f45fc2d3");
    });
});
