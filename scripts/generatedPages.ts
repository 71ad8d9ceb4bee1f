import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ManifestKind, manifestKinds } from "../provider/manifest/model";
import { type Edit, edits, type Verdict } from "../test/engine/edits";
import { repository } from "./cacheFolder";
import { referencePage } from "./referencePage";

/** The pages of `docs/` that are generated, wholly or between two comments, by absolute path. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
    const docs = join(repository, "docs");
    const detection = join(docs, "change-detection.md");
    return new Map([
        [join(docs, "reference.md"), referencePage()],
        [detection, withTable(await readFile(detection, "utf8"), editTable())],
    ]);
}

const begin = "<!-- the table of edits: npm run docs -->";
const end = "<!-- end of the table -->";

function withTable(page: string, table: readonly string[]): string {
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from === -1 || to === -1)
        throw new Error("docs/change-detection.md has no place for the table of edits.");
    return `${page.slice(0, from)}${begin}\n${table.join("\n")}\n${page.slice(to)}`;
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
