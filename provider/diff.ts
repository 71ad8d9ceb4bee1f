import { comparable } from "./comparable";
import { dependencyInputs, updatedInputs, versionInputs } from "./inputEffects";
import { requireReadable } from "./inputs";
import { accountOf } from "./layerVersionArn";
import { areComparableDigests, isDependencies } from "./manifest/compare";
import { type Props, sameValue } from "./props";
import { hasUnknown } from "./unknown";

/** What a diff answers: whether anything is to be done, and the properties that make it a replacement. */
export interface DiffOutcome {
    /** `undefined`: something changed. */
    readonly changes?: false;
    readonly replaces?: readonly string[];
}

/**
 * Tells a new version from an update in place from nothing, from old outputs and checked inputs alone.
 *
 * `changes` is left open unless nothing changed: the engine then shows the difference property by property.
 *
 * @param id ARN of the version: a layer's name and its ARN in the same account are one
 * @throws STATE_UNSUPPORTED
 */
export function diff(olds: Props, news: Props, id = ""): DiffOutcome {
    requireReadable(olds);
    const [before, after] = [comparable(olds), comparable(news)];
    const unsaid = (name: string) => (name === "account" ? accountOf(id) : undefined);
    const differs = (name: string) => !sameValue(before(name) ?? unsaid(name), after(name) ?? unsaid(name));
    const replaces = [
        ...versionInputs.filter(differs),
        ...manifestReplaces(olds, news, dependencyInputs.filter(differs)),
        ...(isUnlisted(olds, news) ? ["resolveUnpinned"] : []),
    ];
    if (replaces.length > 0) {
        return { replaces };
    }
    return updatedInputs.some(differs) ? {} : { changes: false };
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

/** Whether the version has what a resolution added to its list, and nothing may be added any more. */
function isUnlisted(olds: Props, news: Props): boolean {
    const [resolution, listed] = [olds["resolution"], news["dependencies"]];
    if (olds["resolveUnpinned"] !== true || news["resolveUnpinned"] === true) return false;
    if (!isDependencies(resolution) || !isDependencies(listed)) return false;
    return Object.entries(resolution).some(([name, version]) => listed[name] !== version);
}
