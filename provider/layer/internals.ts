import type { Props } from "../props";

/**
 * Where a resource keeps what only this package reads. The engine shows no property whose name begins with two underscores
 * (`IsInternalPropertyKey`), neither in a preview nor in a diff.
 */
export const internalsKey = "__layer";

/** Properties that are kept below {@link internalsKey}, with the property that a difference in one is shown as. */
const internals: ReadonlyMap<string, string> = new Map([
    ["owner", "layerName"],
    ["includesDigest", "manifestMd5"],
    ["sourcesDigest", "dependencies"],
    ["dependencyDigest", "dependencies"],
    ["artifactKey", "dependencies"],
    ["createId", "layerName"],
    ["epoch", "layerName"],
    ["schemaVersion", "layerName"],
]);

/** Inputs or outputs as the core has them, from what the engine keeps. */
export function withInternals(props: Props): Props {
    const { [internalsKey]: kept, ...shown } = props;
    return typeof kept === "object" && kept !== null ? { ...shown, ...kept } : shown;
}

/** Inputs or outputs as the engine keeps them: the opposite of {@link withInternals}. */
export function hideInternals(props: Props): Record<string, unknown> {
    const entries = Object.entries(props);
    const hidden = entries.filter(([name]) => internals.has(name));
    const shown = Object.fromEntries(entries.filter(([name]) => !internals.has(name)));
    return hidden.length === 0 ? shown : { ...shown, [internalsKey]: Object.fromEntries(hidden) };
}

/** The property that a user sees for this one. */
export const shownAs = (name: string): string => internals.get(name) ?? name;
