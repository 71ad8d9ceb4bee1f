import type { Position } from "./model";
import { lineTooLong, longestLine } from "./position";
import { fillInLocal, type Variables } from "./variables";

/** A line of a requirements file once continuations are joined and the comment is gone. */
export interface LogicalLine {
    readonly text: string;
    /** Where in the file each piece of `text` begins: `offset` in `text`, `line` from 1, `column` from 1. */
    readonly pieces: readonly { readonly offset: number; readonly line: number }[];
}

/** One option of a line: `--hash=sha256:…`, `-r other.txt`. */
export interface LineOption {
    /** The long name without dashes: `requirement` for `-r`; as written where it is not known. */
    readonly name: string;
    /** Absent for a flag, and where the value is missing. */
    readonly value?: string;
    readonly known: boolean;
    /** Whether the option needs a value. */
    readonly takesValue: boolean;
    /** In the line's text. */
    readonly offset: number;
}

/** Options of requirements files (pip, "Requirements File Format"; uv's are a part of it): name → whether it takes a value. */
const optionNames: Readonly<Record<string, boolean>> = {
    "index-url": true,
    "extra-index-url": true,
    "find-links": true,
    "no-index": false,
    "only-binary": true,
    "no-binary": true,
    "prefer-binary": false,
    "require-hashes": false,
    pre: false,
    "trusted-host": true,
    "use-feature": true,
    requirement: true,
    constraint: true,
    editable: true,
    hash: true,
    "config-settings": true,
    "config-setting": true,
    "global-option": true,
};

const shortNames: Readonly<Record<string, string>> = {
    i: "index-url",
    f: "find-links",
    r: "requirement",
    c: "constraint",
    e: "editable",
    C: "config-settings",
};

/**
 * The lines of a requirements file as pip and uv see them, without blank ones: a backslash at the end continues a line, a line that is
 * a comment ends it, and a comment starts at the beginning or after white space.
 *
 * @throws LayerError MANIFEST_SYNTAX for a line that is longer than any tool writes
 */
export function logicalLines(
    file: string,
    text: string,
    variables: Variables = {},
    used?: (name: string) => void,
): LogicalLine[] {
    const lines: LogicalLine[] = [];
    let parts: string[] = [];
    let pieces: { offset: number; line: number }[] = [];
    let length = 0;
    const finish = () => {
        const joined = withoutComment(parts.join(""));
        if (joined.trim() !== "") {
            lines.push({ text: fillInLocal(joined, variables, used), pieces });
        }
        parts = [];
        pieces = [];
        length = 0;
    };
    const rawLines = text.split(/\r\n|\n|\r/);
    for (const [index, raw] of rawLines.entries()) {
        if (raw === "" && parts.length === 0) {
            continue;
        }
        const isComment = /^\s*#/.test(raw);
        const continues = raw.endsWith("\\") && !isComment;
        const part = isComment ? ` ${raw}` : continues ? raw.slice(0, -1) : raw;
        pieces.push({ offset: isComment ? length + 1 : length, line: index + 1 });
        parts.push(part);
        length += part.length;
        if (!isComment && length > longestLine) {
            throw lineTooLong(file, pieces[0]?.line ?? 1, length);
        }
        if (!continues) {
            finish();
        }
    }
    finish();
    return lines;
}

/** The place in the file of the `offset`th character of a line. */
export function positionInLine(file: string, line: LogicalLine, offset: number): Position {
    const piece = line.pieces.findLast((each) => each.offset <= offset) ?? { offset: 0, line: 1 };
    return { file, line: piece.line, column: Math.max(offset - piece.offset, 0) + 1 };
}

/**
 * Splits a line into the requirement at its start, if any, and the options after it. What follows `-e` is a requirement,
 * too: then `editable` is true.
 */
export function splitLine(text: string): {
    readonly requirement: string;
    /** Of the requirement, in the line's text. */
    readonly offset: number;
    readonly editable: boolean;
    readonly options: readonly LineOption[];
} {
    const editable = /^\s*(?:-e|--editable)(?:\s+|=\s*|(?=[^\s=-]))/.exec(text);
    const start = editable === null ? text.length - text.trimStart().length : editable[0].length;
    if (editable === null && text[start] === "-") {
        return { requirement: "", offset: start, editable: false, options: readOptions(text, start) };
    }
    const end = /\s--?[A-Za-z]/.exec(text.slice(start));
    const optionsStart = end === null ? text.length : start + end.index + 1;
    return {
        requirement: unquote(text.slice(start, optionsStart).trimEnd()),
        offset: start,
        editable: editable !== null,
        options: readOptions(text, optionsStart),
    };
}

/** The `-r` and `-c` lines of a requirements file, in order. */
export function requirementsIncludes(
    file: string,
    text: string,
    variables: Variables = {},
    used?: (name: string) => void,
): { readonly target: string; readonly constraint: boolean; readonly position: Position }[] {
    return logicalLines(file, text, variables, used).flatMap((line) =>
        splitLine(line.text).options.flatMap(({ name, value, offset }) =>
            value !== undefined && (name === "requirement" || name === "constraint")
                ? [
                      {
                          target: value,
                          constraint: name === "constraint",
                          position: positionInLine(file, line, offset),
                      },
                  ]
                : [],
        ),
    );
}

function readOptions(text: string, start: number): LineOption[] {
    const words = [...text.slice(start).matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*'|["'])+/g)].map((match) => ({
        text: match[0],
        offset: start + match.index,
    }));
    const options: LineOption[] = [];
    for (let index = 0; index < words.length; index += 1) {
        const word = words[index];
        if (word === undefined) {
            break;
        }
        const { name, attached } = splitOption(word.text);
        const takesValue = Object.hasOwn(optionNames, name) && optionNames[name] === true;
        let value = attached;
        if (takesValue && value === undefined) {
            index += 1;
            value = words[index]?.text;
        }
        options.push({
            name,
            known: Object.hasOwn(optionNames, name),
            takesValue,
            offset: word.offset,
            ...(value === undefined || value === "" ? {} : { value: unquote(value) }),
        });
    }
    return options;
}

/** `--name=value`, `--name`, `-n`, `-nvalue`. */
function splitOption(word: string): { name: string; attached: string | undefined } {
    const long = /^--([A-Za-z][A-Za-z-]*)(?:=(.*))?$/s.exec(word);
    if (long?.[1] !== undefined && Object.hasOwn(optionNames, long[1])) {
        return { name: long[1], attached: long[2] };
    }
    const short = shortNames[word.slice(1, 2)];
    if (word.startsWith("-") && short !== undefined) {
        return { name: short, attached: word.length > 2 ? word.slice(2).replace(/^=/, "") : undefined };
    }
    return { name: word, attached: undefined };
}

function unquote(text: string): string {
    const quoted = /^(["'])(.*)\1$/s.exec(text);
    return quoted?.[2] ?? text;
}

function withoutComment(line: string): string {
    const comment = /(?:^|\s)#/.exec(line);
    return comment === null ? line : line.slice(0, comment.index);
}
