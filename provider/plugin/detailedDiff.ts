import { type Props, sameValue } from "../props";

/** How a property differs: the beginnings of the names of Pulumi's `PropertyDiff.Kind`. */
export type Difference = "ADD" | "DELETE" | "UPDATE";

/**
 * Every input that differs, by its path: `description`, and `dependencies.pydantic` or `dependencies["zope.interface"]` where a
 * map has another member. The engine prints each with its old and its new value.
 */
export function differences(olds: Props, news: Props): ReadonlyMap<string, Difference> {
    const found = new Map<string, Difference>();
    for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
        // The engine's and our own, which the engine shows nowhere else either.
        if (!name.startsWith("__")) {
            addDifferences(found, pathOf("", name), olds[name], news[name]);
        }
    }
    return found;
}

function addDifferences(found: Map<string, Difference>, path: string, before: unknown, after: unknown): void {
    if (isMap(before) && isMap(after)) {
        for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
            addDifferences(found, pathOf(path, name), before[name], after[name]);
        }
    } else if (!sameValue(before, after)) {
        found.set(path, before === undefined ? "ADD" : after === undefined ? "DELETE" : "UPDATE");
    }
}

const isMap = (value: unknown): value is Props =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** A path as the engine reads it: `a.b`, or `a["b.c"]` for a name that a dot can't lead to. */
function pathOf(parent: string, name: string): string {
    if (!/^[\w$-]+$/.test(name)) {
        return `${parent}[${JSON.stringify(name)}]`;
    }
    return parent === "" ? name : `${parent}.${name}`;
}
