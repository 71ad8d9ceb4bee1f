import { createHash } from "node:crypto";
import { isTable, type Table } from "./toml";

/**
 * What `content-hash` of a poetry.lock may be when the lock was made from this `pyproject.toml`: poetry 2.3 took the dependency
 * groups in (PEP 735), before they were left out. Empty when the file holds what has no certain spelling as JSON.
 *
 * The hash is the SHA-256 of poetry's choice of tables as Python's `json.dumps(…, sort_keys=True)` writes it.
 */
export function poetryContentHashes(document: Table): readonly string[] {
    const texts = [relevant(document, true), relevant(document, false)].map(pythonJson);
    return texts.flatMap((text) =>
        text === undefined ? [] : [createHash("sha256").update(text).digest("hex")],
    );
}

const projectKeys = ["requires-python", "dependencies", "optional-dependencies"] as const;
/** Counted as null where they are missing, unless the project has tables of the newer standards. */
const legacyKeys = ["dependencies", "source", "extras", "dev-dependencies"] as const;

function relevant(document: Table, withGroups: boolean): unknown {
    const [project, groups] = [tableAt(document, "project"), tableAt(document, "dependency-groups")];
    const poetry = tableAt(tableAt(document, "tool"), "poetry");
    const ofProject = pick(project, projectKeys);
    const hasGroups = withGroups && Object.keys(groups).length > 0;
    const isStandard = Object.keys(ofProject).length > 0 || hasGroups;
    const ofPoetry = {
        ...(isStandard ? {} : Object.fromEntries(legacyKeys.map((key) => [key, null]))),
        ...pick(poetry, [...legacyKeys, "group"]),
    };
    if (!isStandard) return ofPoetry;
    return {
        ...(Object.keys(ofProject).length === 0 ? {} : { project: ofProject }),
        ...(hasGroups ? { "dependency-groups": groups } : {}),
        tool: { poetry: ofPoetry },
    };
}

const pick = (table: Table, keys: readonly string[]): Table =>
    Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(table, key) ? [[key, table[key]]] : [])));

function tableAt(table: Table, key: string): Table {
    const value = Object.hasOwn(table, key) ? table[key] : undefined;
    return isTable(value) ? value : {};
}

/** A value as Python's json module writes it by default; undefined for numbers with a fraction, dates and the like. */
function pythonJson(value: unknown): string | undefined {
    if (typeof value === "string") {
        return JSON.stringify(value).replace(
            /[\u007f-\uffff]/g,
            (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
    }
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
    if (Array.isArray(value)) {
        const items = value.map(pythonJson);
        return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
    }
    if (!isTable(value)) return undefined;
    const entries = Object.entries(value)
        .sort(([left], [right]) => byCodePoint(left, right))
        .map(([key, item]) => [pythonJson(key), pythonJson(item)] as const);
    return entries.some(([, item]) => item === undefined)
        ? undefined
        : `{${entries.map(([key, item]) => `${key}: ${item}`).join(", ")}}`;
}

const byCodePoint = (left: string, right: string): number =>
    Buffer.compare(Buffer.from(left), Buffer.from(right));
