import { parseMarker } from "./marker";
import { normalizeName } from "./name";
import { longestLine, quote } from "./position";
import { parseSpecifiers as parseClause } from "./version";

/** What one requirement of a requirements file says (PEP 508, and pip's bare addresses and paths). */
export interface RequirementText {
    /** As written; absent for a bare address or path. */
    readonly name?: string;
    /** Normalised. */
    readonly extras: readonly string[];
    /** PEP 440 specifiers without white space: `>=2,<3`. */
    readonly specifier?: string;
    /** The one version that the specifier allows, if it does: from `==2.31.0` or `===2.31.0`, not from `==2.*`. */
    readonly pin?: string;
    /** An address or path, as written: after `@`, or all there is. */
    readonly location?: string;
    /** PEP 508 marker text. */
    readonly marker?: string;
}

/** Why a text is no requirement. */
export interface RequirementProblem {
    /** One sentence, without a full stop. */
    readonly problem: string;
    /** In the text. */
    readonly offset: number;
}

/** Whether `name` can name a distribution, an extra or a group (PEP 508). */
export function isName(name: string): boolean {
    return /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name);
}

/** Archives that pip and uv install; a location that ends in one is a file, any other local one a source tree. */
export const archiveSuffix = /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tar\.zst|tar)$/i;

/** Reads one requirement. Takes time linear in the text; never throws. */
export function parseRequirement(text: string): RequirementText | RequirementProblem {
    if (text.length > longestLine) {
        return { problem: `A requirement of ${text.length} characters is none`, offset: 0 };
    }
    if (isBareLocation(text)) {
        return bareLocation(text);
    }
    const nameMatch = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*/.exec(text);
    const name = nameMatch?.[1] ?? "";
    if (nameMatch === null || !isName(name)) {
        return { problem: `${quote(text)} does not start with the name of a package`, offset: 0 };
    }
    let at = nameMatch[0].length;
    let extras: readonly string[] = [];
    if (text[at] === "[") {
        const end = text.indexOf("]", at);
        if (end === -1) {
            return { problem: `The extras of ${name} have no closing bracket`, offset: at };
        }
        const parsed = parseExtras(text.slice(at + 1, end));
        if (parsed === undefined) {
            return { problem: `${quote(text.slice(at, end + 1))} is no list of extras`, offset: at };
        }
        extras = parsed;
        at = skipSpace(text, end + 1);
    }
    if (text[at] === "@") {
        const start = skipSpace(text, at + 1);
        const location = /^\S+/.exec(text.slice(start))?.[0];
        if (location === undefined) {
            return { problem: `${name} has no address after @`, offset: at };
        }
        const rest = parseMarkerPart(text, start + location.length);
        return "problem" in rest ? rest : { name, extras, location, ...rest };
    }
    const specifiers = parseSpecifiers(text, at);
    if ("problem" in specifiers) {
        return specifiers;
    }
    const rest = parseMarkerPart(text, specifiers.end);
    if ("problem" in rest) {
        return rest;
    }
    const { specifier, pin } = specifiers;
    return {
        name,
        extras,
        ...(specifier === "" ? {} : { specifier }),
        ...(pin === undefined ? {} : { pin }),
        ...rest,
    };
}

function isBareLocation(text: string): boolean {
    const head = /^\s*([^\s;@[<>=!~]*)/.exec(text)?.[1] ?? "";
    return (
        /^[a-z][a-z0-9+.-]+:\/\//i.test(head) ||
        /^(?:file:|[.~\\/$]|[a-z]:[\\/])/i.test(head) ||
        /[\\/]/.test(head) ||
        archiveSuffix.test(head)
    );
}

function bareLocation(text: string): RequirementText | RequirementProblem {
    const start = skipSpace(text, 0);
    const end = /\s;|;\s/.exec(text.slice(start));
    const stop = end === null ? text.length : start + end.index;
    const rest = parseMarkerPart(text, stop);
    if ("problem" in rest) {
        return rest;
    }
    const written = text.slice(start, stop).trimEnd();
    const bracket = written.endsWith("]") ? written.lastIndexOf("[") : -1;
    if (bracket === -1) {
        return { extras: [], location: written, ...rest };
    }
    const extras = parseExtras(written.slice(bracket + 1, -1));
    if (extras === undefined) {
        return { problem: `${quote(written.slice(bracket))} is no list of extras`, offset: start + bracket };
    }
    return { extras, location: written.slice(0, bracket), ...rest };
}

/** Normalised extras of a comma-separated list; undefined when it is none. */
export function parseExtras(list: string): string[] | undefined {
    if (list.trim() === "") {
        return [];
    }
    const extras = list.split(",").map((extra) => extra.trim());
    return extras.every(isName) ? [...new Set(extras.map(normalizeName))] : undefined;
}

function parseSpecifiers(
    text: string,
    start: number,
): { specifier: string; pin: string | undefined; end: number } | RequirementProblem {
    const parenthesized = text[start] === "(";
    let at = skipSpace(text, parenthesized ? start + 1 : start);
    const clauses: string[] = [];
    let pin: string | undefined;
    const isEnd = () => at >= text.length || text[at] === ";" || text[at] === ")";
    while (!isEnd()) {
        const clause = /^(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;)]+)/.exec(text.slice(at, at + 1000));
        const [whole = "", operator = "", version = ""] = clause ?? [];
        if (clause === null || !isVersion(operator, version)) {
            return { problem: `${quote(text.slice(at))} is no version specifier`, offset: at };
        }
        clauses.push(operator + version);
        if (operator === "===" || (operator === "==" && !version.endsWith("*"))) {
            pin = version.includes("${") ? undefined : version;
        }
        at = skipSpace(text, at + whole.length);
        if (text[at] === ",") {
            at = skipSpace(text, at + 1);
        } else if (!isEnd()) {
            return { problem: `${quote(text.slice(at))} is not expected here`, offset: at };
        }
    }
    if (parenthesized) {
        if (text[at] !== ")") {
            return { problem: "A parenthesis is not closed", offset: start };
        }
        at += 1;
    }
    return { specifier: clauses.join(","), pin, end: at };
}

/** Whether the version can stand after the operator (PEP 440), variables included. */
function isVersion(operator: string, version: string): boolean {
    const withoutVariables = version.replace(/\$\{[A-Za-z0-9_]+\}/g, "0");
    return version.length <= 200 && parseClause(operator + withoutVariables) !== undefined;
}

/** The marker after a `;`, or nothing to the end of the text. */
function parseMarkerPart(text: string, start: number): { readonly marker?: string } | RequirementProblem {
    const at = skipSpace(text, start);
    if (at >= text.length) {
        return {};
    }
    if (text[at] !== ";") {
        return { problem: `${quote(text.slice(at))} is not expected here`, offset: at };
    }
    const marker = text.slice(at + 1).trim();
    if (marker === "") {
        return { problem: "There is no marker after the semicolon", offset: at };
    }
    if (parseMarker(marker) === undefined) {
        return { problem: `${quote(marker)} is no environment marker`, offset: skipSpace(text, at + 1) };
    }
    return { marker };
}

function skipSpace(text: string, start: number): number {
    let at = start;
    while (at < text.length && /\s/.test(text[at] ?? "")) {
        at += 1;
    }
    return at;
}
