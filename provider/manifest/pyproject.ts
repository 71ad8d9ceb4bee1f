import path from "node:path";
import { parse } from "smol-toml";
import { readRegularFile } from "../disk";
import { normalizeName } from "./name";
import { parseRequirement } from "./requirement";

/**
 * What the `pyproject.toml` of a folder asks for directly, in any group or extra, by normalised name; undefined when there is
 * none that can be read. A poetry.lock does not tell it.
 */
export async function readDirectNames(folder: string): Promise<ReadonlySet<string> | undefined> {
    const text = await readText(path.join(folder, "pyproject.toml"));
    if (text === undefined) return undefined;
    try {
        return directNames(parse(text));
    } catch {
        return undefined;
    }
}

/**
 * The indexes that the `pyproject.toml` of a folder has names for (`[[tool.uv.index]]`, `[[tool.poetry.source]]`); a lock has
 * their addresses only, while credentials in the environment go by name. Empty when there is none that can be read.
 */
export async function readIndexNames(
    folder: string,
): Promise<readonly { readonly name: string; readonly url: string }[]> {
    const text = await readText(path.join(folder, "pyproject.toml"));
    if (text === undefined) return [];
    try {
        const document: unknown = parse(text);
        const entries = [
            at(document, "tool", "uv", "index"),
            at(document, "tool", "poetry", "source"),
        ].flat();
        return entries.flatMap((entry) => {
            const [name, url] = [at(entry, "name"), at(entry, "url")];
            return typeof name === "string" && typeof url === "string" ? [{ name, url }] : [];
        });
    } catch {
        return [];
    }
}

const readText = async (file: string): Promise<string | undefined> =>
    (await readRegularFile(file).catch(() => undefined))?.toString("utf8");

/** PEP 621's and PEP 735's lists, and poetry's own tables. */
function directNames(document: unknown): ReadonlySet<string> {
    const poetry = at(document, "tool", "poetry");
    const stated = [
        at(document, "project", "dependencies"),
        ...members(at(document, "project", "optional-dependencies")),
        ...members(at(document, "dependency-groups")),
    ].flatMap((list) => (Array.isArray(list) ? list : []));
    const tables = [
        at(poetry, "dependencies"),
        at(poetry, "dev-dependencies"),
        ...members(at(poetry, "group")).map((group) => at(group, "dependencies")),
    ];
    const fromTables = tables.flatMap((table) => Object.keys(asTable(table)));
    const fromLists = stated.flatMap((item) => {
        const parsed = typeof item === "string" ? parseRequirement(item) : undefined;
        return parsed !== undefined && "name" in parsed && parsed.name !== undefined ? [parsed.name] : [];
    });
    return new Set([...fromTables, ...fromLists].map(normalizeName));
}

const asTable = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : {};

const members = (value: unknown): unknown[] => Object.values(asTable(value));

const at = (value: unknown, ...keys: readonly string[]): unknown =>
    keys.reduce((inner, key) => asTable(inner)[key], value);
