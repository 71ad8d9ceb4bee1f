import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { repository } from "../../scripts/cacheFolder";
import { type Page, readPage } from "./markdown";

describe("docs/troubleshooting.md", function () {
    this.timeout(60_000);
    let page: Page;
    before(async () => {
        page = await readPage(join(repository, "docs", "troubleshooting.md"));
    });

    it("has an entry for every error code, and for none that there is not", async () => {
        const source = await readFile(join(repository, "provider", "errors.ts"), "utf8");
        const codes = [...source.matchAll(/^ {4}\| "([A-Z_]+)"/gm)].map(([, code]) => code);
        const entries = [...page.text.matchAll(/^### ([A-Z_]+)$/gm)].map(([, code]) => code);
        assert.deepEqual(entries, codes);
    });

    it("shows a message of every code", () => {
        for (const entry of page.text.split(/^### /m).slice(1)) {
            const [code = ""] = entry.split("\n");
            assert.match(entry, new RegExp(`^\`\`\`\n(?:.*\n)*?.*\\b${code}: `, "m"), code);
        }
    });

    it("shows messages that the code has, word for word", async () => {
        const sentences = await templates();
        const unknown = page.blocks
            .filter(({ language }) => language === "")
            .flatMap(({ text, place }) =>
                text
                    .split("\n")
                    .filter((line) => /^[A-Z_]+: |^ {2}→ /.test(line))
                    .filter((line) => {
                        const sentence = line.replace(/^[A-Z_]+: |^ {2}→ /, "");
                        return !sentences.some((each) => each.test(sentence) || each.test(line));
                    })
                    .map((line) => `${place}: ${line}`),
            );
        assert.deepEqual(unknown, []);
    });
});

/** Every text of the package as a pattern, in which anything may stand where the text has a value. */
async function templates(): Promise<RegExp[]> {
    const names = await readdir(join(repository, "provider"), { recursive: true });
    const patterns: RegExp[] = [];
    for (const name of names.filter((each) => each.endsWith(".ts"))) {
        const path = join(repository, "provider", name);
        const source = ts.createSourceFile(path, await readFile(path, "utf8"), ts.ScriptTarget.ES2022, true);
        const visit = (node: ts.Node): void => {
            const parts = textParts(node);
            // Too short a text would fit anything.
            if (parts !== undefined && parts.join("").length > 12) {
                patterns.push(new RegExp(`^${parts.map(literally).join(".*")}$`, "s"));
            }
            ts.forEachChild(node, visit);
        };
        visit(source);
    }
    return patterns;
}

/** The fixed parts of a text, with a value between each two; of a concatenation too. */
function textParts(node: ts.Node): string[] | undefined {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
    if (ts.isTemplateExpression(node)) {
        return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
        const [left, right] = [textParts(node.left), textParts(node.right)];
        if (left === undefined || right === undefined) return undefined;
        return [...left.slice(0, -1), `${left.at(-1)}${right[0]}`, ...right.slice(1)];
    }
    return undefined;
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
