import assert from "node:assert/strict";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { repository } from "../../scripts/cacheFolder";
import { readPage } from "../docs/markdown";

/**
 * Asserts that Pulumi printed every line of the README's blocks that match a pattern, but for what differs from project to
 * project and from run to run: names, versions, hashes, numbers, and the room between columns.
 */
export async function assertShownAsInReadme(blocks: RegExp, printed: string): Promise<void> {
    const { blocks: all } = await readPage(join(repository, "README.md"));
    const shown = all.filter(({ language, text }) => language === "" && blocks.test(text));
    assert.ok(shown.length > 0, "the README has no such block");
    const lines = new Set(settledLines(printed));
    const missing = shown.flatMap(({ text }) => settledLines(text)).filter((line) => !lines.has(line));
    assert.deepEqual(missing, []);
}

const settledLines = (text: string): string[] =>
    stripVTControlCharacters(text)
        .split(/[\r\n]+/)
        .map((line) =>
            line
                .replace(/arn:\S+:layer:[^\s\]]+/, "<arn>")
                .replace(/"[0-9a-f]{32}"/g, "<md5>")
                .replace(/~ [a-z\d-]+: "[^"]+" => "[^"]+"/, "~ <package>")
                .replace(/\S+-dev\b/, "<stack>")
                .replace(/\d+(\.\d+)?/g, "#")
                .replace(/(\(#s\))\.+/, "$1")
                .replace(/\s+/g, " ")
                .replace(/ (?=: [{"[])/, "")
                .trim(),
        )
        .filter((line) => line !== "" && line !== "…");
