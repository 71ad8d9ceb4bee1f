import { type Architecture, describeTarget, pythonVersions, type Target, targetFor } from "../target";
import type { DistributionFile, LockedPackage } from "./model";
import { bestWheel, parseWheelName, type TagRanks, tagRanks, wheelRank } from "./wheelTag";

/** What came of looking for the file of a package. */
export type Choice =
    | { readonly type: "file"; readonly file: DistributionFile }
    /** The manifest ties no files to the package (requirements.txt), or it is a source tree. */
    | { readonly type: "open" }
    /** Files, but none that the target can install. */
    | { readonly type: "none" };

/**
 * The one file of a package that would be installed: the best wheel, else, where that is allowed, the sdist.
 *
 * @param maySourceBuild Whether the package may be built from its sdist.
 */
export function chooseFile(locked: LockedPackage, ranks: TagRanks, maySourceBuild: boolean): Choice {
    const files = locked.files.length > 0 ? locked.files : sourceFile(locked);
    if (files.length === 0) return { type: "open" };
    const wheel = bestWheel(files, ranks);
    if (wheel !== undefined) return { type: "file", file: wheel };
    const sdist = maySourceBuild ? files.find(({ filename }) => isSdist(filename)) : undefined;
    return sdist === undefined ? { type: "none" } : { type: "file", file: sdist };
}

/** Whether a file is a source distribution, by its name. */
export const isSdist = (filename: string): boolean =>
    /\.(tar\.(gz|bz2|xz|zst|lzma|Z)|tgz|tbz|txz|zip)$/i.test(filename);

/** The file that the source itself is: an archive at an address or path. */
function sourceFile({ source, hashes }: LockedPackage): readonly DistributionFile[] {
    const location = source.type === "url" ? source.url : source.type === "path" ? source.path : undefined;
    if (location === undefined) return [];
    const lastPart =
        location
            .replace(/[?#].*$/s, "")
            .split("/")
            .at(-1) ?? "";
    const filename = /%[0-9a-f]{2}/i.test(lastPart) ? lastPart.replaceAll(/%2b/gi, "+") : lastPart;
    if (parseWheelName(filename) === undefined && !isSdist(filename)) return [];
    const [hash, ...others] = hashes;
    return [{ filename, ...(hash !== undefined && others.length === 0 ? { hash } : {}) }];
}

/**
 * Why a package has no file for a target, in a few lines: what its wheels are for, and how near they come.
 *
 * @param isAlone Whether the only one of its kind is described, so that there is room for all that its wheels are for.
 */
export function describeMissingWheel(locked: LockedPackage, target: Target, isAlone: boolean): string[] {
    const title = `${locked.name}${locked.version === undefined ? "" : ` ${locked.version}`}`;
    const wheels = locked.files.flatMap(({ filename }) => parseWheelName(filename) ?? []);
    if (wheels.length === 0)
        return [`${title}: no wheel at all, only ${locked.files[0]?.filename ?? "a source archive"}`];
    const list = (values: readonly string[]): string => {
        const distinct = [...new Set(values)].sort(naturally);
        return (
            distinct.slice(0, 8).join(", ") + (distinct.length > 8 ? `, and ${distinct.length - 8} more` : "")
        );
    };
    const platforms = wheels.flatMap((wheel) => wheel.platforms);
    const own = platforms.filter(
        (platform) => platform.endsWith(target.machine) && !platform.startsWith("macosx"),
    );
    const pythons = wheels.flatMap((wheel) =>
        wheel.pythons.map((python) => `${python}${wheel.abis.includes("abi3") ? "+" : ""}`),
    );
    const near = nearest(locked, target).map((line) => `  ${line}`);
    const count = wheels.length === 1 ? "its only wheel is" : `its ${wheels.length} wheels are all`;
    if (!isAlone) return [`${title}: ${count} for something else`, ...near.slice(0, 1)];
    return [
        `${title}: ${count} for something else`,
        `  Pythons: ${list(pythons)}`,
        `  platforms: ${list(own.length > 0 ? own : platforms)}${own.length > 0 && own.length < platforms.length ? ", others" : ""}`,
        ...near,
    ];
}

/** Targets that would do, nearest first: the same one with a newer glibc, other Pythons, the other architecture. */
function nearest(locked: LockedPackage, target: Target): string[] {
    const fits = (other: Target): boolean => bestWheel(locked.files, tagRanks(other)) !== undefined;
    const [major, minor] = target.glibc;
    const anyGlibc = tagRanks({ ...target, glibc: [major, 99] });
    const needs = locked.files
        .filter(({ filename }) => wheelRank(filename, anyGlibc) !== undefined)
        .map(({ filename }) => Math.min(...glibcMinors(parseWheelName(filename)?.platforms ?? [])));
    const newer = needs.length === 0 ? undefined : Math.min(...needs);
    const pythons = pythonVersions.filter((version) => fits(targetFor(version, target.architecture)));
    const otherArchitecture: Architecture = target.architecture === "x86_64" ? "arm64" : "x86_64";
    return [
        ...(newer === undefined
            ? []
            : [`one needs glibc ${major}.${newer}; ${target.runtime} has ${major}.${minor}`]),
        ...(pythons.length === 0
            ? []
            : [`has one for ${target.architecture} with Python ${pythons.join(", ")}`]),
        ...(fits(targetFor(target.pythonVersion, otherArchitecture))
            ? [`has one for ${otherArchitecture}`]
            : []),
    ];
}

/** The minor versions of glibc that platform tags name: `manylinux_2_28_x86_64` → 28. */
const glibcMinors = (platforms: readonly string[]): readonly number[] =>
    platforms.flatMap((platform) => /^manylinux_2_(\d+)_/.exec(platform)?.[1] ?? []).map(Number);

/** The three ways out of a missing wheel. */
export function waysOut(missing: readonly LockedPackage[], target: Target): string[] {
    const names = missing.map(({ name }) => name);
    const buildable = missing
        .filter(({ files }) => files.some(({ filename }) => isSdist(filename)))
        .map(({ name }) => name);
    return [
        `Lock another version of ${names.join(", ")} that has a wheel for ${describeTarget(target)}.`,
        buildable.length === 0
            ? "There is no sdist to build from, so allowSourceBuilds does not help."
            : `Or, for pure Python, allow to build it: allowSourceBuilds: ${JSON.stringify(buildable)}.`,
        'Or choose another pythonVersion or architecture, or build in a container of the runtime (installer: "container").',
    ];
}

const naturally = (left: string, right: string): number =>
    left.localeCompare(right, "en", { numeric: true, sensitivity: "base" });
