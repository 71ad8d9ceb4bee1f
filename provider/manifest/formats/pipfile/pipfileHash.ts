import { createHash } from "node:crypto";
import { pythonJson } from "../../pythonJson";
import { isTable, type Table } from "../../toml";

/** Sections that are packages under another name in the lock, or no packages. */
const named: Readonly<Record<string, string>> = { packages: "default", "dev-packages": "develop" };
const others: ReadonlySet<string> = new Set(["source", "requires", "scripts", "pipfile", "pipenv"]);

/**
 * What `_meta.hash` of a Pipfile.lock is when the lock was made from this Pipfile: the SHA-256 of its JSON as plette writes it
 * (`Pipfile.get_hash`). Undefined where the file leaves the index to pipenv's default, or holds what has no certain spelling as JSON.
 */
export function pipfileHash(document: Table): string | undefined {
    const { source, requires = {} } = document;
    if (!Array.isArray(source) || source.length === 0 || !isTable(requires)) return undefined;
    const categories = Object.entries(document).filter(([key]) => !others.has(key));
    const text = pythonJson(
        {
            _meta: { sources: source, requires },
            default: {},
            develop: {},
            ...Object.fromEntries(categories.map(([key, value]) => [named[key] ?? key, value])),
        },
        { comma: ",", colon: ":" },
    );
    return text === undefined ? undefined : createHash("sha256").update(text).digest("hex");
}
