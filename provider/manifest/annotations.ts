import { normalizeName } from "./name";

/**
 * The names that a compiled requirements.txt says were asked for directly, normalised: `uv pip compile` and `pip-compile` note
 * `# via -r requirements.in` or `# via app (pyproject.toml)` at their lines. Empty where no line has such a note.
 */
export function annotatedDirectNames(text: string): ReadonlySet<string> {
    const direct = new Set<string>();
    let name: string | undefined;
    for (const line of text.split("\n")) {
        const stated = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[|[=<>!~@])/.exec(line)?.[1];
        if (stated !== undefined) name = normalizeName(stated);
        const comment = /(?:^|\s)#(.*)$/.exec(line)?.[1];
        const isNote = /(?:^|[\s,])-r\s|\((?:pyproject\.toml|setup\.cfg|setup\.py)\)/.test(comment ?? "");
        if (name !== undefined && isNote) direct.add(name);
    }
    return direct;
}
