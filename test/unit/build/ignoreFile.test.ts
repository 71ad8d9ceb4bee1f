import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { listFiles } from "../../../provider/build/sourceTree/listFiles";
import { rememberUnchanged } from "../../../provider/unchangedFile";
import { git, write } from "./checkout";

describe("files by names and .gitignore", function () {
    this.timeout(120_000);
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "ignore-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const segment = fc.constantFrom("a", "b", "ab", "a b", "b.c", "[a]", "a!", "#a");
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((names) => `${names.join("/")}.f`);
    const part = fc.constantFrom(
        ...[
            "a",
            "b",
            "ab",
            "a b",
            "*",
            "?",
            "**",
            "***",
            "/",
            "/",
            "[ab]",
            "[!a]",
            "[^b]",
            "[a-c]",
            "[]a]",
            "[[:alpha:]]",
        ],
        ...[
            "\\a",
            "\\*",
            "\\[",
            ".",
            ".f",
            "b.c",
            "!",
            "#",
            "[",
            "\\",
            " ",
            "{a,b}",
            "(a)",
            "+",
            "$",
            "[c-a]",
            "[b-a-c]",
            "[a-]",
            "[\\^-a]",
        ],
    );
    const line = fc
        .tuple(
            fc.constantFrom("", "", "", "!", "/", "**/", "\\!", "#"),
            fc.array(part, { maxLength: 5 }),
            fc.constantFrom("", "", "/", "/**", " ", "\\ ", "\r"),
        )
        .map(([start, parts, end]) => start + parts.join("") + end);
    const ignoreFile = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `${lines.join("\n")}\n`);

    it("are those that git would add, whatever the files say", async () => {
        let count = 0;
        await fc.assert(
            fc.asyncProperty(
                fc.uniqueArray(path, { minLength: 1, maxLength: 15 }),
                ignoreFile,
                fc.option(ignoreFile),
                async (paths, top, inner) => {
                    const place = join(folder, String(count++));
                    await write(place, Object.fromEntries(paths.map((each) => [each, ""])));
                    await write(place, { ".gitignore": top });
                    if (inner !== null) await write(place, { "a/.gitignore": inner });
                    await git(place, "init", "--quiet");
                    const added = await git(place, "ls-files", "-z", "--others", "--exclude-standard");
                    const { files } = await listFiles(
                        place,
                        place,
                        rememberUnchanged(),
                        new AbortController().signal,
                    );
                    assert.deepEqual(
                        files.map((file) => file.path),
                        added.split("\0").filter(Boolean).sort(),
                    );
                },
            ),
            { numRuns: 150 },
        );
    });
});
