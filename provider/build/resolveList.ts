import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LayerError } from "../errors";
import type { Dependency, Manifest } from "../manifest/model";
import { normalizeName } from "../manifest/name";
import { describeTarget } from "../target";
import type { BuildContext } from "./context";
import type { Lookup } from "./lookup";
import type { Wheel } from "./model";
import { isPip, pipResolve } from "./pip";
import { commonPlaces, everyPlace, fromAny } from "./places";
import { RunError } from "./run";
import { type Tool, toolFailed, toolName } from "./tool";
import { compileArguments, lastLines, nearestPlatform, runUv, widestPlatform } from "./uv";

/** One package of a resolution. */
export interface ResolvedLine {
    readonly name: string;
    readonly version: string;
    /** Names of the packages that need it; the list itself is not among them. */
    readonly neededBy: readonly string[];
}

/** How one attempt differs from the plain one. */
interface Attempt {
    /** The `--python-platform` that wheels have to be for. */
    readonly platform: string;
    /** Whether the list's own versions hold against what its packages need. */
    readonly listHolds: boolean;
}

/**
 * What a list of dependencies comes to on the target with all that they need, resolved within the manifest's constraints.
 *
 * With `adds`, releases that the list leaves open are chosen among those that have a wheel for the target. A list that a tool wrote
 * is taken as it stands where its packages do not agree with it: overrides are the only way to such a list. `wheels` are those at
 * hand, by name. Throws REQUIREMENTS_INCOMPLETE when no set of releases suits all lines.
 */
export async function resolveList(
    dependencies: readonly Dependency[],
    wheels: ReadonlyMap<string, Wheel>,
    settings: { readonly adds: boolean },
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<readonly ResolvedLine[]> {
    const resolve = (attempt: Attempt) => resolveOnce(dependencies, wheels, attempt, lookup, tool, context);
    const widest = widestPlatform(lookup.target);
    const nearest = settings.adds ? nearestPlatform(lookup.target) : widest;
    try {
        return await resolve({ platform: nearest, listHolds: false });
    } catch (error) {
        if (!(error instanceof Unsolved)) throw error;
        const held = isWrittenByTool(dependencies, lookup.manifest);
        const attempts: readonly Attempt[] = isPip(tool)
            ? []
            : [
                  // uv knows a few steps of glibc only: what lies between two of them, the choice among the files finds.
                  ...(nearest === widest ? [] : [{ platform: widest, listHolds: false }]),
                  ...(held ? [{ platform: widest, listHolds: true }] : []),
              ];
        for (const attempt of attempts) {
            const lines = await resolve(attempt).catch(unlessUnsolved);
            if (lines === undefined) continue;
            if (attempt.listHolds) (context.warn ?? context.report)(describeOverride(error, lookup));
            return lines;
        }
        throw error.explained;
    }
}

/** No set of releases suits all lines. */
class Unsolved extends Error {
    constructor(
        readonly words: string,
        readonly explained: LayerError,
    ) {
        super(explained.message);
    }
}

function unlessUnsolved(error: unknown): undefined {
    if (error instanceof Unsolved) return;
    throw error;
}

/** Whether every line has one version and a tool wrote them: it says so at the top, or each line has hashes. */
const isWrittenByTool = (dependencies: readonly Dependency[], manifest: Manifest): boolean =>
    dependencies.every(({ source, version }) => source.type !== "registry" || version !== undefined) &&
    (manifest.isGenerated === true || dependencies.every(isHashed));

const isHashed = ({ file, hashes }: Dependency): boolean => file?.hash !== undefined || hashes.length > 0;

function describeOverride({ words }: Unsolved, { manifest }: Lookup): string {
    const first = /\b((?:all versions of )?[A-Za-z0-9._=-]+ depends? on [^\s,]+(?:,[^\s,]+)*)/.exec(
        words,
    )?.[1];
    return `${manifest.path} is taken as it stands, though what its packages need does not agree with it${first === undefined ? "" : `: ${first}`}.`;
}

async function resolveOnce(
    dependencies: readonly Dependency[],
    wheels: ReadonlyMap<string, Wheel>,
    { platform, listHolds }: Attempt,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<readonly ResolvedLine[]> {
    const places = commonPlaces(lookup);
    const folder = await mkdtemp(join(context.temporaryFolder, "check-"));
    try {
        const pins = join(folder, "pins.txt");
        const constraints = join(folder, "constraints.txt");
        await writeFile(pins, dependencies.map((one) => `${pin(one, wheels)}\n`).join(""));
        await writeFile(constraints, constraintLines(lookup.manifest).join(""));
        if (isPip(tool)) {
            const files = { pins, constraints, wheels: [...wheels.values()].map(({ path }) => path), folder };
            return await pipResolve(tool, files, places, lookup, context);
        }
        const answer = join(folder, "resolved.txt");
        await runUv(
            tool,
            [
                ...compileArguments(tool, lookup.target, platform),
                ...[pins, ...(listHolds ? ["--override", pins] : ["--constraints", constraints])],
                ...["--annotation-style", "line", "--output-file", answer, "--only-binary", ":all:"],
                ...[...lookup.allowSourceBuilds].flatMap((name) => ["--no-binary", name]),
                ...(lookup.manifest.options?.prereleases ? ["--prerelease", "allow"] : []),
            ],
            { folder, places: dependencies.every(isHashed) ? fromAny(places) : places, lookup },
            context,
        );
        return resolvedLines(await readFile(answer, "utf8"));
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        const words = error.details.tail.join(" ").replace(/\s+/g, " ");
        if (!/No solution found|ResolutionImpossible|No matching distribution/.test(words))
            throw toolFailed(
                tool,
                error,
                `${toolName(tool)} could not tell whether the list is complete`,
                everyPlace(places),
            );
        throw new Unsolved(words, disagreement(lastLines(error, everyPlace(places)), lookup, error));
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

function disagreement(detail: readonly string[], { manifest, target }: Lookup, cause: RunError): LayerError {
    return new LayerError("REQUIREMENTS_INCOMPLETE", {
        what: `${manifest.path} can't be installed for ${describeTarget(target)} as it is: what its packages need does not agree with it.`,
        detail,
        next: [
            "Change the lines that contradict each other, or name the lock that the list was exported from as the manifest.",
            `Or, where they are meant to, have them overrule: \`uv pip compile ${manifest.path} --override ${manifest.path} --generate-hashes -o <complete list>\`, and name that one as the manifest.`,
        ],
        cause,
    });
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
function pin(dependency: Dependency, wheels: ReadonlyMap<string, Wheel>): string {
    const { name, version, specifier = "", extras = [] } = dependency;
    const named = extras.length === 0 ? name : `${name}[${extras.join(",")}]`;
    const wheel = wheels.get(name);
    if (wheel !== undefined) return `${named} @ ${pathToFileURL(wheel.path).href}`;
    return version === undefined ? `${named}${specifier}` : `${named}==${version}`;
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
