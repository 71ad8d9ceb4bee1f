import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { repository } from "../../scripts/cacheFolder";

/** A fenced block of code in one of the pages. */
export interface CodeBlock {
    /** `docs/limits.md:12`: where its first line is. */
    readonly place: string;
    /** What follows the fence: `ts`, `sh`, `console`, `json`; empty for a block that is only shown. */
    readonly language: string;
    readonly text: string;
}

/** A page, as people read it in the repository. */
export interface Page {
    /** Relative to the repository. */
    readonly path: string;
    readonly text: string;
    readonly blocks: readonly CodeBlock[];
}

/** Every page that is written for people: those in the root, in `docs/`, and of the examples and the bench. */
export async function readPages(): Promise<Page[]> {
    const folders = ["docs", "examples", "bench"].map(async (folder) =>
        (await readdir(join(repository, folder), { recursive: true }).catch(() => []))
            .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
            .map((name) => join(repository, folder, name)),
    );
    const ofRoot = (await readdir(repository))
        .filter((name) => name.endsWith(".md"))
        .map((name) => join(repository, name));
    const paths = [...ofRoot, ...(await Promise.all(folders)).flat()].sort();
    return Promise.all(paths.map(readPage));
}

/** Reads one page. */
export async function readPage(path: string): Promise<Page> {
    const text = await readFile(path, "utf8");
    const place = relative(repository, path);
    return { path: place, text, blocks: codeBlocks(place, text) };
}

/** The fenced blocks of a page, those inside of lists without their indentation. */
export function codeBlocks(path: string, text: string): CodeBlock[] {
    const blocks: CodeBlock[] = [];
    const lines = text.split("\n");
    for (let at = 0; at < lines.length; at++) {
        const [, indent = "", language = ""] = /^( *)```(\S*)/.exec(lines[at] ?? "") ?? [];
        if (!/^ *```/.test(lines[at] ?? "")) continue;
        const start = at + 1;
        at = lines.findIndex((line, index) => index >= start && line.startsWith(`${indent}\`\`\``));
        if (at === -1) throw new Error(`${path}:${start} opens a block that nothing closes.`);
        const inside = lines.slice(start, at).map((line) => line.slice(indent.length));
        blocks.push({ place: `${path}:${start + 1}`, language, text: inside.join("\n") });
    }
    return blocks;
}
