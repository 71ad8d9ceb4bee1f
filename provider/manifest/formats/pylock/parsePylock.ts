import type { Doubt, LockedPackage, Manifest, ManifestFile } from "../../model";
import { normalizeName } from "../../name";
import { isInPythonRange } from "../../pythonRange";
import {
    documentPlace,
    lookForNewer,
    optionalString,
    type Place,
    packagePosition,
    parseToml,
    requiredString,
    shapeError,
    stringList,
    tableList,
    unknownError,
} from "../../toml";
import { readOrigin } from "./pylockOrigin";

const next = [
    "Write it anew with its tool: `uv export --format pylock.toml`, `pdm lock` or `pip lock`.",
    "A merge or an edit by hand may have broken the file.",
].join(" ");

/**
 * Understands a pylock.toml (PEP 751) of lock version 1.x. A minor version above 1.0 is read, with a doubt.
 *
 * Throws `MANIFEST_SYNTAX` at file, line and column for another major version, and for what the PEP does not allow.
 */
export function parsePylock(file: ManifestFile): Manifest {
    const document = parseToml(file, next);
    const top = documentPlace(document);
    const doubts: Doubt[] = lockVersion(top);
    requiredString(top, "created-by");
    if (document.table["packages"] === undefined) {
        throw shapeError(top, "packages", "is missing, which looks as if the file ended too early");
    }
    const requiresPython = pythonRange(top);
    const packages = tableList(top, "packages").map((place, index) => lockedPackage(place, index));
    const groups = stringList(top, "dependency-groups").map(normalizeName);
    const defaultGroups = stringList(top, "default-groups").map(normalizeName);
    const asEmpty = (names: readonly string[]) => new Map(names.map((name) => [name, []]));
    return {
        kind: "pylock.toml",
        path: file.path,
        packages,
        projects: [],
        ...(requiresPython === undefined ? {} : { requiresPython }),
        environments: stringList(top, "environments"),
        extras: asEmpty(stringList(top, "extras").map(normalizeName)),
        // A tool may leave its default groups out of the list of those to choose from.
        groups: asEmpty([...groups, ...defaultGroups]),
        defaultGroups,
        conflicts: [],
        indexes: [],
        doubts,
    };
}

function lockVersion(top: Place): Doubt[] {
    const version = requiredString(top, "lock-version");
    const [, major, minor] = /^(\d{1,4})\.(\d{1,4})$/.exec(version) ?? [];
    if (major !== "1") {
        throw unknownError(
            top,
            "lock-version",
            `is ${version.slice(0, 20)}, and only 1.0 is known`,
            lookForNewer,
        );
    }
    if (minor === "0") return [];
    const reason = `Lock version ${version} is newer than this version of pulumi-lambda-layer knows`;
    return [{ reason, next: "Look for a newer pulumi-lambda-layer." }];
}

function lockedPackage(table: Place, index: number): LockedPackage {
    const unnamed = { ...table, name: `package ${index + 1}`, package: index };
    const written = requiredString(unnamed, "name");
    const name = normalizeName(written);
    const place = { ...unnamed, name: `package ${written}` };
    const marker = optionalString(place, "marker");
    const requiresPython = pythonRange(place);
    const { source, files, version } = readOrigin(place);
    return {
        name,
        ...(version === undefined ? {} : { version }),
        source,
        requirements: [],
        extras: new Map(),
        groups: new Map(),
        files,
        hashes: [],
        ...(marker === undefined ? {} : { marker }),
        ...(requiresPython === undefined ? {} : { requiresPython }),
        position: packagePosition(table.document, index),
    };
}

function pythonRange(place: Place): string | undefined {
    const range = optionalString(place, "requires-python");
    if (range !== undefined && isInPythonRange("3", range) === undefined) {
        throw shapeError(place, "requires-python", "is no range of Pythons");
    }
    return range;
}
