import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseGitIndex } from "../../../provider/build/sourceTree/gitIndex";
import { git, write } from "./checkout";

describe("parseGitIndex", function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "index-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const indexOf = async (place: string) => readFile(join(place, ".git/index"));
    const listed = async (place: string, below = ".") =>
        (await git(place, "ls-files", "-z", "--", below)).split("\0").filter((path) => path !== "");

    const segment = fc.oneof(
        fc.constantFrom("a", "b", "a-b", "a.b", "aé", "z z", "ﬀ", "😀"),
        fc.stringMatching(/^[a-z0-9_+!-]{1,150}$/),
    );
    const paths = fc.uniqueArray(
        fc.array(segment, { minLength: 1, maxLength: 5 }).map((names) => `${names.join("/")}/f`),
        { minLength: 1, maxLength: 30 },
    );

    it("knows the paths that git lists, of every version and hash, below any folder", async () => {
        await fc.assert(
            fc.asyncProperty(
                paths,
                fc.constantFrom("sha1", "sha256"),
                fc.constantFrom("2", "4"),
                fc.boolean(),
                async (files, hash, version, extended) => {
                    const place = await mkdtemp(join(folder, "place-"));
                    await write(place, Object.fromEntries(files.map((path) => [path, ""])));
                    await git(place, "init", "--quiet", `--object-format=${hash}`);
                    await git(place, "update-index", "--index-version", version);
                    await git(place, "add", ...(extended ? ["--intent-to-add"] : []), "--all");
                    const index = parseGitIndex(await indexOf(place));
                    assert.deepEqual(
                        index?.below("").map(({ path }) => path),
                        await listed(place),
                    );
                    const [top = ""] = files[0]?.split("/") ?? [];
                    assert.deepEqual(
                        index?.below(top).map(({ path }) => `${top}/${path}`),
                        await listed(place, `:(literal)${top}/`),
                    );
                },
            ),
            { numRuns: 25 },
        );
    });

    it("tells links, executables and submodules from files, and a path in a merge once", async () => {
        const [inner, outer] = [join(folder, "inner"), join(folder, "outer")];
        await write(inner, { "x.py": "" });
        await git(inner, "init", "--quiet");
        await git(inner, "add", "--all");
        await git(inner, "commit", "--quiet", "--message", "one");
        await write(outer, { "file.py": "", "run.sh": "", "both.txt": "one\n" });
        await chmod(join(outer, "run.sh"), 0o755);
        await symlink("file.py", join(outer, "link.py"));
        await git(outer, "init", "--quiet", "--initial-branch=main");
        await git(outer, "submodule", "--quiet", "add", inner, "inner");
        await git(outer, "add", "--all");
        await git(outer, "commit", "--quiet", "--message", "one");
        await git(outer, "checkout", "--quiet", "-b", "other");
        await write(outer, { "both.txt": "other\n" });
        await git(outer, "commit", "--quiet", "--all", "--message", "other");
        await git(outer, "checkout", "--quiet", "main");
        await write(outer, { "both.txt": "main\n" });
        await git(outer, "commit", "--quiet", "--all", "--message", "main");
        await assert.rejects(git(outer, "merge", "other"));
        assert.deepEqual(parseGitIndex(await indexOf(outer))?.below(""), [
            { path: ".gitmodules", type: "file" },
            { path: "both.txt", type: "file" },
            { path: "file.py", type: "file" },
            { path: "inner", type: "repository" },
            { path: "link.py", type: "link" },
            { path: "run.sh", type: "executable" },
        ]);
    });

    it("refuses what is cut short, damaged, split, or no index", async () => {
        await write(folder, { "a/b.py": "", "c.py": "" });
        await git(folder, "init", "--quiet");
        await git(folder, "add", "--all");
        const whole = await indexOf(folder);
        assert.notEqual(parseGitIndex(whole), undefined);
        for (let length = 0; length < whole.length; length += 1)
            assert.equal(parseGitIndex(whole.subarray(0, length)), undefined, `${length} bytes`);
        for (const [at, byte] of [
            [0, 0],
            [7, 9],
            [11, 200],
        ] as const) {
            const damaged = Buffer.from(whole);
            damaged[at] = byte;
            assert.equal(parseGitIndex(damaged), undefined, `byte ${at}`);
        }
        await git(folder, "update-index", "--split-index");
        assert.equal(parseGitIndex(await indexOf(folder)), undefined);
    });
});
