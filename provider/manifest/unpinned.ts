import { LayerError } from "../errors";
import type { Dependency } from "./model";
import { formatPosition } from "./position";

/** How many lines an error names. */
const mostShown = 6;

/**
 * Throws REQUIREMENT_UNPINNED for dependencies of an index without a version, with all of their lines. What a list leaves open is
 * resolved on demand alone.
 */
export function refuseUnpinned(dependencies: readonly Dependency[]): void {
    const open = dependencies
        .filter(({ source, version }) => source.type === "registry" && version === undefined)
        .sort((left, right) => left.position.line - right.position.line);
    const [first] = open;
    if (first === undefined) return;
    const lines = open.map(
        ({ name, specifier = "", position }) => `${name}${specifier} (${formatPosition(position)})`,
    );
    throw new LayerError("REQUIREMENT_UNPINNED", {
        what:
            open.length === 1
                ? `${first.name} is not pinned to one version.`
                : `${open.length} packages are not pinned to one version each: ${first.name} and others.`,
        where: formatPosition(first.position),
        detail:
            open.length === 1
                ? []
                : [
                      ...lines.slice(0, mostShown),
                      ...(open.length > mostShown ? [`… and ${open.length - mostShown} more`] : []),
                  ],
        next: [
            `Pin ${open.length === 1 ? `it, \`${first.name}==<version>\`,` : "them"} and everything that ${open.length === 1 ? "it needs" : "they need"}.`,
            "Or let `uv pip compile` or `pip-compile` write the list from your own, and name that one as the manifest.",
            "Or set resolveUnpinned: true, to have what the list leaves open resolved for each new version.",
        ],
        property: "manifest",
    });
}
