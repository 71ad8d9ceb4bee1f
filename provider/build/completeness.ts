import { LayerError } from "../errors";
import type { Dependency } from "../manifest/model";
import { formatPosition } from "../manifest/position";
import { describeTarget } from "../target";
import type { BuildContext } from "./context";
import type { Lookup } from "./lookup";
import type { Wheel } from "./model";
import { type ResolvedLine, resolveList } from "./resolveList";
import type { Tool } from "./tool";

/**
 * Throws REQUIREMENTS_INCOMPLETE when something that a dependency of a requirements.txt needs on the target is not in the list:
 * resolving a complete list, with dependencies, adds nothing. Also where its lines contradict each other, see {@link resolveList}.
 *
 * `wheels` are those at hand already, by name: their own metadata is read, since no index knows what was built here.
 */
export async function checkComplete(
    dependencies: readonly Dependency[],
    wheels: ReadonlyMap<string, Wheel>,
    lookup: Lookup,
    tool: Tool,
    context: BuildContext,
): Promise<void> {
    const lines = await resolveList(dependencies, wheels, { adds: false }, lookup, tool, context);
    refuseIncomplete(lines, dependencies, lookup);
}

/** Throws REQUIREMENTS_INCOMPLETE when the resolution has what the list has not. */
export function refuseIncomplete(
    resolved: readonly ResolvedLine[],
    dependencies: readonly Dependency[],
    lookup: Lookup,
): void {
    const listed = new Set(dependencies.map(({ name }) => name));
    const missing = resolved.filter(({ name }) => !listed.has(name));
    if (missing.length > 0) throw incomplete(missing, dependencies, lookup);
}

const mostShown = 6;

function incomplete(
    missing: readonly ResolvedLine[],
    dependencies: readonly Dependency[],
    lookup: Lookup,
): LayerError {
    const first = dependencies.find(({ name }) => missing.some(({ neededBy }) => neededBy.includes(name)));
    return new LayerError("REQUIREMENTS_INCOMPLETE", {
        what:
            `${lookup.manifest.path} does not list everything that its packages need on ${describeTarget(lookup.target)}: ` +
            `${missing.length} ${missing.length === 1 ? "package is" : "packages are"} missing.`,
        ...(first === undefined ? {} : { where: formatPosition(first.position) }),
        detail: [
            ...missing
                .slice(0, mostShown)
                .map(({ name, neededBy }) => `${name}, needed by ${neededBy.join(", ") || "the list"}`),
            ...(missing.length > mostShown ? [`… and ${missing.length - mostShown} more`] : []),
        ],
        next: [
            `Write the complete list: \`uv pip compile ${lookup.manifest.path} --generate-hashes -o <complete list>\`, and name that one as the manifest.`,
            "Or set resolveUnpinned: true, to have what the list leaves open resolved for each new version.",
        ],
    });
}
