import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";

/**
 * The declarations that a program can reach from a package's entry points, one file after the other, without comments:
 * what changes in it changes the public interface.
 *
 * `folder` is where the declarations are (`lib`), `entries` are paths below it. The text ends with a line break.
 */
export async function apiReport(folder: string, entries: readonly string[]): Promise<string> {
    const texts = new Map<string, string>();
    const due = [...entries];
    for (let path = due.shift(); path !== undefined; path = due.shift()) {
        if (texts.has(path)) {
            continue;
        }
        const text = withoutComments(await readFile(join(folder, path), "utf8"));
        texts.set(path, text);
        for (const [, specifier = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
            due.push(`${posix.join(posix.dirname(path), specifier)}.d.ts`);
        }
    }
    const sections = [...texts]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([path, text]) => `// ${path}\n${text}`);
    return `${sections.join("\n")}`;
}

/** Declarations hold no text in which these could stand for anything else. */
const withoutComments = (text: string): string =>
    text
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "" && !line.startsWith("//"))
        .join("\n")
        .concat("\n");

/** The package's entry points, below its `lib`. */
export const entryPoints = ["index.d.ts", "provider.d.ts"];

/** Where the checkout keeps the report. */
export const apiReportPath = (checkout: string): string => join(checkout, "etc", "public-api.txt");
