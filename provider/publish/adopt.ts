import { LayerError } from "../errors";
import { compareVersions, parseVersion } from "../manifest/version";
import { compatibleTags } from "../manifest/wheelTag";
import type { InstalledDistribution } from "../package/distributions";
import { describeTarget, type Target } from "../target";

/** How many differences an error lists. */
const mostDifferences = 8;

/**
 * What keeps an existing version from being taken over: everything in which its distributions differ from the
 * dependencies, or could not have been installed for the target. Empty when it is proved to hold the same.
 *
 * @param dependencies name → version, an empty version where it shows only once built
 */
export function findDifferences(
    installed: readonly InstalledDistribution[],
    dependencies: Readonly<Record<string, string>>,
    target: Target,
): string[] {
    const present = new Map(installed.map((distribution) => [distribution.name, distribution]));
    const acceptable = new Set(compatibleTags(target));
    const differences: string[] = [];
    for (const [name, version] of Object.entries(dependencies)) {
        const found = present.get(name);
        if (found === undefined) {
            differences.push(`${name} ${version} is not in it`);
        } else if (version !== "" && !isSameVersion(found.version, version)) {
            differences.push(`${name} is ${found.version} in it, and ${version} in the manifest`);
        } else if (found.python !== undefined && found.python !== target.pythonVersion) {
            differences.push(`${name} is in it for Python ${found.python} only`);
        } else if (!found.tags.some((tag) => acceptable.has(tag))) {
            differences.push(`${name} was built for ${found.tags.join(", ") || "nobody knows what"}`);
        }
    }
    for (const { name, version } of installed) {
        if (!Object.hasOwn(dependencies, name)) {
            differences.push(`${name} ${version} is in it, and not in the manifest`);
        }
    }
    return differences;
}

/** Refuses to take over a version that differs. */
export function requireSame(arn: string, differences: readonly string[], target: Target): void {
    if (differences.length === 0) {
        return;
    }
    const rest = differences.length - mostDifferences;
    throw new LayerError("ADOPTION_REFUSED", {
        what: `${arn} is not what the manifest says for ${describeTarget(target)}.`,
        detail: [...differences.slice(0, mostDifferences), ...(rest > 0 ? [`and ${rest} more`] : [])],
        next: "Give the manifest, target and excludes that it was built from, or leave adopt out: a new version is published then.",
        property: "adopt",
    });
}

/** Versions count as the same when PEP 440 says so: `1.0` and `1.0.0`. */
function isSameVersion(left: string, right: string): boolean {
    const [parsedLeft, parsedRight] = [parseVersion(left), parseVersion(right)];
    return parsedLeft === undefined || parsedRight === undefined
        ? left === right
        : compareVersions(parsedLeft, parsedRight) === 0;
}
