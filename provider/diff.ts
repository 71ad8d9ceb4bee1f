import type { dynamic } from "@pulumi/pulumi";
import { areComparableDigests } from "./manifest/compare";
import { requestedProps } from "./outputs";
import { type Props, sameValue } from "./props";
import { hasUnknown } from "./unknown";

/** A change of any of these is a new version. */
const replacing = [
    "resourceType",
    "layerName",
    "account",
    "region",
    "description",
    "licenseInfo",
    "compatibleRuntimes",
    "compatibleArchitectures",
    "triggers",
    "content",
    "pythonVersion",
    "architecture",
    "sourcesDigest",
    "exclude",
    "excludeRuntimeProvided",
    "compileBytecode",
] as const;

/** What of the manifest is installed. Where that can be compared, the dependencies that come of it decide. */
const selecting = [
    "manifestMd5",
    "includesDigest",
    "manifestKind",
    "package",
    "extras",
    "groups",
    "localPackages",
] as const;

/** Lists whose order means nothing. */
const sets: ReadonlySet<string> = new Set([
    "compatibleRuntimes",
    "compatibleArchitectures",
    "extras",
    "groups",
    "allowSourceBuilds",
    "exclude",
]);

/**
 * Everything else that `check` answers and that can differ. What a later release adds is added here, but for `indexes`: how
 * packages are reached changes nothing of what is there, and a create takes them from its own inputs.
 */
const updating = [
    "schemaVersion",
    "owner",
    "manifest",
    "bucket",
    "prefix",
    "forceDestroy",
    "keepVersions",
    "permissions",
    "adopt",
    "records",
    "reuse",
    "timeoutMinutes",
    "allowSourceBuilds",
    "changeDetection",
    "resolveUnpinned",
    "installer",
    "dependencies",
    "dependencyDigest",
    ...selecting,
] as const;

/**
 * Tells a new version from an update in place from nothing, from old outputs and checked inputs alone.
 *
 * `changes` is left open unless nothing changed: the engine then shows the difference property by property.
 */
export function diff(olds: Props, news: Props): dynamic.DiffResult {
    const before = requestedProps(olds);
    const differs = (name: string) => !sameValue(comparable(name, before), comparable(name, news));
    const replaces = [
        ...replacing.filter(differs),
        ...manifestReplaces(olds, news, selecting.filter(differs)),
    ];
    if (replaces.length > 0) {
        return { replaces };
    }
    return updating.some(differs) ? {} : { changes: false };
}

function comparable(name: string, props: Props): unknown {
    const value = props[name] ?? undefined;
    return sets.has(name) && Array.isArray(value) ? value.map(String).sort() : value;
}

/**
 * The dependencies decide where both sides know theirs by the same algorithm; otherwise the MD5 of the bytes does.
 *
 * Where the digests' algorithms differ, after an upgrade of this package, the dependencies themselves are compared.
 */
function manifestReplaces(olds: Props, news: Props, changed: readonly string[]): readonly string[] {
    const unknown = selecting.filter((name) => hasUnknown(news[name]));
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
