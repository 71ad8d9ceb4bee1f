import type { Doubt, LockedPackage, Manifest, ManifestFile, RequirementsOptions } from "../../model";
import { normalizeName } from "../../name";
import { isInPythonRange } from "../../pythonRange";
import { isName } from "../../requirement";
import { noOptions } from "../../requirementsOptions";
import {
    documentPlace,
    lookForNewer,
    optionalInteger,
    optionalString,
    optionalTable,
    type Place,
    requiredString,
    shapeError,
    tableKeys,
    tableList,
    unknownError,
} from "../../toml";
import { entryKey, type JsonDocument, parseJson } from "./jsonDocument";
import { lockedEntry, type PipfileSource } from "./pipfileEntry";

const next = "Run `pipenv lock` again; a merge or an edit by hand may have broken the file.";

/** The category that is always installed. */
export const mainCategory = "default";

/**
 * Understands a Pipfile.lock of specification 6: `default`, `develop` and categories of other names, each a group.
 *
 * Throws `MANIFEST_SYNTAX` at file, line and column for another specification and for what pipenv does not write.
 */
export function parsePipfileLock(file: ManifestFile): Manifest {
    const document = parseJson(file, next);
    const top = documentPlace(document);
    const meta = optionalTable(top, "_meta");
    if (meta === undefined) throw shapeError(top, "_meta", "is missing");
    const header = { ...meta, name: "_meta" };
    const version = optionalInteger(header, "pipfile-spec");
    if (version !== 6) {
        throw unknownError(
            header,
            "pipfile-spec",
            `is ${version ?? "missing"}, and only 6 is known`,
            lookForNewer,
        );
    }
    const sources = readSources(header);
    const doubts: Doubt[] = [];
    const categories = tableKeys(top).filter((key) => key !== "_meta");
    const packages = categories.flatMap((category) => readCategory(document, top, category, sources, doubts));
    const python = requiredPython(header);
    return {
        kind: "Pipfile.lock",
        path: file.path,
        packages,
        projects: [],
        ...(python === undefined ? {} : { requiresPython: python }),
        environments: [],
        groups: new Map(
            categories.map(normalizeName).flatMap((name) => (name === mainCategory ? [] : [[name, []]])),
        ),
        options: options(sources),
        conflicts: [],
        indexes: sources.map(({ url }) => url),
        doubts,
    };
}

function readSources(header: Place): readonly PipfileSource[] {
    return tableList(header, "sources").map((source) => ({
        name: optionalString(source, "name") ?? "",
        url: requiredString({ ...source, name: "a source" }, "url"),
        isVerified: source.table["verify_ssl"] !== false,
    }));
}

/** Pipenv locks for one Python, and leaves out what only others need. Lambda decides on the patch release. */
function requiredPython(header: Place): string | undefined {
    const requires = optionalTable(header, "requires");
    if (requires === undefined) return undefined;
    const place = { ...requires, name: "_meta.requires" };
    const [key, version] = (["python_full_version", "python_version"] as const)
        .map((name) => [name, optionalString(place, name)] as const)
        .find(([, text]) => text !== undefined && text !== "*") ?? ["python_version", undefined];
    if (version === undefined) return undefined;
    const minor = /^\d+\.\d+/.exec(version)?.[0];
    const range = minor === undefined ? (/^\d+$/.test(version) ? `==${version}.*` : version) : `==${minor}.*`;
    if (isInPythonRange("3", range) === undefined) throw shapeError(place, key, "is no version of Python");
    return range;
}

function options(sources: readonly PipfileSource[]): RequirementsOptions {
    const [first, ...others] = sources.map(({ url }) => url);
    const hosts = sources.flatMap(({ url, isVerified }) => (isVerified ? [] : (hostOf(url) ?? [])));
    return {
        ...noOptions(),
        ...(first === undefined ? {} : { indexUrl: first }),
        extraIndexUrls: others,
        trustedHosts: hosts,
    };
}

const hostOf = (url: string): string | undefined => /^https?:\/\/(?:[^/@]*@)?([^/?#]+)/i.exec(url)?.[1];

function readCategory(
    document: JsonDocument,
    top: Place,
    category: string,
    sources: readonly PipfileSource[],
    doubts: Doubt[],
): LockedPackage[] {
    const section = optionalTable(top, category);
    return tableKeys(section).map((written) => {
        const index = document.entries.get(entryKey(category, written)) ?? 0;
        const place = {
            ...top,
            ...section,
            name: `${category} package ${written.slice(0, 80)}`,
            package: index,
        };
        const entry = optionalTable(place, written);
        if (entry === undefined || !isName(written)) {
            throw shapeError(place, written, "does not begin with the name of a package");
        }
        const position = { file: document.file.path, line: document.packageLines[index] ?? 1, column: 1 };
        return lockedEntry(entry, { written, group: normalizeName(category), position, sources, doubts });
    });
}
