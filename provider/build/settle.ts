import { type Exclusion, excludesPackages, namesLeftOut } from "../manifest/exclude";
import type { Dependency } from "../manifest/model";
import { type ResolvedLine, refuseIncomplete, resolveList } from "./completeness";
import type { BuildContext } from "./context";
import type { Wheel } from "./model";
import { findFiles, requirePin } from "./resolve";
import type { Workshop } from "./workshop";

/** What is wanted of a list beside what it says. */
export interface SettleSettings extends Exclusion {
    /** Whether what the list leaves open may be resolved; otherwise that is an error. */
    readonly resolveUnpinned: boolean;
    /** What is known to have been asked for directly, normalised. @default - nothing is known */
    readonly directNames?: ReadonlySet<string>;
}

/**
 * The dependencies that a list comes to, each of an index with its file, without what is excluded; sorted by name.
 *
 * `atHand` are the wheels of those that are of no index. Throws REQUIREMENT_UNPINNED, REQUIREMENTS_INCOMPLETE, and what
 * {@link findFiles} throws.
 */
export async function settle(
    dependencies: readonly Dependency[],
    atHand: readonly Wheel[],
    settings: SettleSettings,
    { lookup, tool }: Workshop,
    context: BuildContext,
): Promise<readonly Dependency[]> {
    if (!settings.resolveUnpinned) {
        for (const dependency of dependencies)
            if (dependency.source.type === "registry") requirePin(dependency);
    }
    const wheels = new Map(atHand.map((wheel) => [wheel.name, wheel]));
    const lines = await resolveList(dependencies, wheels, lookup, await tool(), context);
    if (!settings.resolveUnpinned) refuseIncomplete(lines, dependencies, lookup);

    const listed = new Map(dependencies.map((dependency) => [dependency.name, dependency]));
    const leftOut = excludesPackages(settings)
        ? namesLeftOut(graphOf(lines, listed, settings.directNames), settings)
        : new Set<string>();
    const resolved = lines
        .filter(({ name }) => !leftOut.has(name))
        .map(({ name, version }): Dependency => {
            const known = listed.get(name);
            if (known === undefined) {
                const position = { file: lookup.manifest.path, line: 1, column: 1 };
                return { name, version, source: { type: "registry" }, hashes: [], position };
            }
            return known.source.type === "registry" ? { ...known, version } : known;
        });
    const open = resolved.filter(({ source }) => source.type === "registry");
    const found = open.length === 0 ? [] : await findFiles(open, lookup, await tool(), context);
    const rest = resolved.filter(({ source }) => source.type !== "registry");
    return [...found, ...rest].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * A list that is complete names everything, so it tells nothing about what was asked for directly; one that is not was written by
 * hand, and all of its lines were.
 */
function graphOf(
    lines: readonly ResolvedLine[],
    listed: ReadonlyMap<string, Dependency>,
    direct: ReadonlySet<string> | undefined,
) {
    const needs = new Map<string, Set<string>>();
    for (const { name, neededBy } of lines) {
        for (const other of neededBy) needs.set(other, (needs.get(other) ?? new Set()).add(name));
    }
    const isComplete = lines.every(({ name }) => listed.has(name));
    return {
        installed: lines.map(({ name }) => name),
        needs,
        direct: isComplete ? direct : new Set(listed.keys()),
    };
}
