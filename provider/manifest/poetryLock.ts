import { isCommit } from "./gitSource";
import { slashed } from "./location";
import type { DistributionFile, Doubt, LockedPackage, Manifest, ManifestFile, Source } from "./model";
import { normalizeName } from "./name";
import { poetryDependencies, poetryExtras } from "./poetryRequirements";
import { quote } from "./position";
import {
    documentPlace,
    lookForNewer,
    optionalString,
    optionalTable,
    type Place,
    packagePosition,
    parseToml,
    requiredString,
    shapeError,
    stringList,
    tableList,
    unknownError,
} from "./toml";

const next = "Run `poetry lock` again; a merge or an edit by hand may have broken the file.";

/**
 * Understands a poetry.lock of lock-version 1.0 to 2.x.
 *
 * From 2.1 on the lock says itself which package each group needs, under which marker. Older ones do not: they are read,
 * with a doubt that says so. Throws `MANIFEST_SYNTAX` at file, line and column for lock-version 3 and for what poetry
 * does not write.
 */
export function parsePoetryLock(file: ManifestFile): Manifest {
    const document = parseToml(file, next);
    const top = documentPlace(document);
    const metadata = optionalTable(top, "metadata");
    if (metadata === undefined) {
        throw shapeError(top, "metadata", "is missing, which looks as if the file ended too early");
    }
    const { hasGroups, doubts } = readLockVersion({ ...metadata, name: "[metadata]" });
    const oldFiles = optionalTable(metadata, "files");
    const packages = tableList(top, "package").map((place, index) =>
        lockedPackage(place, index, hasGroups, oldFiles, doubts),
    );
    const requiresPython = optionalString(metadata, "python-versions");
    const contentHash = optionalString(metadata, "content-hash");
    return {
        kind: "poetry.lock",
        path: file.path,
        packages,
        projects: [],
        ...(requiresPython === undefined || requiresPython === "*" ? {} : { requiresPython }),
        ...(contentHash === undefined ? {} : { contentHash }),
        environments: [],
        extras: poetryExtras(optionalTable(top, "extras")),
        conflicts: [],
        indexes: [],
        doubts,
    };
}

function readLockVersion(metadata: Place): { hasGroups: boolean; doubts: Doubt[] } {
    const text = requiredString(metadata, "lock-version");
    const [, major = "", minor = ""] = /^(\d{1,4})\.(\d{1,4})$/.exec(text) ?? [];
    if (major !== "1" && major !== "2") {
        throw unknownError(
            metadata,
            "lock-version",
            `is ${text.slice(0, 20)}, and only 1.0 to 2.1 are known`,
            lookForNewer,
        );
    }
    const hasGroups = major === "2" && Number(minor) >= 1;
    const line = metadata.document.file.text
        .slice(0, metadata.document.file.text.search(/^lock-version\b/m))
        .split("\n").length;
    const position = { file: metadata.document.file.path, line, column: 1 };
    if (!hasGroups) {
        const reason = `A lock of version ${text} does not say which package belongs to which group`;
        return { hasGroups, doubts: [{ reason, position, next: "Run `poetry lock` with poetry 2." }] };
    }
    if (minor !== "1") {
        const reason = `Lock version ${text} is newer than this version of pulumi-lambda-layer knows`;
        return { hasGroups, doubts: [{ reason, position, next: "Look for a newer pulumi-lambda-layer." }] };
    }
    return { hasGroups, doubts: [] };
}

function lockedPackage(
    table: Place,
    index: number,
    hasGroups: boolean,
    oldFiles: Place | undefined,
    doubts: Doubt[],
): LockedPackage {
    const unnamed = { ...table, name: `package ${index + 1}`, package: index };
    const written = requiredString(unnamed, "name");
    const place = { ...unnamed, name: `package ${written}` };
    const name = normalizeName(written);
    const position = packagePosition(table.document, index);
    const source = readSource(place);
    if (source.type === "git" && source.commit === undefined) {
        doubts.push({
            reason: `${name} comes from a repository without a commit`,
            position,
            next: "Run `poetry lock` again, which writes the commit.",
        });
    }
    const marker = hasGroups ? undefined : optionalString(place, "marker");
    return {
        name,
        version: requiredString(place, "version"),
        source,
        requirements: poetryDependencies(place),
        extras: poetryExtras(optionalTable(place, "extras")),
        groups: new Map(),
        files: files(place, written, source, oldFiles),
        hashes: [],
        ...(marker === undefined ? {} : { marker }),
        ...(hasGroups ? { markersByGroup: markersByGroup(place) } : {}),
        position,
    };
}

/** `groups = ["main", "dev"]` with `markers` absent, one text for all groups, or a table with texts of some. */
function markersByGroup(place: Place): Map<string, string> {
    if (place.table["groups"] === undefined) {
        throw shapeError(place, "groups", "is missing");
    }
    const groups = stringList(place, "groups");
    const markers = place.table["markers"];
    if (typeof markers === "string") {
        return new Map(groups.map((group) => [normalizeName(group), markers]));
    }
    const byGroup = optionalTable(place, "markers");
    return new Map(
        groups.map((group) => [
            normalizeName(group),
            (byGroup && Object.hasOwn(byGroup.table, group) ? optionalString(byGroup, group) : undefined) ??
                "",
        ]),
    );
}

function readSource(place: Place): Source {
    const source = optionalTable(place, "source");
    if (source === undefined) {
        return { type: "registry" };
    }
    const type = requiredString(source, "type");
    const url = requiredString(source, "url");
    const subdirectory = optionalString(source, "subdirectory");
    const within = subdirectory === undefined ? {} : { subdirectory };
    switch (type) {
        case "legacy":
            return { type: "registry", index: url };
        case "git": {
            const commit = optionalString(source, "resolved_reference")?.toLowerCase() ?? "";
            const reference = optionalString(source, "reference");
            return {
                type: "git",
                url,
                ...(isCommit(commit) ? { commit } : {}),
                ...(reference ? { reference } : {}),
                ...within,
            };
        }
        case "url":
            return { type: "url", url, ...within };
        case "file":
            return { type: "path", path: slashed(url) };
        case "directory":
            return {
                type: "directory",
                path: slashed(url),
                editable: place.table["develop"] === true,
                virtual: false,
            };
        default:
            throw unknownError(place, "type", `is ${quote(type)}, an unknown kind of source`, lookForNewer);
    }
}

/** In the package (lock-version 2), or by package name in `[metadata.files]` (1.x). */
function files(
    place: Place,
    written: string,
    source: Source,
    oldFiles: Place | undefined,
): DistributionFile[] {
    const entries =
        place.table["files"] === undefined && oldFiles !== undefined
            ? tableList({ ...oldFiles, name: "[metadata.files]" }, written)
            : tableList(place, "files");
    return entries.map((entry) => {
        const filename = requiredString(entry, "file");
        const hash = optionalString(entry, "hash");
        if (hash !== undefined && !/^[a-z0-9]+:[0-9a-f]+$/i.test(hash)) {
            throw shapeError(entry, "hash", "is no hash");
        }
        return {
            filename,
            ...(source.type === "url" ? { url: source.url } : {}),
            ...(source.type === "path" ? { path: source.path } : {}),
            ...(hash === undefined ? {} : { hash }),
        };
    });
}
