import type { Doubt, LockedPackage, Manifest, ManifestFile, Requirement } from "./model";
import { normalizeName } from "./name";
import {
    documentPlace,
    lookForNewer,
    optionalInteger,
    optionalString,
    optionalTable,
    type Place,
    packagePosition,
    parseToml,
    requiredString,
    shapeError,
    stringList,
    tableKeys,
    tableList,
    unknownError,
} from "./toml";
import { distributionFile, readSource } from "./uvSource";

const next = "Run `uv lock` again; a merge or an edit by hand may have broken the file.";

/**
 * Understands a uv.lock of version 1, every revision: revisions only add what older readers may ignore (uv's
 * documentation, "Lockfile versioning"); before revision 0 there was `[[distribution]]`, which is read, too.
 *
 * Throws `MANIFEST_SYNTAX` at file, line and column for another version and for what uv does not write.
 */
export function parseUvLock(file: ManifestFile): Manifest {
    const document = parseToml(file, next);
    const top = documentPlace(document);
    refuseOtherVersions(top);
    const header = optionalTable(top, "manifest");
    const key = document.table["package"] === undefined ? "distribution" : "package";
    const doubts: Doubt[] = [];
    const packages = tableList(top, key).map((place, index) => lockedPackage(place, index, doubts));
    const members = header === undefined ? [] : stringList(header, "members").map(normalizeName);
    const root = packages.find(({ source }) => source.type === "directory" && source.path === ".")?.name;
    const requiresPython = optionalString(top, "requires-python");
    const resolutionMarkers = stringList(top, "resolution-markers");
    const groups = header && optionalTable(header, "dependency-groups");
    return {
        kind: "uv.lock",
        path: file.path,
        packages,
        // A single project without a workspace is no member: uv lists members only where there are several.
        projects: members.length > 0 ? members : root === undefined ? [] : [root],
        ...(root === undefined ? {} : { root }),
        ...(requiresPython === undefined ? {} : { requiresPython }),
        environments: stringList(top, "supported-markers"),
        ...(resolutionMarkers.length === 0 ? {} : { resolutionMarkers }),
        conflicts: conflicts(top),
        ...(groups === undefined ? {} : { groups: requirementsByKey(groups, declaredRequirement) }),
        ...(header === undefined ? {} : groupPythons(header)),
        indexes: [],
        doubts,
    };
}

function refuseOtherVersions(top: Place): void {
    const version = optionalInteger(top, "version");
    if (version === undefined) {
        throw shapeError(top, "version", "is missing");
    }
    optionalInteger(top, "revision");
    if (version !== 1) {
        throw unknownError(top, "version", `is ${version}, and only version 1 is known`, lookForNewer);
    }
}

function lockedPackage(table: Place, index: number, doubts: Doubt[]): LockedPackage {
    const unnamed = { ...table, name: `package ${index + 1}`, package: index };
    const written = requiredString(unnamed, "name");
    const place = { ...unnamed, name: `package ${written}` };
    const name = normalizeName(written);
    const version = optionalString(place, "version");
    const position = packagePosition(table.document, index);
    const source = readSource(place);
    if (source.type === "git" && source.commit === undefined) {
        doubts.push({
            reason: `${name} comes from a repository without a commit`,
            position,
            next: "Run `uv lock` again, which writes the commit.",
        });
    }
    const markers = stringList(place, "resolution-markers");
    const metadata = optionalTable(place, "metadata");
    const declared = metadata && tableList(metadata, "requires-dist").map(declaredRequirement);
    const isProject = source.type === "directory";
    return {
        name,
        ...(version === undefined ? {} : { version }),
        source,
        requirements: tableList(place, "dependencies").map(requirement),
        extras: new Map([
            ...(metadata === undefined ? [] : stringList(metadata, "provides-extras")).map(
                (extra): [string, Requirement[]] => [normalizeName(extra), []],
            ),
            ...requirementsByKey(optionalTable(place, "optional-dependencies"), requirement),
        ]),
        groups: new Map([
            ...tableKeys(metadata && groupsOf(metadata, "requires-dev")).map(
                (group): [string, Requirement[]] => [normalizeName(group), []],
            ),
            ...requirementsByKey(groupsOf(place, "dev-dependencies"), requirement),
        ]),
        ...groupPythons(place),
        ...(isProject && declared !== undefined ? { declared } : {}),
        files: [
            ...tableList(place, "wheels").map((wheel) => distributionFile(wheel, source)),
            ...[optionalTable(place, "sdist")].flatMap((sdist) =>
                sdist === undefined ? [] : [distributionFile(sdist, source)],
            ),
        ],
        hashes: [],
        ...(markers.length === 0 ? {} : { marker: anyOf(markers) }),
        position,
    };
}

/** uv writes them since revision 5. */
function groupPythons(place: Place): Pick<LockedPackage, "groupPythons"> {
    const ranges = optionalTable(place, "group-requires-python");
    if (ranges === undefined) return {};
    const byGroup = tableKeys(ranges).map((key): [string, string] => [
        normalizeName(key),
        requiredString(ranges, key),
    ]);
    return { groupPythons: new Map(byGroup) };
}

/** Early locks called the groups `dependency-groups`. */
const groupsOf = (place: Place, key: string): Place | undefined =>
    optionalTable(place, key) ?? optionalTable(place, "dependency-groups");

const anyOf = (markers: readonly string[]): string =>
    markers.length === 1 ? (markers[0] ?? "") : markers.map((marker) => `(${marker})`).join(" or ");

function requirementsByKey(
    place: Place | undefined,
    read: (place: Place) => Requirement,
): Map<string, Requirement[]> {
    return new Map(
        tableKeys(place).map((key) => [
            normalizeName(key),
            place === undefined ? [] : tableList(place, key).map(read),
        ]),
    );
}

/** An edge to a locked package: name, and version and source where several have the name. */
function requirement(place: Place): Requirement {
    const version = optionalString(place, "version");
    const marker = optionalString(place, "marker");
    return {
        name: normalizeName(requiredString(place, "name")),
        extras: extrasOf(place, "extra"),
        ...(marker === undefined ? {} : { marker }),
        ...(version === undefined ? {} : { version }),
        ...(place.table["source"] === undefined ? {} : { source: readSource(place) }),
    };
}

/** A requirement as a pyproject.toml has it. */
function declaredRequirement(place: Place): Requirement {
    const marker = optionalString(place, "marker");
    const specifier = optionalString(place, "specifier");
    return {
        name: normalizeName(requiredString(place, "name")),
        extras: extrasOf(place, "extras"),
        ...(marker === undefined ? {} : { marker }),
        ...(specifier === undefined ? {} : { specifier }),
    };
}

function extrasOf(place: Place, key: string): string[] {
    const value = place.table[key];
    return (typeof value === "string" ? [value] : stringList(place, key)).map(normalizeName);
}

function conflicts(top: Place): Manifest["conflicts"] {
    const sets = top.table["conflicts"];
    if (sets === undefined) {
        return [];
    }
    if (!Array.isArray(sets)) {
        throw shapeError(top, "conflicts", "is not a list");
    }
    return sets.map((set: unknown) =>
        tableList({ ...top, table: { conflicts: set } }, "conflicts").map((item) => {
            const extra = optionalString(item, "extra");
            const group = optionalString(item, "group");
            return {
                package: normalizeName(requiredString(item, "package")),
                ...(extra === undefined ? {} : { extra: normalizeName(extra) }),
                ...(group === undefined ? {} : { group: normalizeName(group) }),
            };
        }),
    );
}
