import { createHash } from "node:crypto";
import { pythonJson } from "./pythonJson";
import { isTable, type Table } from "./toml";

/**
 * What `content-hash` of a poetry.lock may be when the lock was made from this `pyproject.toml`: poetry 2.3 took the dependency
 * groups in (PEP 735), before they were left out. Empty when the file holds what has no certain spelling as JSON.
 *
 * The hash is the SHA-256 of poetry's choice of tables as Python's `json.dumps(…, sort_keys=True)` writes it.
 */
export function poetryContentHashes(document: Table): readonly string[] {
    const texts = [relevant(document, true), relevant(document, false)].map((value) => pythonJson(value));
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
