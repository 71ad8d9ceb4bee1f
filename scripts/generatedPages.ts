import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { measuredPage, measuredSentences, measuredTable } from "../bench/measuredPage";
import type { Results } from "../bench/results";
import { type ManifestKind, manifestKinds } from "../provider/manifest/model";
import { type Edit, edits, type Verdict } from "../test/engine/edits";
import { repository } from "./cacheFolder";
import { referencePage } from "./referencePage";

/** The pages that are generated, wholly or between two comments, by absolute path. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
    const docs = join(repository, "docs");
    const detection = join(docs, "change-detection.md");
    const readme = join(repository, "README.md");
    const results: Results = JSON.parse(await readFile(join(repository, "bench", "results.json"), "utf8"));
    const measured = [
        ...measuredTable(results, "middle"),
        ...measuredSentences(results, "middle").flatMap((sentence) => ["", sentence]),
    ];
    return new Map([
        [join(docs, "reference.md"), referencePage()],
        [join(docs, "measured.md"), measuredPage(results)],
        [detection, withPart(await readFile(detection, "utf8"), "the table of edits", editTable())],
        [readme, withPart(await readFile(readme, "utf8"), "what was measured", measured)],
    ]);
}

/** A page with other lines between the comments of this name. */
function withPart(page: string, name: string, lines: readonly string[]): string {
    const begin = `<!-- ${name}: npm run docs -->`;
    const from = page.indexOf(begin);
    const to = page.indexOf("<!-- end -->", from);
    if (from === -1 || to === -1) throw new Error(`A page has no place for ${name}.`);
    return `${page.slice(0, from)}${begin}\n${lines.join("\n")}\n${page.slice(to)}`;
}

const words: Readonly<Record<Verdict, string>> = {
    nothing: "nothing",
    update: "update",
    replace: "**new version**",
};

/** The edits of the engine's test, as a table with the same verdicts. */
function editTable(): string[] {
    const rows: readonly Edit[] = Object.values(edits);
    const cell = ({ verdicts }: Edit, kind: ManifestKind) => {
        const verdict = verdicts[kind];
        return verdict === undefined ? "–" : words[verdict];
    };
    return [
        `| edit | ${manifestKinds.map((kind) => `\`${kind}\``).join(" | ")} |`,
        `|---|${manifestKinds.map(() => "---").join("|")}|`,
        ...rows.map(
            (row) =>
                `| ${row.title}${row.why === undefined ? "" : ` (${row.why})`} | ${manifestKinds.map((kind) => cell(row, kind)).join(" | ")} |`,
        ),
    ];
}
