import type { dynamic } from "@pulumi/pulumi";
import { dependencyInputs, updatedInputs, versionInputs } from "./inputEffects";
import { prefixOf, requireReadable, resourceTypeOf } from "./inputs";
import { areComparableDigests } from "./manifest/compare";
import { requestedProps } from "./outputs";
import { type Props, sameValue } from "./props";
import { hasUnknown } from "./unknown";

/** Lists whose order means nothing. */
const sets: ReadonlySet<string> = new Set([
    "compatibleRuntimes",
    "compatibleArchitectures",
    "extras",
    "groups",
    "allowSourceBuilds",
    "exclude",
]);

/** What a property says that need not be there, or that earlier releases wrote. */
const effective: Readonly<Record<string, (props: Props) => unknown>> = {
    resourceType: resourceTypeOf,
    prefix: prefixOf,
    records: ({ records }) => (records === "complete" ? undefined : records),
};

/**
 * Tells a new version from an update in place from nothing, from old outputs and checked inputs alone.
 *
 * `changes` is left open unless nothing changed: the engine then shows the difference property by property.
 *
 * @throws STATE_UNSUPPORTED
 */
export function diff(olds: Props, news: Props): dynamic.DiffResult {
    requireReadable(olds);
    const before = requestedProps(olds);
    const differs = (name: string) => !sameValue(comparable(name, before), comparable(name, news));
    const replaces = [
        ...versionInputs.filter(differs),
        ...manifestReplaces(olds, news, dependencyInputs.filter(differs)),
    ];
    if (replaces.length > 0) {
        return { replaces };
    }
    return updatedInputs.some(differs) ? {} : { changes: false };
}

/** A property as it counts in a comparison: sets in one order, and `undefined` for what says the same as nothing. */
export function comparable(name: string, props: Props): unknown {
    const read = effective[name];
    const value = read === undefined ? (props[name] ?? undefined) : read(props);
    return sets.has(name) && Array.isArray(value) ? value.map((each) => JSON.stringify(each)).sort() : value;
}

/**
 * The dependencies decide where both sides know theirs by the same algorithm; otherwise the MD5 of the bytes does.
 *
 * Where the digests' algorithms differ, after an upgrade of this package, the dependencies themselves are compared.
 */
function manifestReplaces(olds: Props, news: Props, changed: readonly string[]): readonly string[] {
    const unknown = dependencyInputs.filter((name) => hasUnknown(news[name]));
    if (unknown.length > 0) {
        return unknown;
    }
    const [before, after] = [olds["dependencyDigest"], news["dependencyDigest"]];
    if (changed.length === 0 || typeof before !== "string" || typeof after !== "string") {
        return changed;
    }
    if (!areComparableDigests(before, after)) {
        return sameValue(olds["dependencies"], news["dependencies"]) ? [] : ["dependencies", "manifestMd5"];
    }
    return before === after ? [] : ["dependencyDigest"];
}
