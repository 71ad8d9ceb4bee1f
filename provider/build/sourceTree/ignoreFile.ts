import { join } from "node:path";
import { readRegularFile } from "../../disk";

/** What one `.gitignore` says. */
export interface IgnoreFile {
    /**
     * Whether it ignores a path below its folder: true, false where it takes the path back in, undefined where it says nothing.
     *
     * @param path relative to the file's folder, with forward slashes; a path below an ignored folder is not asked for
     */
    readonly ignores: (path: string, isFolder: boolean) => boolean | undefined;
}

/** The `.gitignore` of a folder, undefined where there is none. As gitignore(5) has it. */
export async function readIgnoreFile(folder: string): Promise<IgnoreFile | undefined> {
    const bytes = await readRegularFile(join(folder, ".gitignore")).catch(() => undefined);
    return bytes === undefined ? undefined : parseIgnoreFile(bytes.toString("utf8"));
}

/** Parses the lines of a `.gitignore`. A pattern that can't be read fits nothing, as in git. */
export function parseIgnoreFile(text: string): IgnoreFile {
    const rules = text
        .replace(/^\ufeff/, "")
        .split("\n")
        .flatMap(parseLine)
        .reverse();
    return {
        ignores: (path, isFolder) =>
            rules.find((rule) => (isFolder || !rule.foldersOnly) && rule.pattern.test(path))?.ignores,
    };
}

interface Rule {
    readonly pattern: RegExp;
    readonly ignores: boolean;
    readonly foldersOnly: boolean;
}

function parseLine(line: string): Rule[] {
    // A space at the end counts only behind a backslash.
    let glob = line.replace(/\r$/, "").replace(/((?:^|[^\\])(?:\\\\)*) +$/, "$1");
    if (glob === "" || glob.startsWith("#")) return [];
    const ignores = !glob.startsWith("!");
    if (!ignores) glob = glob.slice(1);
    const foldersOnly = glob.endsWith("/");
    if (foldersOnly) glob = glob.slice(0, -1);
    // With a slash in it a pattern starts at the file's folder.
    const isAnchored = glob.includes("/");
    const body = toRegExp(glob.replace(/^\//, ""));
    if (glob === "" || body === undefined) return [];
    const pattern = new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${body}$`, "s");
    return [{ pattern, ignores, foldersOnly }];
}

/** The regular expression of git's wildmatch; undefined for a bracket or a backslash without its end. */
function toRegExp(glob: string): string | undefined {
    let pattern = "";
    for (let at = 0; at < glob.length; ) {
        const rest = glob.slice(at);
        const stars = /^\*+/.exec(rest)?.[0];
        const bracket = /^\[([!^]?)(\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*)\]/s.exec(rest);
        const isStart = at === 0 || glob[at - 1] === "/";
        if (stars !== undefined) {
            const after = glob[at + stars.length];
            if (stars.length > 1 && isStart && after === "/") {
                pattern += "(?:.*/)?";
                at += stars.length + 1;
            } else {
                pattern += stars.length > 1 && isStart && after === undefined ? ".+" : "[^/]*";
                at += stars.length;
            }
        } else if (rest.startsWith("?")) {
            pattern += "[^/]";
            at += 1;
        } else if (bracket !== null) {
            pattern += `(?!/)[${bracket[1] === "" ? "" : "^"}${bracketBody(bracket[2] ?? "")}]`;
            at += bracket[0].length;
        } else if (rest.startsWith("[") || rest === "\\") {
            return undefined;
        } else {
            const character = rest.startsWith("\\") ? rest.slice(1, 2) : rest.slice(0, 1);
            pattern += character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
            at += rest.startsWith("\\") ? 2 : 1;
        }
    }
    return pattern;
}

const classes: Readonly<Record<string, string>> = {
    alnum: "A-Za-z0-9",
    alpha: "A-Za-z",
    blank: " \\t",
    digit: "0-9",
    lower: "a-z",
    punct: "!-\\/:-@\\[-`{-~",
    space: "\\s",
    upper: "A-Z",
    xdigit: "A-Fa-f0-9",
};

/** The inside of a bracket. A range that runs backwards is its first character, as in git. */
const bracketBody = (body: string): string =>
    body.replace(
        /\[:([a-z]+):\]|(\\.|[^\\])(?:-(\\.|[^\\]))?/gs,
        (_match, name?: string, from = "", to?: string) => {
            if (name !== undefined) return classes[name] ?? "";
            const [first, last] = [characterIn(from), to === undefined ? undefined : characterIn(to)];
            return last === undefined || last < first ? quoted(first) : `${quoted(first)}-${quoted(last)}`;
        },
    );

const characterIn = (text: string): string => (text.length > 1 ? text.slice(1) : text);

const quoted = (character: string): string => (/[\]^[\\-]/.test(character) ? `\\${character}` : character);
