import { normalizeName } from "./name";
import { runtimeProvided } from "./runtimeProvided";

/** What is not to be in a layer. */
export interface Exclusion {
    /** Distribution names in any spelling. Globs among them are passed over. */
    readonly exclude?: readonly string[] | undefined;
    /** Whether {@link runtimeProvided} packages go that nothing else in the layer needs. Default false. */
    readonly excludeRuntimeProvided?: boolean | undefined;
}

/** Which packages need which, all names normalised. */
export interface NeedsGraph {
    /** What would be in the layer. */
    readonly installed: readonly string[];
    /** Direct needs by name, also of what is not installed itself (a project without files). */
    readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
    /** What the user asked for directly, as far as it is known. */
    readonly direct?: ReadonlySet<string> | undefined;
}

/** Whether an entry of `exclude` is a glob over files rather than a distribution's name: it has a slash or a star. */
export const isGlob = (entry: string): boolean => /[/*]/.test(entry);

/** Whether there is anything to exclude by name. */
export const excludesPackages = ({ exclude = [], excludeRuntimeProvided }: Exclusion): boolean =>
    excludeRuntimeProvided === true || exclude.some((entry) => !isGlob(entry));

/** The distribution names among the entries of `exclude`, normalised. */
export const excludedNames = ({ exclude = [] }: Exclusion): ReadonlySet<string> =>
    new Set(exclude.filter((entry) => !isGlob(entry)).map(normalizeName));

/**
 * The names that stay out of the layer: those that are excluded, those that only they needed, and, where asked for, what
 * the runtime has and nothing in the layer needs.
 *
 * What no excluded package needs, at any depth, stays in any case; what one needs stays where something else needs it or
 * the user is known to have asked for it.
 */
export function namesLeftOut(graph: NeedsGraph, exclusion: Exclusion): ReadonlySet<string> {
    const named = excludedNames(exclusion);
    const start = [...(graph.direct ?? []), ...namesNotBehind(graph, named)];
    const kept = reach(graph, start, (name) => !named.has(name));
    const provided = exclusion.excludeRuntimeProvided ? unneededOfRuntime(graph, kept) : new Set<string>();
    return new Set(graph.installed.filter((name) => !kept.has(name) || provided.has(name)));
}

/** What no excluded package is, and none needs at any depth. */
function namesNotBehind(graph: NeedsGraph, named: ReadonlySet<string>): string[] {
    const behind = reach(graph, named, () => true);
    return [...graph.installed, ...graph.needs.keys()].filter((name) => !behind.has(name));
}

/** The packages of the runtime that only other such ones need. */
function unneededOfRuntime(graph: NeedsGraph, kept: ReadonlySet<string>): Set<string> {
    const inLayer = graph.installed.filter((name) => kept.has(name));
    const provided = new Set(inLayer.filter((name) => runtimeProvided.has(name)));
    for (let size = -1; size !== provided.size; ) {
        size = provided.size;
        for (const name of inLayer) {
            if (provided.has(name)) continue;
            for (const need of graph.needs.get(name) ?? []) provided.delete(need);
        }
    }
    return provided;
}

function reach(graph: NeedsGraph, start: Iterable<string>, enters: (name: string) => boolean): Set<string> {
    const reached = new Set<string>();
    const queue = [...start];
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
        if (reached.has(name) || !enters(name)) continue;
        reached.add(name);
        queue.push(...(graph.needs.get(name) ?? []));
    }
    return reached;
}
