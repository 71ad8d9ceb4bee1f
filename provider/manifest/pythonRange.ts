import { parseSpecifiers, parseVersion, type Specifier, satisfies } from "./version";

/**
 * Whether a Python version is in the range that a manifest was made for: PEP 440 specifiers as in `requires-python`, or
 * what poetry writes beside them (`^3.9`, `~3.9`, `3.9.*`, `*`, alternatives with `||`).
 *
 * Undefined when the range can't be understood.
 */
export function isInPythonRange(pythonFullVersion: string, range: string): boolean | undefined {
    const version = parseVersion(pythonFullVersion);
    const alternatives = range.split(/\|\|?/).map(parseAlternative);
    if (version === undefined || !alternatives.every((alternative) => alternative !== undefined))
        return undefined;
    return alternatives.some((alternative) => satisfies(version, alternative));
}

/** One alternative: clauses that must all hold, between commas or spaces. */
function parseAlternative(text: string): readonly Specifier[] | undefined {
    const clauses = text
        .replace(/(?<=[~^<>=!])\s+/g, "")
        .split(/[\s,]+/)
        .filter((clause) => clause !== "")
        .map(parseClause);
    return clauses.every((clause) => clause !== undefined) ? clauses.flat() : undefined;
}

function parseClause(clause: string): readonly Specifier[] | undefined {
    if (clause === "*") return [];
    const short = /^([~^]?)(\d[^*]*?)(\.\*)?$/.exec(clause);
    if (short === null) return parseSpecifiers(clause);
    const [, step, text = "", wildcard = ""] = short;
    const release = parseVersion(text)?.release;
    if (release === undefined) return undefined;
    if (step === "") return parseSpecifiers(`==${text}${wildcard}`);
    // `^` keeps the leftmost number that is not 0, `~` the minor one, or the major one where it stands alone.
    const firstNonZero = release.findIndex((number) => number !== 0n);
    const kept =
        step === "^"
            ? firstNonZero === -1
                ? release.length
                : firstNonZero + 1
            : Math.min(release.length, 2);
    const above = release.slice(0, kept).map((number, index) => (index === kept - 1 ? number + 1n : number));
    return parseSpecifiers(`>=${text},<${above.join(".")}`);
}
