import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LayerError } from "../errors";
import { isSdist } from "../manifest/chooseFile";
import type { Dependency, DistributionFile } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import { refuseUnpinned } from "../manifest/unpinned";
import { bestWheel, type TagRanks, tagRanks } from "../manifest/wheelTag";
import { describeTarget } from "../target";
import type { BuildContext } from "./context";
import type { Lookup } from "./lookup";
import { dependencyName } from "./naming";
import { isPip, pipListFiles } from "./pip";
import { commonPlaces, everyPlace, fromAny, type Places, singlePlace } from "./places";
import { type FoundPackage, readPylock } from "./pylock";
import { sourceBuildRefused, waysOut } from "./refusal";
import { RunError } from "./run";
import { type Tool, toolFailed, toolName } from "./tool";
import { compileArguments, lastLines, runUv } from "./uv";

/**
 * Finds the one file of each dependency where the manifest names no addresses, by one call of uv for each index that packages
 * are tied to and one for all the others.
 *
 * uv only lists what there is (`--no-deps`, so that no metadata is read and nothing of an sdist runs); which file is taken, is
 * decided here, by the target's tags and the manifest's hashes. Throws REQUIREMENT_UNPINNED, WHEEL_NOT_FOUND, SOURCE_BUILD_REFUSED,
 * HASH_MISMATCH, TOOL_FAILED.
 */
export async function findFiles(
    dependencies: readonly Dependency[],
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<Dependency[]> {
    refuseUnpinned(dependencies);
    const ranks = tagRanks(lookup.target);
    const found = await Promise.all(
        [...byIndex(dependencies, lookup)].map(async ([index, group]) => {
            const places = index === "" ? commonPlaces(lookup) : singlePlace(index, lookup);
            const packages = await listFiles(group, places, lookup, tool, context);
            return group.map((dependency) =>
                choose(dependency, packages.get(dependency.name), lookup, ranks),
            );
        }),
    );
    return found.flat();
}

/** Dependencies by the address of the index that they are tied to; "" for those tied to none. */
function byIndex(dependencies: readonly Dependency[], lookup: Lookup): Map<string, Dependency[]> {
    const groups = new Map<string, Dependency[]>();
    for (const dependency of dependencies) {
        // A requirements.txt names its indexes for all its lines at once; its option lines say more than the source does.
        const tied = lookup.manifest.kind !== "requirements.txt" && dependency.source.type === "registry";
        const index = (tied && dependency.source.type === "registry" && dependency.source.index) || "";
        groups.set(index, [...(groups.get(index) ?? []), dependency]);
    }
    return groups;
}

async function listFiles(
    dependencies: readonly Dependency[],
    places: Places,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<ReadonlyMap<string, FoundPackage>> {
    // With hashes it does not matter which index a file comes from, so all are asked, as pip does.
    const isHashed = dependencies.every(({ file, hashes }) => file?.hash !== undefined || hashes.length > 0);
    const folder = await mkdtemp(join(context.temporaryFolder, "find-"));
    try {
        const pins = join(folder, "pins.txt");
        const answer = join(folder, "pylock.toml");
        await writeFile(pins, dependencies.map(({ name, version }) => `${name}==${version}\n`).join(""));
        if (isPip(tool)) return await pipListFiles(tool, { pins, folder }, places, lookup, context);
        await runUv(
            tool,
            [
                ...compileArguments(tool, lookup.target),
                ...[pins, "--no-deps", "--format", "pylock.toml", "--output-file", answer],
            ],
            { folder, places: isHashed ? fromAny(places) : places, lookup },
            context,
        );
        return readPylock(await readFile(answer, "utf8"), folder);
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        throw findingFailed(error, dependencies, places, lookup, tool);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** What uv could not find, told of the dependency that it names first. */
function findingFailed(
    error: RunError,
    dependencies: readonly Dependency[],
    places: Places,
    lookup: Lookup,
    tool: Tool,
): LayerError {
    const words = error.details.tail.join(" ").replace(/\s+/g, " ");
    const cause =
        /(?:no version of|Because|requirement) ([A-Za-z0-9._-]+?)(?:==\S+)? (?:has no|was not found|and you|\(from versions)/.exec(
            words,
        )?.[1];
    const dependency = dependencies.find(({ name }) => name === cause);
    const denied = /(?:could not be queried|401 Unauthorized|403 Forbidden)/.test(words);
    if (denied) {
        return toolFailed(tool, error, "An index refused to answer", everyPlace(places), [
            "Give its credentials in the `indexes` argument, or in UV_INDEX_<NAME>_USERNAME and _PASSWORD with its name there.",
        ]);
    }
    if (dependency === undefined || !/No solution found|No matching distribution/.test(words))
        return toolFailed(
            tool,
            error,
            `${toolName(tool)} could not find the packages' files`,
            everyPlace(places),
        );
    return new LayerError("WHEEL_NOT_FOUND", {
        what: `No file of ${dependencyName(dependency)} can be installed for ${describeTarget(lookup.target)}.`,
        where: formatPosition(dependency.position),
        detail: lastLines(error, everyPlace(places)),
        next: [
            // Where several indexes may be asked, uv takes one that refuses for one that has nothing.
            ...(words.includes("not found in the package registry")
                ? [
                      `See that ${dependency.name}'s index is named in \`indexes\` or by the manifest, with credentials that it accepts.`,
                  ]
                : []),
            ...waysOut(dependency, lookup.target),
        ],
        cause: error,
    });
}

/** The file of `found` that an installer takes for the target and that the manifest accepts. */
function choose(
    dependency: Dependency,
    found: FoundPackage | undefined,
    lookup: Lookup,
    ranks: TagRanks,
): Dependency {
    const accepted = dependency.file?.hash === undefined ? dependency.hashes : [dependency.file.hash];
    const offered = (found?.files ?? []).filter(({ filename }) => isWanted(filename, dependency, lookup));
    const matching = offered.filter(({ hash }) => canMatch(hash, accepted));
    const file: DistributionFile | undefined =
        bestWheel(matching, ranks) ?? matching.find(({ filename }) => isSdist(filename));
    if (file === undefined) throw notOffered(dependency, offered, accepted, lookup);
    if (isSdist(file.filename) && !lookup.allowSourceBuilds.has(dependency.name))
        throw sourceBuildRefused(dependency, file.filename, lookup.target);
    // An index may know a file by another algorithm than the manifest does: then the manifest's own hashes are checked.
    const { hash, ...rest } = file;
    const known = hash !== undefined && (accepted.length === 0 || accepted.includes(hash));
    return { ...dependency, file: known ? { ...rest, hash } : rest, hashes: accepted };
}

/** Whether the manifest leaves room for this file: the one that it has chosen, or any that `--no-binary` does not rule out. */
function isWanted(filename: string, dependency: Dependency, lookup: Lookup): boolean {
    if (dependency.file !== undefined) return filename === dependency.file.filename;
    const noBinary = lookup.manifest.options?.noBinary ?? [];
    return isSdist(filename) || !(noBinary.includes(":all:") || noBinary.includes(dependency.name));
}

/** Whether a file with this hash can be one of the accepted; hashes of different algorithms can't be told apart yet. */
function canMatch(hash: string | undefined, accepted: readonly string[]): boolean {
    const algorithm = hash?.split(":")[0] ?? "";
    const comparable = accepted.filter((one) => one.startsWith(`${algorithm}:`));
    return (
        hash === undefined || accepted.length === 0 || comparable.length === 0 || comparable.includes(hash)
    );
}

function notOffered(
    dependency: Dependency,
    offered: readonly DistributionFile[],
    accepted: readonly string[],
    lookup: Lookup,
): LayerError {
    const suitable = offered.filter(({ hash }) => !canMatch(hash, accepted));
    if (suitable.length > 0) {
        return new LayerError("HASH_MISMATCH", {
            what: `No file of ${dependencyName(dependency)} for ${describeTarget(lookup.target)} has a hash that the manifest accepts.`,
            where: formatPosition(dependency.position),
            detail: suitable.slice(0, 5).map(({ filename, hash }) => `${filename} ${hash}`),
            next: "Lock again, so that the manifest lists the hashes of all of the release's files.",
        });
    }
    return new LayerError("WHEEL_NOT_FOUND", {
        what:
            dependency.file === undefined
                ? `No file of ${dependencyName(dependency)} can be installed for ${describeTarget(lookup.target)}.`
                : `${dependency.file.filename}, which the manifest lists, is not on the index.`,
        where: formatPosition(dependency.position),
        next: waysOut(dependency, lookup.target),
    });
}
