import { parse, TomlError } from "smol-toml";
import type { ManifestFile, Position } from "./model";
import { eachLine, errorAt, longestLine, quote } from "./position";

/** A table of a TOML file, its values not looked at yet. */
export type Table = Readonly<Record<string, unknown>>;

/** A lock file as parsed, and what its errors need to find a place in it. */
export interface TomlDocument {
    readonly file: ManifestFile;
    readonly table: Table;
    /** Lines of the `[[package]]` headers in order, from 1. */
    readonly packageLines: readonly number[];
    /** What the user can do about a lock that is not as its tool writes it: `Run \`uv lock\` again.` */
    readonly next: string;
}

/** A table in a document, for reading its keys one by one. */
export interface Place {
    readonly document: TomlDocument;
    readonly table: Table;
    /** How messages call the table: `package numpy`, `[metadata]`. */
    readonly name: string;
    /** Which `[[package]]` the table is in, from 0. */
    readonly package?: number;
}

/** Parses a lock file's TOML. Throws `MANIFEST_SYNTAX` at file, line and column. */
export function parseToml(file: ManifestFile, next: string): TomlDocument {
    const packageLines = packageHeaders(file);
    try {
        // Depth: no lock nests more than five deep, and each level costs stack.
        const table = parse(file.text, { maxDepth: 100 });
        return { file, table, packageLines, next };
    } catch (error) {
        if (error instanceof TomlError) {
            const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document:\s*/, "");
            throw errorAt({ file: file.path, line: error.line, column: error.column }, file.text, {
                what: `${file.path} is not valid TOML: ${reason}.`,
                next,
                cause: error,
            });
        }
        throw errorAt({ file: file.path, line: 1, column: 1 }, "", {
            what: `${file.path} cannot be read as TOML: ${quote(String(error))}.`,
            next,
            cause: error,
        });
    }
}

/** The place of the document's top table. */
export const documentPlace = (document: TomlDocument): Place => ({
    document,
    table: document.table,
    name: "the file",
});

/** Where the `index`th `[[package]]` begins. */
export function packagePosition(document: TomlDocument, index: number): Position {
    return { file: document.file.path, line: document.packageLines[index] ?? 1, column: 1 };
}

/** An error about what a key of a place holds, at the key's line: the file is broken. */
export function shapeError(place: Place, key: string, problem: string): Error {
    const { file, next } = place.document;
    return errorAt(keyPosition(place, key), file.text, {
        what: `${file.path} is not as its tool writes it: ${quote(key)} of ${place.name} ${problem}.`,
        next,
    });
}

/** An error about what a key of a place holds, at the key's line: the file may be fine, and only unknown to us. */
export function unknownError(place: Place, key: string, problem: string, next: string): Error {
    const { file } = place.document;
    return errorAt(keyPosition(place, key), file.text, {
        what: `${file.path} cannot be understood: ${quote(key)} of ${place.name} ${problem}.`,
        next,
    });
}

/** The way out where a newer release may know more. */
export const lookForNewer = "Look for a newer version of pulumi-lambda-layer.";

/** The text of a key, absent where the key is. Like all readers here, throws `MANIFEST_SYNTAX` for another type. */
export function optionalString(place: Place, key: string): string | undefined {
    const value = place.table[key];
    if (value !== undefined && typeof value !== "string") {
        throw shapeError(place, key, "is not text");
    }
    return value === undefined ? undefined : notTooLong(place, key, value);
}

/** The text of a key that must be there and not be empty. */
export function requiredString(place: Place, key: string): string {
    const value = optionalString(place, key);
    if (value === undefined || value === "") {
        throw shapeError(place, key, "is missing");
    }
    return value;
}

/** The whole number of a key, from 0 to 2^53 - 1. */
export function optionalInteger(place: Place, key: string): number | undefined {
    const value = place.table[key];
    if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) {
        return value;
    }
    throw shapeError(place, key, "is not a whole number");
}

/** The texts of a list; a missing key is an empty list. */
export function stringList(place: Place, key: string): string[] {
    const value = list(place, key);
    if (!value.every((item) => typeof item === "string")) {
        throw shapeError(place, key, "is not a list of texts");
    }
    return value.map((text) => notTooLong(place, key, text));
}

/** The tables of a list, as places of the same package; a missing key is an empty list. */
export function tableList(place: Place, key: string): Place[] {
    return list(place, key).map((item) => inner(place, key, item));
}

/** The table of a key, as a place of the same package. */
export function optionalTable(place: Place, key: string): Place | undefined {
    const value = own(place.table, key);
    return value === undefined ? undefined : inner(place, key, value);
}

/** The keys of an optional table, with the place of the table. */
export function tableKeys(place: Place | undefined): string[] {
    return place === undefined ? [] : Object.keys(place.table);
}

/** Whether a value is a table, inline or not; dates are none. */
export function isTable(value: unknown): value is Table {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A text may go over several lines. */
function notTooLong(place: Place, key: string, text: string): string {
    if (text.length > longestLine) throw shapeError(place, key, "is longer than any tool writes it");
    return text;
}

function list(place: Place, key: string): unknown[] {
    const value = own(place.table, key);
    if (value === undefined) {
        return [];
    }
    if (!Array.isArray(value)) {
        throw shapeError(place, key, "is not a list");
    }
    return value;
}

function inner(place: Place, key: string, value: unknown): Place {
    if (!isTable(value)) {
        throw shapeError(place, key, "is not a table");
    }
    return { ...place, table: value };
}

/** Keys come from the file, where `constructor` is as good a name as any. */
function own(table: Table, key: string): unknown {
    return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Lines of the `[[package]]` headers. Throws for a line that is too long. */
function packageHeaders(file: ManifestFile): number[] {
    const { text } = file;
    const lines: number[] = [];
    eachLine(file, (line, start, end) => {
        if (
            text.startsWith("[[package]]", start) ||
            text.startsWith("[[packages]]", start) ||
            (text[start] !== undefined && " \t[".includes(text[start] ?? "") && isHeader(text, start, end))
        ) {
            lines.push(line);
        }
    });
    return lines;
}

function isHeader(text: string, start: number, end: number): boolean {
    const line = text.slice(start, Math.min(end, start + 80));
    return /^[ \t]*\[\[[ \t]*(?:packages?|distribution|"packages?")[ \t]*\]\]/.test(line);
}

/** Whether a line begins by setting the key: `key = …`, `key.inner = …`, `[package.key]`, or `"key": …` in JSON. */
function isSetIn(line: string, key: string): boolean {
    if (line.startsWith(`"${key}"`)) return /^\s*[:=]/.test(line.slice(key.length + 2));
    if (/^\[{1,2}packages?\./.test(line)) return line.replace(/^\[+packages?\./, "").startsWith(`${key}]`);
    return line.startsWith(key) && /^\s*[=.]/.test(line.slice(key.length));
}

/** The line where the place's package, or the whole file, sets the key; the best guess where it does not. */
function keyPosition(place: Place, key: string): Position {
    const { file, packageLines } = place.document;
    const from = place.package === undefined ? 1 : (packageLines[place.package] ?? 1);
    const to = place.package === undefined ? undefined : packageLines[place.package + 1];
    const lines = file.text.split("\n", to === undefined ? undefined : to - 1);
    for (let index = from - 1; index < lines.length; index += 1) {
        const line = lines[index] ?? "";
        const trimmed = line.trimStart();
        if (isSetIn(trimmed, key)) {
            return { file: file.path, line: index + 1, column: line.length - trimmed.length + 1 };
        }
    }
    return { file: file.path, line: from, column: 1 };
}
