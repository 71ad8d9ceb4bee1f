import type { Target } from "../target";
import { normalizeName } from "./name";

/** A wheel's file name, taken apart (PEP 427). */
export interface WheelName {
    /** Normalised as PEP 503 says. */
    readonly name: string;
    /** As the file name has it, with `_` for `-`. */
    readonly version: string;
    /** Breaks ties between wheels with equal tags: leading digits and the rest. */
    readonly build?: { readonly number: bigint; readonly suffix: string };
    /** Interpreters, lower case: `["py2", "py3"]`. */
    readonly pythons: readonly string[];
    /** Binary interfaces, lower case: `["abi3"]`, `["none"]`. */
    readonly abis: readonly string[];
    /** Platforms, lower case: `["manylinux2014_x86_64", "manylinux_2_17_x86_64"]`, `["any"]`. */
    readonly platforms: readonly string[];
}

/** How well the tags of a wheel suit a target: 0 is best, undefined is unusable. */
export interface TagRanks {
    /** The best rank of a compressed set, by what a file's name ends in: `cp311.cp312-abi3-any.whl`. */
    readonly rankOfEnding: (ending: string) => number | undefined;
}

/** Takes a wheel's file name apart; undefined for what is not one. */
export function parseWheelName(filename: string): WheelName | undefined {
    if (!/\.whl$/i.test(filename)) return undefined;
    const parts = filename.slice(0, -".whl".length).split("-");
    const tags = parts.slice(-3);
    const [name, version, build] = parts;
    const [pythons, abis, platforms] = tags.map((tag) => tag.toLowerCase().split("."));
    if (parts.length < 5 || parts.length > 6 || !name || !version || !pythons || !abis || !platforms)
        return undefined;
    if (!/^[\w.]+$/.test(name) || tags.some((tag) => !/^\w+(\.\w+)*$/.test(tag))) return undefined;
    const wheel = { name: normalizeName(name), version, pythons, abis, platforms };
    if (parts.length === 5) return wheel;
    const match = /^(\d+)([\w.]*)$/.exec(build ?? "");
    return match?.[1] === undefined
        ? undefined
        : { ...wheel, build: { number: BigInt(match[1]), suffix: match[2] ?? "" } };
}

/** The tags that a wheel stands for; a compressed set gives each combination (PEP 425). */
export function wheelTags(wheel: Pick<WheelName, "pythons" | "abis" | "platforms">): string[] {
    return wheel.pythons.flatMap((python) =>
        wheel.abis.flatMap((abi) => wheel.platforms.map((platform) => `${python}-${abi}-${platform}`)),
    );
}

/**
 * The platform tags that a target can load, best first: its glibc's own manylinux tag, then older ones, with the legacy
 * names after their equals (PEP 600), and `linux_<machine>` last, as in uv and pip.
 *
 * That one promises no glibc, so packaging has to prove it by the files themselves (see `package/platform.ts`).
 */
export function platformTags(target: Target): string[] {
    const [major, newest] = target.glibc;
    // No older manylinux exists for the machine: PEP 513 starts at glibc 2.5 with x86 only, PEP 599 at 2.17 with the rest.
    const oldest = target.machine === "x86_64" ? 5 : 17;
    const legacy: Readonly<Record<number, string>> = {
        17: "manylinux2014",
        12: "manylinux2010",
        5: "manylinux1",
    };
    const minors = Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);
    const platforms = minors.flatMap((minor) => {
        const name = legacy[minor];
        const tag = `manylinux_${major}_${minor}`;
        return name === undefined ? [tag] : [tag, name];
    });
    return [...platforms, "linux"].map((platform) => `${platform}_${target.machine}`);
}

/** The tags that the target's CPython can install, best first, in the order of PEP 425 and `packaging.tags`. */
export function compatibleTags(target: Target): string[] {
    const [major = 3, newest = 0] = target.pythonVersion.split(".").map(Number);
    const platforms = platformTags(target);
    const onPlatforms = (python: string, abi: string) =>
        platforms.map((platform) => `${python}-${abi}-${platform}`);
    const downTo = (oldest: number) =>
        Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index);
    const own = `cp${major}${newest}`;
    const pythons = downTo(0).flatMap((minor) =>
        minor === newest ? [`py${major}${minor}`, `py${major}`] : [`py${major}${minor}`],
    );
    return [
        ...onPlatforms(own, own),
        ...onPlatforms(own, "abi3"),
        ...onPlatforms(own, "none"),
        // The stable ABI is there since 3.2 (PEP 384).
        ...downTo(2).flatMap((minor) => (minor === newest ? [] : onPlatforms(`cp${major}${minor}`, "abi3"))),
        ...pythons.flatMap((python) => onPlatforms(python, "none")),
        `${own}-none-any`,
        ...pythons.map((python) => `${python}-none-any`),
    ];
}

/** {@link compatibleTags} as ranks, to be made once and asked often. */
export function tagRanks(target: Target): TagRanks {
    const ranks = new Map(compatibleTags(target).map((tag, rank) => [tag, rank]));
    // A lock has thousands of names and some hundred endings.
    const known = new Map<string, number | undefined>();
    return {
        rankOfEnding: (ending) => {
            if (!known.has(ending)) known.set(ending, rankOfEnding(ending, ranks));
            return known.get(ending);
        },
    };
}

/** The rank of the best of a wheel's tags; undefined when the target can't install it, or it is no wheel. */
export function wheelRank(filename: string, ranks: TagRanks): number | undefined {
    const rank = bestTag(filename, ranks);
    return rank === undefined || parseWheelName(filename) === undefined ? undefined : rank;
}

/** The best rank of the tags at the end of a file's name, whatever stands before them: few names are worth a closer look. */
function bestTag(filename: string, ranks: TagRanks): number | undefined {
    const platforms = filename.lastIndexOf("-");
    const abis = filename.lastIndexOf("-", platforms - 1);
    return ranks.rankOfEnding(filename.slice(filename.lastIndexOf("-", abis - 1) + 1));
}

function rankOfEnding(ending: string, ranks: ReadonlyMap<string, number>): number | undefined {
    const [pythons, abis, platforms] = ending
        .slice(0, -".whl".length)
        .split("-")
        .map((tag) => tag.toLowerCase().split("."));
    if (pythons === undefined || abis === undefined || platforms === undefined) return undefined;
    const found = wheelTags({ pythons, abis, platforms }).flatMap((tag) => ranks.get(tag) ?? []);
    return found.length === 0 ? undefined : Math.min(...found);
}

/**
 * The wheel that an installer takes of one release's files: the best tag, then the highest build number, then the first.
 * Undefined when none suits.
 */
export function bestWheel<File extends { readonly filename: string }>(
    files: readonly File[],
    ranks: TagRanks,
): File | undefined {
    let best: { readonly file: File; readonly rank: number; readonly wheel: WheelName } | undefined;
    for (const file of files) {
        const rank = bestTag(file.filename, ranks);
        if (rank === undefined || (best !== undefined && rank > best.rank)) continue;
        const wheel = parseWheelName(file.filename);
        if (wheel === undefined) continue;
        if (best === undefined || rank < best.rank || isLaterBuild(wheel, best.wheel)) {
            best = { file, rank, wheel };
        }
    }
    return best?.file;
}

/** Whether a wheel runs on every platform and every Python 3: `py3-none-any`. False for what is no wheel. */
export function isUniversalWheel(filename: string): boolean {
    const wheel = parseWheelName(filename);
    return wheel !== undefined && wheelTags(wheel).includes("py3-none-any");
}

function isLaterBuild(wheel: WheelName, than: WheelName): boolean {
    if (wheel.build === undefined || than.build === undefined)
        return wheel.build !== undefined && than.build === undefined;
    if (wheel.build.number !== than.build.number) return wheel.build.number > than.build.number;
    return wheel.build.suffix > than.build.suffix;
}
