import { type ErrorCode, LayerError } from "../errors";
import type { ManifestFile, Position } from "./model";

/** Columns of a drawn line before it is cropped around the caret. */
const drawnWidth = 96;

/** Characters of a line, or of one text in a line, that no tool comes near; longer ones are refused before anything reads them. */
export const longestLine = 256 * 1024;

/**
 * Visits the lines of a file: number from 1, and where each starts and ends in the text.
 *
 * @throws LayerError MANIFEST_SYNTAX for a line of more than {@link longestLine} characters
 */
export function eachLine(
    { path, text }: Pick<ManifestFile, "path" | "text">,
    visit: (line: number, start: number, end: number) => void = () => undefined,
): void {
    let line = 1;
    for (let start = 0; start <= text.length; line += 1) {
        const found = text.indexOf("\n", start);
        const end = found === -1 ? text.length : found;
        if (end - start > longestLine) throw lineTooLong(path, line, end - start);
        visit(line, start, end);
        start = end + 1;
    }
}

/** The failure of a line of more than {@link longestLine} characters, which is not drawn. */
export function lineTooLong(file: string, line: number, length: number): LayerError {
    return errorAt({ file, line, column: 1 }, "", {
        what: `${file} has ${length} characters in one line, which no tool writes.`,
        next: "Write the file anew with its tool (`uv lock`, `poetry lock`, `uv pip compile`).",
    });
}

/**
 * The position of the `offset`th UTF-16 unit of `text`.
 *
 * Lines end at `\n`, `\r\n` or a lone `\r`; line and column count from 1.
 */
export function positionAt(file: string, text: string, offset: number): Position {
    let line = 1;
    let start = 0;
    for (const lineEnd of text.matchAll(/\r\n|\n|\r/g)) {
        const next = lineEnd.index + lineEnd[0].length;
        if (next > offset) {
            break;
        }
        line += 1;
        start = next;
    }
    return { file, line, column: offset - start + 1 };
}

/** `file:line:column`, as editors and terminals link it. */
export function formatPosition(position: Position): string {
    return `${position.file}:${position.line}:${position.column}`;
}

/**
 * The lines that show where `position` is in `text`: the line itself, cropped to the terminal's width, and a caret below.
 *
 * User info in addresses is drawn as asterisks and unprintable characters as `�`, so that what is drawn is always
 * safe to print. Empty when the text has no such line.
 */
export function drawLine(text: string, position: Position): string[] {
    const line = lineOf(text, position.line);
    if (line === undefined || line.trim() === "") {
        return [];
    }
    const safe = maskUserInfo(line.slice(0, 1_000_000)).replace(/\p{C}/gu, (character) =>
        character === "\t" ? " " : "�".repeat(character.length),
    );
    const caret = Math.min(Math.max(position.column - 1, 0), safe.length);
    const start = caret < drawnWidth - 8 ? 0 : caret - Math.floor(drawnWidth / 2);
    const number = `${position.line}: `;
    const before = start === 0 ? "" : "…";
    const after = start + drawnWidth < safe.length ? "…" : "";
    return [
        `${number}${before}${safe.slice(start, start + drawnWidth)}${after}`.trimEnd(),
        `${" ".repeat(number.length + before.length + caret - start)}^`,
    ];
}

/** What a manifest's error says beside its place. */
export interface ManifestFailure {
    readonly code?: ErrorCode;
    /** One sentence that names the file's content at fault. Ends with a full stop. */
    readonly what: string;
    readonly next: string | readonly string[];
    readonly cause?: unknown;
}

/**
 * An error at a place of a manifest, the line drawn under a caret; `MANIFEST_SYNTAX` unless the failure has a code.
 *
 * `text` is the whole text of the file that `position` names.
 */
export function errorAt(position: Position, text: string, failure: ManifestFailure): LayerError {
    return new LayerError(failure.code ?? "MANIFEST_SYNTAX", {
        what: failure.what,
        where: formatPosition(position),
        detail: drawLine(text, position),
        next: failure.next,
        property: "manifest",
        ...(failure.cause === undefined ? {} : { cause: failure.cause }),
    });
}

/** The text as a message may quote it: on one line, in backticks, cropped. */
export function quote(text: string): string {
    const line = maskUserInfo(text.slice(0, 400))
        .replace(/[\p{C}\s]+/gu, " ")
        .trim();
    return `\`${line.length > 80 ? `${line.slice(0, 79)}…` : line}\``;
}

function lineOf(text: string, number: number): string | undefined {
    let line = 1;
    let start = 0;
    for (const lineEnd of text.matchAll(/\r\n|\n|\r/g)) {
        if (line === number) {
            return text.slice(start, lineEnd.index);
        }
        line += 1;
        start = lineEnd.index + lineEnd[0].length;
    }
    return line === number ? text.slice(start) : undefined;
}

function maskUserInfo(line: string): string {
    return line.replace(/(?<=:\/\/)[^\s/"'@]{1,500}(?=@)/g, (userInfo) => "*".repeat(userInfo.length));
}
