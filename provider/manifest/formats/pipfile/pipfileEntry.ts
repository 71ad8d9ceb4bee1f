import path from "node:path";
import { isCommit } from "../../gitSource";
import type { Doubt, LockedPackage, Position, Source } from "../../model";
import { normalizeName } from "../../name";
import { quote } from "../../position";
import { distributionFiles, locateSource } from "../../requirementSource";
import {
    lookForNewer,
    optionalString,
    type Place,
    requiredString,
    shapeError,
    stringList,
    unknownError,
} from "../../toml";
import { parseSpecifiers } from "../../version";

/** An index of `_meta.sources`. */
export interface PipfileSource {
    readonly name: string;
    readonly url: string;
    readonly isVerified: boolean;
}

/** What an entry is read with. */
interface Context {
    readonly written: string;
    readonly group: string;
    readonly position: Position;
    readonly sources: readonly PipfileSource[];
    readonly doubts: Doubt[];
}

/** Keys that are markers by themselves: `"sys_platform": "== 'win32'"`. */
const markerKeys = [
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
] as const;

const otherRepositories = ["hg", "svn", "bzr"] as const;

/** An entry of a category. */
export function lockedEntry(entry: Place, context: Context): LockedPackage {
    const { written, group, position } = context;
    const marker = markerOf(entry);
    const base = {
        name: normalizeName(written),
        requirements: [],
        extras: new Map(),
        groups: new Map(),
        markersByGroup: new Map([[group, marker]]),
        position,
    };
    const hashes = hashesOf(entry);
    for (const key of otherRepositories) {
        if (entry.table[key] !== undefined) {
            throw unknownError(
                entry,
                key,
                "names a repository, and only those of git are fetched",
                "Ask for a release of the package, or for an archive by its address.",
            );
        }
    }
    const git = optionalString(entry, "git");
    if (git !== undefined) return { ...base, ...repository(entry, git, context) };
    const location = optionalString(entry, "path") ?? optionalString(entry, "file");
    if (location !== undefined) return { ...base, ...located(entry, location, hashes, context) };
    const index = indexOf(entry, context);
    const source: Source = { type: "registry", ...(index === undefined ? {} : { index }) };
    return { ...base, ...versionOf(entry), source, files: [], hashes };
}

function versionOf(entry: Place): Pick<LockedPackage, "version" | "specifier"> {
    const text = requiredString(entry, "version").trim();
    // Pipenv leaves open what it could not resolve, such as a package for another system.
    if (text === "*") return {};
    const specifiers = parseSpecifiers(text);
    if (specifiers === undefined)
        throw shapeError(entry, "version", `is ${quote(text)}, which is no version`);
    const [only, ...others] = specifiers;
    const pin = /^===?\s*([^*\s]+)$/.exec(text)?.[1];
    return only !== undefined && others.length === 0 && pin !== undefined
        ? { version: pin, specifier: text }
        : { specifier: text };
}

function repository(
    entry: Place,
    address: string,
    { written, position, doubts }: Context,
): Pick<LockedPackage, "source" | "files" | "hashes"> {
    const reference = optionalString(entry, "ref");
    const subdirectory = optionalString(entry, "subdirectory");
    const commit = reference?.toLowerCase() ?? "";
    const isPinned = isCommit(commit);
    if (!isPinned) {
        doubts.push({
            reason: `${normalizeName(written)} comes from a repository without a commit`,
            position,
            next: "Run `pipenv lock` again, which writes the commit.",
        });
    }
    return {
        source: {
            type: "git",
            url: address.replace(/^git\+/, ""),
            ...(isPinned ? { commit } : reference ? { reference } : {}),
            ...(subdirectory ? { subdirectory } : {}),
        },
        files: [],
        hashes: [],
    };
}

function located(
    entry: Place,
    location: string,
    hashes: readonly string[],
    { written, position, doubts }: Context,
): Pick<LockedPackage, "source" | "files" | "hashes" | "version" | "unnamed"> {
    const key = entry.table["path"] === undefined ? "file" : "path";
    const folder = path.dirname(entry.document.file.absolutePath);
    const found = locateSource(location, folder, entry.table["editable"] === true);
    if ("problem" in found) {
        throw unknownError(entry, key, `is ${quote(location)}, which can't be used`, lookForNewer);
    }
    const { source, version, hash } = found;
    if (source.type === "git") {
        throw unknownError(entry, key, "names a repository", "Write it as `git` with a `ref`.");
    }
    if (found.doubt !== undefined) {
        doubts.push({ reason: found.doubt, position, next: "Write the path out." });
    }
    const subdirectory = optionalString(entry, "subdirectory");
    const accepted = [...new Set([...hashes, ...(hash === undefined ? [] : [hash])])].sort();
    return {
        source: source.type === "url" && subdirectory ? { ...source, subdirectory } : source,
        ...(version === undefined ? {} : { version }),
        // Before pipenv knew the names of folders, seven digits of a hash stood for them.
        ...(source.type === "directory" && /^[0-9a-f]{7}$/.test(written) ? { unnamed: true as const } : {}),
        files: distributionFiles(found, accepted),
        hashes: accepted,
    };
}

/** The address of the index that an entry names; pipenv takes what names none from the first. */
function indexOf(entry: Place, { sources }: Context): string | undefined {
    const name = optionalString(entry, "index");
    if (name === undefined) return sources[0]?.url;
    if (/^https?:\/\//i.test(name)) return name;
    const source = sources.find((each) => each.name === name);
    if (source === undefined) {
        throw shapeError(entry, "index", `is ${quote(name)}, which _meta.sources does not have`);
    }
    return source.url;
}

function markerOf(entry: Place): string {
    const whole = optionalString(entry, "markers");
    const parts = markerKeys.flatMap((key) => {
        const text = optionalString(entry, key);
        return text === undefined ? [] : [`${key} ${text}`];
    });
    const markers = [...(whole ? [whole] : []), ...parts];
    return markers.length < 2 ? (markers[0] ?? "") : markers.map((marker) => `(${marker})`).join(" and ");
}

function hashesOf(entry: Place): readonly string[] {
    const hashes = [...stringList(entry, "hashes"), ...[optionalString(entry, "hash") ?? []].flat()];
    if (hashes.some((hash) => !/^[a-z0-9]+:[0-9a-f]+$/i.test(hash))) {
        throw shapeError(entry, "hashes", "has a hash that is none");
    }
    return [...new Set(hashes.map((hash) => hash.toLowerCase()))].sort();
}
