import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LayerError } from "../errors";
import type { Dependency, Manifest } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import { formatPosition } from "../manifest/position";
import { describeTarget } from "../target";
import type { BuildContext } from "./context";
import type { Lookup } from "./lookup";
import type { Wheel } from "./model";
import { isPip, pipResolve } from "./pip";
import { commonPlaces, everyPlace, fromAny } from "./places";
import { RunError } from "./run";
import { type Tool, toolFailed, toolName } from "./tool";
import { compileArguments, lastLines, runUv } from "./uv";

/**
 * Throws REQUIREMENTS_INCOMPLETE when something that a dependency of a requirements.txt needs on the target is not in the list:
 * resolving a complete list, with dependencies, adds nothing. Also when two lines contradict each other.
 *
 * `wheels` are those at hand already, by name: their own metadata is read, since no index knows what was built here.
 */
export async function checkComplete(
    dependencies: readonly Dependency[],
    wheels: ReadonlyMap<string, Wheel>,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<void> {
    refuseIncomplete(await resolveList(dependencies, wheels, lookup, tool, context), dependencies, lookup);
}

/** Throws REQUIREMENTS_INCOMPLETE when the resolution has what the list has not. */
export function refuseIncomplete(
    resolved: readonly ResolvedLine[],
    dependencies: readonly Dependency[],
    lookup: Lookup,
): void {
    const listed = new Set(dependencies.map(({ name }) => name));
    const missing = resolved.filter(({ name }) => !listed.has(name));
    if (missing.length > 0) throw incomplete(missing, dependencies, lookup);
}

/**
 * What a list of dependencies comes to on the target with all that they need, resolved within the manifest's constraints.
 *
 * `wheels` as in {@link checkComplete}. Throws REQUIREMENTS_INCOMPLETE when no set of releases suits all of them.
 */
export async function resolveList(
    dependencies: readonly Dependency[],
    wheels: ReadonlyMap<string, Wheel>,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<readonly ResolvedLine[]> {
    const places = commonPlaces(lookup);
    const isHashed = dependencies.every(({ file, hashes }) => file?.hash !== undefined || hashes.length > 0);
    const folder = await mkdtemp(join(context.temporaryFolder, "check-"));
    try {
        const pins = join(folder, "pins.txt");
        const constraints = join(folder, "constraints.txt");
        await writeFile(pins, dependencies.map((one) => `${pin(one, wheels, lookup)}\n`).join(""));
        await writeFile(constraints, constraintLines(lookup.manifest).join(""));
        if (isPip(tool))
            return await pipResolve(
                tool,
                { pins, constraints, wheels: [...wheels.values()].map(({ path }) => path), folder },
                places,
                lookup,
                context,
            );
        const answer = join(folder, "resolved.txt");
        await runUv(
            tool,
            [
                ...compileArguments(tool, lookup.target),
                ...[pins, "--constraints", constraints],
                ...["--annotation-style", "line", "--output-file", answer, "--only-binary", ":all:"],
                ...[...lookup.allowSourceBuilds].flatMap((name) => ["--no-binary", name]),
                ...(lookup.manifest.options?.prereleases ? ["--prerelease", "allow"] : []),
            ],
            { folder, places: isHashed ? fromAny(places) : places, lookup },
            context,
        );
        return resolvedLines(await readFile(answer, "utf8"));
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        if (
            !error.details.tail.some((line) =>
                /No solution found|ResolutionImpossible|No matching distribution/.test(line),
            )
        )
            throw toolFailed(
                tool,
                error,
                `${toolName(tool)} could not tell whether the list is complete`,
                everyPlace(places),
            );
        throw new LayerError("REQUIREMENTS_INCOMPLETE", {
            what: `${lookup.manifest.path} can't be installed for ${describeTarget(lookup.target)} as it is: what its packages need does not agree with it.`,
            detail: lastLines(error, everyPlace(places)),
            next: remedy(lookup),
            cause: error,
        });
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** The lines of the manifest's constraint files. */
const constraintLines = (manifest: Manifest): string[] =>
    (manifest.constraints ?? []).flatMap(({ name, specifier, marker }) =>
        specifier === undefined ? [] : [`${name}${specifier}${marker === undefined ? "" : ` ; ${marker}`}\n`],
    );

/**
 * One line for the tool: a dependency with the extras that the manifest asks for, tied to the wheel at hand, to its version, or
 * to whatever the manifest says of it.
 */
function pin(dependency: Dependency, wheels: ReadonlyMap<string, Wheel>, lookup: Lookup): string {
    const listed = lookup.manifest.packages.filter(({ name }) => name === dependency.name);
    // A line without a name is not found by the one that it was built to.
    const extras = [
        ...(dependency.extras ?? []),
        ...listed.flatMap(({ requestedExtras }) => requestedExtras ?? []),
    ];
    const named = dependency.name + (extras.length === 0 ? "" : `[${[...new Set(extras)].join(",")}]`);
    const wheel = wheels.get(dependency.name);
    if (wheel !== undefined) return `${named} @ ${pathToFileURL(wheel.path).href}`;
    if (dependency.version !== undefined) return `${named}==${dependency.version}`;
    return named + (listed.find(({ specifier }) => specifier !== undefined)?.specifier ?? "");
}

/** One package of a resolution. */
export interface ResolvedLine {
    readonly name: string;
    readonly version: string;
    /** Names of the packages that need it; the list itself is not among them. */
    readonly neededBy: readonly string[];
}

/** Lines like `idna==3.20  # via requests, -r pins.txt`. */
function resolvedLines(text: string): ResolvedLine[] {
    return text.split("\n").flatMap((line) => {
        const match = /^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:==|@)\s*(\S+)(?:.*# via (.*))?/.exec(line);
        if (!match?.[1]) return [];
        const neededBy = (match[3] ?? "").split(",").map((name) => name.trim());
        return [
            {
                name: normalizeName(match[1]),
                version: match[2] ?? "",
                neededBy: neededBy.filter((name) => name !== "" && !name.startsWith("-")),
            },
        ];
    });
}

const mostShown = 6;

function incomplete(
    missing: readonly ResolvedLine[],
    dependencies: readonly Dependency[],
    lookup: Lookup,
): LayerError {
    const first = dependencies.find(({ name }) => missing.some(({ neededBy }) => neededBy.includes(name)));
    return new LayerError("REQUIREMENTS_INCOMPLETE", {
        what:
            `${lookup.manifest.path} does not list everything that its packages need on ${describeTarget(lookup.target)}: ` +
            `${missing.length} ${missing.length === 1 ? "package is" : "packages are"} missing.`,
        ...(first === undefined ? {} : { where: formatPosition(first.position) }),
        detail: [
            ...missing
                .slice(0, mostShown)
                .map(({ name, neededBy }) => `${name}, needed by ${neededBy.join(", ") || "the list"}`),
            ...(missing.length > mostShown ? [`… and ${missing.length - mostShown} more`] : []),
        ],
        next: remedy(lookup),
    });
}

const remedy = (lookup: Lookup) => [
    `Write the complete list: \`uv pip compile ${lookup.manifest.path} --generate-hashes -o <complete list>\`, and name that one as the manifest.`,
    "Or set resolveUnpinned: true, to have what the list leaves open resolved for each new version.",
];
