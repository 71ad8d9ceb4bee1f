import path from "node:path";
import { isCommit } from "../../gitSource";
import { lastSegment, slashed } from "../../location";
import type { DistributionFile, LockedPackage, Source } from "../../model";
import { quote } from "../../position";
import {
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
import { parseVersion } from "../../version";
import { parseWheelName } from "../../wheelTag";

type Origin = Pick<LockedPackage, "source" | "files" | "version">;

const kinds = ["vcs", "directory", "archive"] as const;

/** Where a package of a pylock.toml comes from: a repository, a folder, an archive, or the files of an index. */
export function readOrigin(place: Place): Origin {
    const version = optionalString(place, "version");
    if (version !== undefined && parseVersion(version) === undefined) {
        throw shapeError(place, "version", "is no version");
    }
    const known = version === undefined ? {} : { version };
    const named = kinds.filter((kind) => place.table[kind] !== undefined);
    const hasFiles = place.table["wheels"] !== undefined || place.table["sdist"] !== undefined;
    const [kind, other = hasFiles ? "files of an index" : undefined] = named;
    if (kind !== undefined && other !== undefined) {
        throw shapeError(place, kind, `stands beside ${other}, and only one of them may`);
    }
    if (kind === undefined) return fromIndex(place, version);
    const table = within(place, kind);
    switch (kind) {
        case "vcs":
            return { ...known, source: repository(table), files: [] };
        case "directory":
            return { ...known, source: directory(table), files: [] };
        case "archive":
            return { ...known, ...archive(table) };
    }
}

function fromIndex(place: Place, stated: string | undefined): Origin {
    const index = optionalString(place, "index");
    const wheels = tableList(place, "wheels").map((wheel) =>
        file({ ...wheel, name: `a wheel of ${place.name}` }),
    );
    const sdist = optionalTable(place, "sdist");
    const files = [
        ...wheels,
        ...(sdist === undefined ? [] : [file({ ...sdist, name: `the sdist of ${place.name}` })]),
    ];
    if (files.length === 0) throw shapeError(place, "wheels", "is missing, and so is every other source");
    for (const { filename } of wheels) {
        if (parseWheelName(filename) === undefined) {
            throw shapeError(place, "wheels", `names ${quote(filename)}, which is no wheel`);
        }
    }
    const version = stated ?? parseWheelName(wheels[0]?.filename ?? "")?.version;
    if (version === undefined) throw shapeError(place, "version", "is missing");
    return { version, source: { type: "registry", ...(index === undefined ? {} : { index }) }, files };
}

function repository(place: Place): Source {
    const type = requiredString(place, "type");
    if (type !== "git") {
        throw unknownError(
            place,
            "type",
            `is ${quote(type)}, and only repositories of git are fetched`,
            "Lock a release of the package, or an archive by its address.",
        );
    }
    const url = optionalString(place, "url");
    if (url === undefined) {
        throw unknownError(
            place,
            "path",
            "names a repository of this machine",
            "Name the repository by its address, and lock again.",
        );
    }
    const commit = requiredString(place, "commit-id").toLowerCase();
    if (!isCommit(commit)) {
        throw shapeError(place, "commit-id", "is no full commit");
    }
    const reference = optionalString(place, "requested-revision");
    return {
        type: "git",
        url: url.replace(/^git\+/, ""),
        commit,
        ...(reference ? { reference } : {}),
        ...subdirectory(place),
    };
}

function directory(place: Place): Source {
    const folder = slashed(requiredString(place, "path"));
    const { subdirectory: inner = "." } = subdirectory(place);
    return {
        type: "directory",
        path: path.posix.join(folder, inner).replace(/(?<=.)\/$/, ""),
        editable: place.table["editable"] === true,
        virtual: false,
    };
}

function archive(place: Place): Pick<Origin, "source" | "files"> {
    const only = file(place);
    if (only.url === undefined) {
        return { source: { type: "path", path: only.path ?? "" }, files: [only] };
    }
    return { source: { type: "url", url: only.url, ...subdirectory(place) }, files: [only] };
}

/** An archive, a wheel or an sdist: an address or a path, and hashes. */
function file(place: Place): DistributionFile {
    const url = optionalString(place, "url");
    const local = optionalString(place, "path");
    if (!url && !local) throw shapeError(place, "url", "is missing");
    const filename = optionalString(place, "name") ?? lastSegment(url || slashed(local ?? ""));
    if (filename === "") throw shapeError(place, "name", "is missing");
    const size = optionalInteger(place, "size");
    const hash = bestHash(place);
    return {
        filename,
        ...(url ? { url } : { path: slashed(local ?? "") }),
        ...(hash === undefined ? {} : { hash }),
        ...(size === undefined ? {} : { size }),
    };
}

/** Of several hashes, the one that wheels are kept under, or else the longest. */
function bestHash(place: Place): string | undefined {
    const hashes = optionalTable(place, "hashes");
    const found = tableKeys(hashes).flatMap((algorithm) => {
        const digest = hashes && optionalString(hashes, algorithm);
        return digest === undefined ? [] : [`${algorithm.toLowerCase()}:${digest.toLowerCase()}`];
    });
    if (found.some((hash) => !/^[a-z0-9]+:[0-9a-f]+$/.test(hash))) {
        throw shapeError(place, "hashes", "has a hash that is none");
    }
    const [longest] = found.sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
    return found.find((hash) => hash.startsWith("sha256:")) ?? longest;
}

function subdirectory(place: Place): { readonly subdirectory?: string } {
    const inner = optionalString(place, "subdirectory");
    return inner ? { subdirectory: slashed(inner) } : {};
}

function within(place: Place, key: string): Place {
    const table = optionalTable(place, key);
    if (table === undefined) throw shapeError(place, key, "is missing");
    return { ...table, name: `${key} of ${place.name}` };
}
