import type { dynamic } from "@pulumi/pulumi";
import { areComparableDigests } from "./manifest/compare";
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
    "manifestKind",
    "package",
    "extras",
    "groups",
    "localPackages",
    "sourcesDigest",
] as const;

/** Everything that `check` answers, so everything that can differ. What a later release adds is added here. */
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
    "dependencies",
    "dependencyDigest",
    "manifestMd5",
    "includesDigest",
] as const;

/**
 * Tells a new version from an update in place from nothing, from old outputs and checked inputs alone.
 *
 * `changes` is left open unless nothing changed: the engine then shows the difference property by property.
 */
export function diff(olds: Props, news: Props): dynamic.DiffResult {
    const differs = (name: string) => !sameValue(olds[name] ?? undefined, news[name] ?? undefined);
    const replaces: string[] = replacing.filter(differs);
    replaces.push(...manifestReplaces(olds, news));
    if (replaces.length > 0) {
        return { replaces };
    }
    return updating.some(differs) ? {} : { changes: false };
}

/**
 * The dependencies decide where both sides know theirs by the same algorithm; otherwise the MD5 of the bytes does.
 *
 * Where the digests' algorithms differ, after an upgrade of this package, the dependencies themselves are compared.
 */
function manifestReplaces(olds: Props, news: Props): string[] {
    if (hasUnknown(news["manifestMd5"])) {
        return ["manifestMd5"];
    }
    const changed = ["manifestMd5", "includesDigest"].filter((name) => !sameValue(olds[name], news[name]));
    const [before, after] = [olds["dependencyDigest"], news["dependencyDigest"]];
    if (changed.length === 0 || typeof before !== "string" || typeof after !== "string") {
        return changed;
    }
    if (!areComparableDigests(before, after)) {
        return sameValue(olds["dependencies"], news["dependencies"]) ? [] : ["dependencies", "manifestMd5"];
    }
    return before === after ? [] : ["dependencyDigest"];
}
