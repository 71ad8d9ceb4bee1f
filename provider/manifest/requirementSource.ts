import path from "node:path";
import { fileURLToPath } from "node:url";
import { isCommit } from "./gitSource";
import { slashed } from "./location";
import type { DistributionFile, Source } from "./model";
import { quote } from "./position";
import { archiveSuffix, parseExtras, type RequirementProblem } from "./requirement";
import { parseWheelName } from "./wheelTag";

/** What a requirement's address or path says. */
export interface LocatedSource {
    readonly source: Source;
    /** From a wheel's or sdist's file name, or `#egg=`; as written. */
    readonly name?: string;
    readonly version?: string;
    /** Of `#egg=name[extras]`, normalised. */
    readonly extras: readonly string[];
    /** `algorithm:hex` of the fragment. */
    readonly hash?: string;
    /** Absent for repositories and source trees. */
    readonly filename?: string;
    /** Why what is there can't be told from the text alone: one sentence, without a full stop. */
    readonly doubt?: string;
}

/**
 * Understands a requirement's location: an address of an archive, `git+…`, `file:…` or a path.
 *
 * Relative paths start from `folder`, the root manifest's absolute one, as installers that run there have it. Never throws.
 */
export function locateSource(
    location: string,
    folder: string,
    editable: boolean,
): LocatedSource | RequirementProblem {
    const [address = "", fragment = ""] = location.split("#", 2);
    const parameters = new URLSearchParams(fragment);
    const egg = /^([^[]*)(?:\[([^\]]*)\])?$/.exec(parameters.get("egg") ?? "");
    const common = {
        extras: parseExtras(egg?.[2] ?? "") ?? [],
        ...(egg?.[1] ? { name: egg[1] } : {}),
    };
    const subdirectory = parameters.get("subdirectory");
    const within = subdirectory ? { subdirectory } : {};
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase();
    if (scheme?.startsWith("git+")) {
        return { source: { ...gitSource(address.slice("git+".length)), ...within }, ...common };
    }
    if (scheme === "https" || scheme === "http") {
        const filename = fileNameOf(address.replace(/\?.*$/s, ""));
        const [algorithm, digest] =
            [...parameters].find(([key]) => /^(?:sha(?:1|224|256|384|512)|md5)$/.test(key)) ?? [];
        return {
            source: { type: "url", url: address, ...within },
            ...fromFileName(filename),
            ...common,
            ...(algorithm && digest ? { hash: `${algorithm}:${digest.toLowerCase()}` } : {}),
        };
    }
    if (scheme !== undefined && scheme !== "file") {
        return {
            problem: `${quote(location)} has a scheme that is not supported: use git+https, git+ssh, https or a path`,
            offset: 0,
        };
    }
    const local = localPath(address, folder);
    if (local === undefined) {
        return { problem: `${quote(location)} is no path of this machine`, offset: 0 };
    }
    const doubt = local.includes("${") ? { doubt: `${quote(location)} has a variable in its path` } : {};
    if (archiveSuffix.test(local)) {
        return {
            source: { type: "path", path: local },
            ...fromFileName(fileNameOf(local)),
            ...common,
            ...doubt,
        };
    }
    const source: Source = { type: "directory", path: local, editable, virtual: false };
    return { source, ...common, ...doubt };
}

/** The one file of a located source, with its hash where there is exactly one. */
export function distributionFiles(located: LocatedSource, hashes: readonly string[]): DistributionFile[] {
    const { source, filename } = located;
    if (filename === undefined) {
        return [];
    }
    const hash = hashes.length === 1 && hashes[0] !== undefined ? { hash: hashes[0] } : {};
    if (source.type === "url") {
        return [{ filename, url: source.url, ...hash }];
    }
    return source.type === "path" ? [{ filename, path: source.path, ...hash }] : [];
}

function gitSource(address: string): Source & { type: "git" } {
    const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(address)?.[0].length ?? 0;
    const at = address.lastIndexOf("@");
    const url = at < authority ? address : address.slice(0, at);
    const reference = at < authority ? "" : address.slice(at + 1);
    const commit = reference.toLowerCase();
    if (isCommit(commit)) {
        return { type: "git", url, commit };
    }
    return { type: "git", url, ...(reference === "" ? {} : { reference }) };
}

/** A path or `file:` address, relative to `folder`, with forward slashes; undefined for an address of another machine. */
function localPath(address: string, folder: string): string | undefined {
    let local = address;
    if (/^file:/i.test(address)) {
        if (address.includes("${")) {
            return address.replace(/^file:(?:\/\/)?/i, "");
        }
        if (/^file:\//i.test(address)) {
            try {
                local = fileURLToPath(address.replace(/^file:\/\/localhost\//i, "file:///"));
            } catch {
                return undefined;
            }
        } else {
            local = address.slice("file:".length);
        }
    } else if (address.includes("${")) {
        return address;
    }
    const relative = path.relative(folder, path.resolve(folder, slashed(local)));
    return relative === "" ? "." : slashed(relative);
}

function fileNameOf(location: string): string | undefined {
    const last = location.slice(location.lastIndexOf("/") + 1);
    if (!archiveSuffix.test(last)) {
        return undefined;
    }
    try {
        return decodeURIComponent(last);
    } catch {
        return last;
    }
}

function fromFileName(filename: string | undefined): { filename?: string; name?: string; version?: string } {
    if (filename === undefined) {
        return {};
    }
    const wheel = parseWheelName(filename);
    if (wheel !== undefined) {
        return { filename, name: wheel.name, version: wheel.version.replaceAll("_", "-") };
    }
    const sdist = /^(.+)-(\d[^-]*)$/.exec(filename.replace(archiveSuffix, ""));
    return sdist?.[1] && sdist[2] ? { filename, name: sdist[1], version: sdist[2] } : { filename };
}
