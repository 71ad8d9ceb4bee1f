import { normalizeName } from "./name";
import { runtimeProvided } from "./runtimeProvided";

/** What is not to be in a layer. */
export interface Exclusion {
    /** Distribution names in any spelling. Globs among them are passed over. */
    readonly exclude?: readonly string[] | undefined;
    /** Whether the {@link runtimeProvided} packages go, all of them or none. Default false. */
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
    /** Installed names that the manifest does not have and that may not be added to the layer. */
    readonly missing?: ReadonlySet<string> | undefined;
}

/** One package of the layer that needs another. */
export interface Need {
    readonly name: string;
    readonly neededBy: string;
}

/** Whether an entry of `exclude` is a glob over files rather than a distribution's name: it has a slash or a star. */
export const isGlob = (entry: string): boolean => /[/*]/.test(entry);

/** Whether there is anything to exclude by name. */
export const excludesPackages = ({ exclude = [], excludeRuntimeProvided }: Exclusion): boolean =>
    excludeRuntimeProvided === true || exclude.some((entry) => !isGlob(entry));

/** The distribution names among the entries of `exclude`, normalised. */
export const excludedNames = ({ exclude = [] }: Exclusion): ReadonlySet<string> =>
    new Set(exclude.filter((entry) => !isGlob(entry)).map(normalizeName));

/** Whether a name of a list is excluded, or may turn out to be when the list is resolved. */
export const mayBeLeftOut = (name: string, exclusion: Exclusion): boolean =>
    excludedNames(exclusion).has(name) ||
    (exclusion.excludeRuntimeProvided === true && runtimeProvided.has(name));

/**
 * The names that stay out of the layer: those that are excluded, those that only they needed, and, where asked for, all packages
 * of the runtime, unless {@link runtimeNeeds} has a reason to keep them.
 *
 * What no excluded package needs, at any depth, stays in any case; what one needs stays where something else needs it or
 * the user is known to have asked for it.
 */
export function namesLeftOut(graph: NeedsGraph, exclusion: Exclusion): ReadonlySet<string> {
    const kept = keptNames(graph, exclusion);
    const provided =
        exclusion.excludeRuntimeProvided === true && runtimeNeeds(graph, exclusion).length === 0
            ? runtimeProvided
            : new Set<string>();
    return new Set(graph.installed.filter((name) => !kept.has(name) || provided.has(name)));
}

/**
 * Why `excludeRuntimeProvided` leaves nothing out: each package of the runtime that another package of the layer needs, sorted;
 * empty where all of the runtime's packages go.
 *
 * They are one set that fits together. A layer with one of them beside the runtime's others would mix two releases, so they stay
 * or go together. Where the manifest lacks one that is needed, or `exclude` names one, none can stay.
 */
export function runtimeNeeds(graph: NeedsGraph, exclusion: Exclusion): readonly Need[] {
    if (exclusion.excludeRuntimeProvided !== true) return [];
    const kept = keptNames(graph, exclusion);
    const named = excludedNames(exclusion);
    const isIncomplete = graph.installed.some(
        (name) =>
            runtimeProvided.has(name) && (named.has(name) || (kept.has(name) && graph.missing?.has(name))),
    );
    if (isIncomplete) return [];
    const inLayer = graph.installed.filter((name) => kept.has(name));
    return inLayer
        .filter((name) => !runtimeProvided.has(name))
        .flatMap((neededBy) =>
            [...(graph.needs.get(neededBy) ?? [])]
                .filter((name) => runtimeProvided.has(name) && kept.has(name))
                .map((name) => ({ name, neededBy })),
        )
        .sort((left, right) =>
            `${left.name} ${left.neededBy}` < `${right.name} ${right.neededBy}` ? -1 : 1,
        );
}

/** The warning for {@link runtimeNeeds}: who needs what, and how to leave it to the runtime all the same. */
export function describeRuntimeNeeds(needs: readonly Need[]): string {
    const names = [...new Set(needs.map(({ name }) => name))];
    const shown = names.slice(0, 3).map((name) => {
        const [first, ...others] = needs.filter((need) => need.name === name);
        return `${first?.neededBy}${others.length === 0 ? "" : ` and ${others.length} more`} ${others.length === 0 ? "needs" : "need"} ${name}`;
    });
    const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : "";
    return (
        `excludeRuntimeProvided leaves nothing out: ${shown.join(", ")}${more}, and the runtime's packages stay or go together. ` +
        `If the runtime's own will do there too, add exclude: ${JSON.stringify(names).replaceAll(",", ", ")}.`
    );
}

/** What is left once the excluded names are gone, with what only they needed. */
function keptNames(graph: NeedsGraph, exclusion: Exclusion): ReadonlySet<string> {
    const named = excludedNames(exclusion);
    const start = [...(graph.direct ?? []), ...namesNotBehind(graph, named)];
    return reach(graph, start, (name) => !named.has(name));
}

/** What no excluded package is, and none needs at any depth. */
function namesNotBehind(graph: NeedsGraph, named: ReadonlySet<string>): string[] {
    const behind = reach(graph, named, () => true);
    return [...graph.installed, ...graph.needs.keys()].filter((name) => !behind.has(name));
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
