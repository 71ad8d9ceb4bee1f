import type { ManifestFile } from "../../model";
import { eachLine, errorAt, positionAt } from "../../position";
import { isTable, type TomlDocument } from "../../toml";

/** A lock file in JSON, read as one in TOML is. */
export interface JsonDocument extends TomlDocument {
    /** Which of {@link TomlDocument.packageLines} an entry is, by section and key as in {@link entryKey}. */
    readonly entries: ReadonlyMap<string, number>;
}

/** Names an entry in the sections of a document. */
export const entryKey = (section: string, name: string): string => JSON.stringify([section, name]);

/** Levels that are followed; no lock nests more than five deep. */
const deepest = 100;

/**
 * Parses a JSON file whose top level are sections of named entries. Throws `MANIFEST_SYNTAX` at file, line and column.
 *
 * @param next what the user can do about a file that is not as its tool writes it
 */
export function parseJson(file: ManifestFile, next: string): JsonDocument {
    eachLine(file);
    const { path, text } = file;
    let table: unknown;
    try {
        table = JSON.parse(text);
    } catch (error) {
        const offset = placeOf(error, text);
        throw errorAt(positionAt(path, text, offset), text, {
            what: `${path} is not valid JSON.`,
            next,
            cause: error,
        });
    }
    const start = { file: path, line: 1, column: 1 };
    if (!isTable(table)) {
        throw errorAt(start, text, {
            what: `${path} is not as its tool writes it: it holds no object.`,
            next,
        });
    }
    const found = findEntries(text);
    if (found === undefined) {
        throw errorAt(start, "", { what: `${path} is nested deeper than any tool nests.`, next });
    }
    const keys = [...found.keys()];
    return {
        file,
        table,
        next,
        packageLines: [...found.values()],
        entries: new Map(keys.map((key, index) => [key, index])),
    };
}

/** The line of each entry by {@link entryKey}, in the order of the file; of a repeated one the last, which counts. */
function findEntries(text: string): Map<string, number> | undefined {
    const lines = new Map<string, number>();
    const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,\n]/g;
    const keys: string[] = [];
    let line = 1;
    let depth = 0;
    let last = "";
    for (const [found] of text.matchAll(token)) {
        if (found === "\n") line += 1;
        else if (found === "{" || found === "[") depth += 1;
        else if (found === "}" || found === "]") depth -= 1;
        else if (found.startsWith('"')) last = found;
        else if (found === ":" && depth <= 2) {
            keys[depth - 1] = keyText(last);
            if (depth === 2) {
                const key = entryKey(keys[0] ?? "", keys[1] ?? "");
                // Lines must ascend.
                lines.delete(key);
                lines.set(key, line);
            }
        }
        if (depth > deepest) return undefined;
    }
    return lines;
}

const keyText = (literal: string): string => {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" ? value : "";
};

/** Where the engine says that the text stops being JSON, else its end. */
function placeOf(error: unknown, text: string): number {
    const message = error instanceof Error ? error.message : "";
    const position = /at position (\d+)/.exec(message)?.[1];
    return position === undefined ? Math.max(text.trimEnd().length - 1, 0) : Number(position);
}
