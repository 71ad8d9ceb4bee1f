import { isLayerError } from "../errors";
import {
    describeRuntimeNeeds,
    type Exclusion,
    excludedNames,
    mayBeLeftOut,
    type NeedsGraph,
    namesLeftOut,
    runtimeNeeds,
} from "../manifest/exclude";
import type { Dependency } from "../manifest/model";
import { refuseUnpinned } from "../manifest/unpinned";
import { refuseIncomplete } from "./completeness";
import type { BuildContext } from "./context";
import type { Wheel } from "./model";
import { findFiles } from "./resolve";
import { type ResolvedLine, resolveList } from "./resolveList";
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
    const named = excludedNames(settings);
    if (!settings.resolveUnpinned)
        refuseUnpinned(dependencies.filter(({ name }) => !mayBeLeftOut(name, settings)));
    const wheels = new Map(atHand.map((wheel) => [wheel.name, wheel]));
    const resolve = async (list: readonly Dependency[]) =>
        resolveList(list, wheels, { adds: settings.resolveUnpinned }, lookup, await tool(), context);
    const wanted = dependencies.filter(({ name }) => !named.has(name));
    const lines = await resolve(dependencies).catch((error: unknown) => {
        // What is excluded need not be there for the target. What it would have needed stays then.
        if (
            !isLayerError(error) ||
            error.code !== "REQUIREMENTS_INCOMPLETE" ||
            wanted.length === dependencies.length
        )
            throw error;
        return resolve(wanted);
    });
    const listed = new Map(dependencies.map((dependency) => [dependency.name, dependency]));
    const graph = graphOf(lines, listed, settings);
    const leftOut = namesLeftOut(graph, settings);
    if (!settings.resolveUnpinned) {
        refuseIncomplete(
            lines.filter(({ name }) => !leftOut.has(name)),
            dependencies,
            lookup,
        );
        refuseUnpinned(dependencies.filter(({ name }) => !leftOut.has(name)));
    }
    const needs = runtimeNeeds(graph, settings);
    if (needs.length > 0) (context.warn ?? context.report)(describeRuntimeNeeds(needs));

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
    { directNames, resolveUnpinned }: SettleSettings,
): NeedsGraph {
    const needs = new Map<string, Set<string>>();
    for (const { name, neededBy } of lines) {
        for (const other of neededBy) needs.set(other, (needs.get(other) ?? new Set()).add(name));
    }
    const missing = new Set(lines.map(({ name }) => name).filter((name) => !listed.has(name)));
    return {
        installed: lines.map(({ name }) => name),
        needs,
        direct: missing.size === 0 ? directNames : new Set(listed.keys()),
        missing: resolveUnpinned ? undefined : missing,
    };
}
