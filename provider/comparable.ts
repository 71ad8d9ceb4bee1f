import { prefixOf, resourceTypeOf } from "./inputs";
import type { Props } from "./props";

/** Lists whose order means nothing. */
const sets: ReadonlySet<string> = new Set([
    "compatibleRuntimes",
    "compatibleArchitectures",
    "extras",
    "groups",
    "allowSourceBuilds",
    "exclude",
]);

/** What a property says that need not be there. */
const effective: Readonly<Record<string, (props: Props) => unknown>> = {
    resourceType: resourceTypeOf,
    prefix: prefixOf,
};

/** A property as it counts in a comparison: sets in one order, and `undefined` for what says the same as nothing. */
export function comparable(name: string, props: Props): unknown {
    const read = effective[name];
    const value = read === undefined ? (props[name] ?? undefined) : read(props);
    return sets.has(name) && Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value;
}
