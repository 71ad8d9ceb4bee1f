import type { Target } from "../target";
import { normalizeName } from "./name";
import { parseSpecifiers, parseVersion, satisfies } from "./version";

/** An environment marker (PEP 508), parsed. */
export type Marker =
    | { readonly type: "and" | "or"; readonly operands: readonly Marker[] }
    | {
          readonly type: "compare";
          readonly variable: string;
          readonly operator: string;
          readonly value: string;
      };

/** What a marker is evaluated against. */
export interface MarkerEnvironment {
    /** Values of PEP 508's variables; the ones that nobody can know before run time are absent. */
    readonly variables: ReadonlyMap<string, string>;
    /** Extras that are asked for, normalised; uv's encoded extras and groups among them (see {@link encodeExtra}). */
    readonly extras: Names;
    /** Groups that are asked for (PEP 751's `dependency_groups`), normalised; default none. */
    readonly groups?: Names;
    /** Extras that `!=` takes for asked for, while it is being found out which are; default {@link extras}. */
    readonly possibleExtras?: Names;
}

type Names = Pick<ReadonlySet<string>, "has">;

/** Variables whose values are versions, and compare as PEP 440 says. */
const versionVariables: ReadonlySet<string> = new Set([
    "python_version",
    "python_full_version",
    "implementation_version",
]);

/** The extra that is asked for (PEP 508), or all of them (PEP 751). */
const extraVariables: ReadonlySet<string> = new Set(["extra", "extras"]);

/** Brackets within brackets that are followed; no tool writes more, and each costs stack. */
const deepest = 200;

/** Names from before PEP 508 that are still found in old metadata. */
const oldNames: Readonly<Record<string, string>> = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    python_implementation: "platform_python_implementation",
};

const knownVariables: ReadonlySet<string> = new Set([
    ...versionVariables,
    ...extraVariables,
    ...[
        "dependency_groups",
        "os_name",
        "sys_platform",
        "platform_machine",
        "platform_python_implementation",
        "platform_release",
    ],
    ...["platform_system", "platform_version", "implementation_name"],
]);

/** The variables' values on Lambda. `platform_release` and `platform_version` name the host's kernel: nobody knows them. */
export function markerVariables(target: Target): ReadonlyMap<string, string> {
    return new Map([
        ["python_version", target.pythonVersion],
        ["python_full_version", target.pythonFullVersion],
        ["implementation_version", target.pythonFullVersion],
        ["implementation_name", "cpython"],
        ["platform_python_implementation", "CPython"],
        ["os_name", "posix"],
        ["sys_platform", "linux"],
        ["platform_system", "Linux"],
        ["platform_machine", target.machine],
    ]);
}

/**
 * How uv.lock writes "this extra of this package" into a marker, once extras conflict: the length keeps names with
 * hyphens apart. A marker `extra == 'extra-3-foo-cpu'` holds when extra `cpu` of package `foo` is active.
 */
export const encodeExtra = (name: string, extra: string): string => `extra-${name.length}-${name}-${extra}`;

/** What {@link encodeExtra} wrote, for people: `foo[cpu]`. */
export function decodeExtra(encoded: string): string {
    const [, length = "", rest = ""] = /^extra-(\d+)-(.*)$/.exec(encoded) ?? [];
    return `${rest.slice(0, Number(length))}[${rest.slice(Number(length) + 1)}]`;
}

/** As {@link encodeExtra}, for a dependency group: `group-3-foo-dev`. */
export const encodeGroup = (name: string, group: string): string => `group-${name.length}-${name}-${group}`;

/** As {@link encodeExtra}, for a project itself: `project-3-foo`. */
export const encodeProject = (name: string): string => `project-${name.length}-${name}`;

/** Parses an environment marker; undefined for what is none. */
export function parseMarker(text: string): Marker | undefined {
    const tokens = tokenize(text);
    if (tokens === undefined) return undefined;
    let position = 0;
    const take = (kind: string): string | undefined => {
        const token = tokens[position];
        if (token?.kind !== kind) return undefined;
        position += 1;
        return token.text;
    };
    let depth = 0;
    const chain = (type: "and" | "or", operand: () => Marker | undefined): Marker | undefined => {
        const operands: Marker[] = [];
        do {
            const next = operand();
            if (next === undefined) return undefined;
            operands.push(next);
        } while (take(type) !== undefined);
        return operands.length === 1 ? operands[0] : { type, operands };
    };
    const disjunction = (): Marker | undefined => chain("or", () => chain("and", comparison));
    const comparison = (): Marker | undefined => {
        if (take("(") !== undefined) {
            depth += 1;
            const inner = depth > deepest ? undefined : disjunction();
            depth -= 1;
            return take(")") === undefined ? undefined : inner;
        }
        const first = tokens[position++];
        const operator = take("operator");
        const second = tokens[position++];
        if (operator === undefined || first === undefined || second === undefined) return undefined;
        if (first.kind === "variable" && second.kind === "string")
            return { type: "compare", variable: first.text, operator, value: second.text };
        if (first.kind !== "string" || second.kind !== "variable") return undefined;
        return { type: "compare", variable: second.text, operator: mirrored(operator), value: first.text };
    };
    const marker = disjunction();
    return position === tokens.length ? marker : undefined;
}

/**
 * Whether a marker holds. Undefined when that depends on something that nobody can know before run time; it does not
 * where the rest of the marker decides alone (`platform_release >= '20' and sys_platform == 'darwin'` is false on Linux).
 */
export function evaluateMarker(marker: Marker, environment: MarkerEnvironment): boolean | undefined {
    if (marker.type === "compare")
        return evaluateComparison(marker.variable, marker.operator, marker.value, environment);
    const decisive = marker.type === "or";
    let isKnown = true;
    for (const operand of marker.operands) {
        const holds = evaluateMarker(operand, environment);
        if (holds === decisive) return decisive;
        isKnown &&= holds !== undefined;
    }
    return isKnown ? !decisive : undefined;
}

/** The names that a marker compares `extra` with, normalised. */
export function extrasOf(marker: Marker): string[] {
    if (marker.type !== "compare") return marker.operands.flatMap(extrasOf);
    return marker.variable === "extra" ? [normalizeName(marker.value)] : [];
}

function evaluateComparison(
    variable: string,
    operator: string,
    value: string,
    environment: MarkerEnvironment,
): boolean | undefined {
    if (extraVariables.has(variable)) {
        const { extras, possibleExtras = extras } = environment;
        const isNegated = operator === "!=" || operator.startsWith("not");
        return isNegated ? !possibleExtras.has(normalizeName(value)) : extras.has(normalizeName(value));
    }
    if (variable === "dependency_groups") {
        const isAsked = environment.groups?.has(normalizeName(value)) ?? false;
        return isAsked !== (operator === "!=" || operator.startsWith("not"));
    }
    const actual = environment.variables.get(variable);
    if (actual === undefined) return undefined;
    if (versionVariables.has(variable)) {
        const version = parseVersion(actual);
        const specifiers = parseSpecifiers(operator + value);
        if (version !== undefined && specifiers !== undefined) return satisfies(version, specifiers);
        if (version !== undefined && (operator === "in" || operator === "not in")) {
            const isListed = value
                .split(/[\s,|]+/)
                .filter((item) => item !== "")
                .some((item) =>
                    satisfies(version, parseSpecifiers(`==${item}`) ?? parseSpecifiers(`===${item}`) ?? []),
                );
            return isListed === (operator === "in");
        }
    }
    return compareText(actual, operator, value);
}

function compareText(actual: string, operator: string, value: string): boolean | undefined {
    switch (operator) {
        case "==":
        case "===":
            return actual === value;
        case "!=":
            return actual !== value;
        case "<":
            return actual < value;
        case "<=":
            return actual <= value;
        case ">":
            return actual > value;
        case ">=":
            return actual >= value;
        case "in":
            return value.includes(actual);
        case "not in":
            return !value.includes(actual);
        case "contains":
            return actual.includes(value);
        case "not contains":
            return !actual.includes(value);
        default:
            return undefined;
    }
}

/** The operator for swapped sides: `'3.9' <= python_version` is `python_version >= '3.9'`. */
function mirrored(operator: string): string {
    const pairs: Readonly<Record<string, string>> = {
        "<": ">",
        "<=": ">=",
        ">": "<",
        ">=": "<=",
        in: "contains",
        "not in": "not contains",
    };
    return pairs[operator] ?? operator;
}

interface Token {
    readonly kind: "string" | "variable" | "operator" | "and" | "or" | "(" | ")";
    readonly text: string;
}

const tokenPattern =
    /\s*(?:(?<string>'[^']*'|"[^"]*")|(?<operator>===|==|!=|<=|>=|~=|<|>|in\b|not\s+in\b)|(?<word>[A-Za-z_][\w.]*)|(?<bracket>[()]))\s*/y;

function tokenize(text: string): readonly Token[] | undefined {
    const tokens: Token[] = [];
    const pattern = new RegExp(tokenPattern);
    while (pattern.lastIndex < text.length) {
        const parts = pattern.exec(text)?.groups;
        if (parts === undefined) return undefined;
        const { string, operator, word, bracket } = parts;
        if (string !== undefined) tokens.push({ kind: "string", text: string.slice(1, -1) });
        else if (operator !== undefined)
            tokens.push({ kind: "operator", text: operator.replace(/\s+/, " ") });
        else if (bracket === "(" || bracket === ")") tokens.push({ kind: bracket, text: bracket });
        else if (word === "and" || word === "or") tokens.push({ kind: word, text: word });
        else {
            const variable = oldNames[word ?? ""] ?? word ?? "";
            if (!knownVariables.has(variable)) return undefined;
            tokens.push({ kind: "variable", text: variable });
        }
    }
    return tokens.length === 0 ? undefined : tokens;
}
