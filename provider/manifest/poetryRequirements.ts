import type { Requirement } from "./model";
import { normalizeName } from "./name";
import { parseRequirement } from "./requirement";
import {
    isTable,
    optionalString,
    optionalTable,
    type Place,
    shapeError,
    stringList,
    tableKeys,
} from "./toml";

/** `[package.dependencies]`: a specifier, a table, or a list of either; optional ones belong to extras. */
export function poetryDependencies(place: Place): Requirement[] {
    const table = optionalTable(place, "dependencies");
    return tableKeys(table).flatMap((name) => {
        const value = table?.table[name];
        const alternatives: readonly unknown[] = Array.isArray(value) ? value : [value];
        return alternatives.flatMap((alternative): Requirement[] => {
            const base = { name: normalizeName(name), extras: [] };
            if (typeof alternative === "string") {
                return [alternative === "*" ? base : { ...base, specifier: alternative }];
            }
            if (!isTable(alternative)) {
                throw shapeError(place, name, "is no dependency");
            }
            const dependency = { ...place, table: alternative };
            const marker = optionalString(dependency, "markers");
            const specifier = optionalString(dependency, "version");
            const requirement = {
                ...base,
                extras: stringList(dependency, "extras").map(normalizeName),
                ...(marker === undefined ? {} : { marker }),
                ...(specifier === undefined || specifier === "*" ? {} : { specifier }),
            };
            return alternative["optional"] === true ? [] : [requirement];
        });
    });
}

/** `[package.extras]` and `[extras]`: PEP 508 texts by extra, extras normalised. */
export function poetryExtras(table: Place | undefined): Map<string, Requirement[]> {
    return new Map(
        tableKeys(table).map((extra) => [
            normalizeName(extra),
            table === undefined ? [] : stringList(table, extra).flatMap(statedRequirement),
        ]),
    );
}

/** What poetry copied from a package's metadata is not always PEP 508; nothing hangs on it, so the rest is left out. */
function statedRequirement(text: string): Requirement[] {
    const parsed = parseRequirement(text);
    if ("problem" in parsed || parsed.name === undefined) {
        return [];
    }
    return [
        {
            name: normalizeName(parsed.name),
            extras: parsed.extras,
            ...(parsed.marker === undefined ? {} : { marker: parsed.marker }),
            ...(parsed.specifier === undefined ? {} : { specifier: parsed.specifier }),
        },
    ];
}
