import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";

/**
 * What a user reads in the output of `pulumi up` or `destroy`, the same after every run: what became of each resource,
 * sorted, since they are done at the same time, then the outputs and the counts.
 */
export function readable(output: string): string {
    const lines = output.split("\n").map((line) => line.trimEnd());
    const done = lines
        .flatMap((line) => {
            const [, sign, type, name, what] =
                /^ ([+~-]+) +(\S+) (\S+) ((?:created|updated|deleted)(?: replacement)?)\b/.exec(line) ?? [];
            return what === undefined ? [] : `${sign} ${type} ${name} ${what}`;
        })
        .sort();
    const from = lines.findIndex((line) => line === "Outputs:" || line === "Resources:");
    const to = lines.findIndex((line) => line.startsWith("Duration:"));
    return `${[...done, ...lines.slice(from, to)].join("\n").trimEnd()}\n`;
}

/** Versions that no pin decides move with time: in what is printed of `dependencies`, only the named packages keep theirs. */
export function maskVersions(text: string, pinned: readonly string[]): string {
    return text.replace(/^( +)([a-z0-9_.-]+)( *): "\d[^"]*"$/gm, (line, indent, name: string, space) =>
        pinned.includes(name) || name === "version" ? line : `${indent}${name}${space}: "…"`,
    );
}

/** Asserts that a committed text is this one; with UPDATE_EXPECTED set, writes it there instead. */
export async function assertExpected(path: string, text: string): Promise<void> {
    if (process.env["UPDATE_EXPECTED"] !== undefined) {
        await writeFile(path, text);
        return;
    }
    const expected = await readFile(path, "utf8").catch(() => "");
    assert.equal(
        text,
        expected,
        "Run UPDATE_EXPECTED=1 npm test -- examples install, and look at the change.",
    );
}
