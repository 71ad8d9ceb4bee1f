import { LayerError } from "../errors";
import type { LockedPackage, Manifest, SelectionSettings } from "./model";
import { normalizeName } from "./name";

/**
 * The project of a uv.lock that is asked for; undefined when nothing but groups of a root without a project are.
 *
 * @throws LayerError MANIFEST_SELECTION when `package` names none, or is needed and missing; lists the members
 */
export function rootOf(manifest: Manifest, settings: SelectionSettings): LockedPackage | undefined {
    const name = settings.package === undefined ? manifest.root : normalizeName(settings.package);
    const isGroupsOnly = name === undefined && settings.groups.length > 0 && manifest.groups !== undefined;
    if (isGroupsOnly) return undefined;
    const members = [...manifest.projects].sort();
    const root =
        name !== undefined && (members.includes(name) || name === manifest.root)
            ? manifest.packages.find((locked) => locked.name === name && isLocal(locked))
            : undefined;
    if (root !== undefined) return root;
    throw new LayerError("MANIFEST_SELECTION", {
        what:
            name === undefined
                ? `${manifest.path} locks a workspace whose root is no project, so the project to install must be named.`
                : `${manifest.path} locks no project ${name}.`,
        next:
            members.length === 0
                ? "Run uv lock in the folder of the project, and give that lock."
                : `Set package to one of: ${members.join(", ")}.`,
        property: "package",
    });
}

/**
 * The extras and groups asked for, normalised, each once.
 *
 * @throws LayerError MANIFEST_SELECTION for one that the manifest does not have; lists those it has
 */
export function extrasAndGroups(
    manifest: Manifest,
    root: LockedPackage | undefined,
    settings: SelectionSettings,
): { readonly extras: readonly string[]; readonly groups: readonly string[] } {
    const owner = root === undefined ? manifest.path : `${root.name} in ${manifest.path}`;
    return {
        extras: known("extra", settings.extras, root?.extras.keys() ?? [], owner),
        groups: known("group", settings.groups, (root?.groups ?? manifest.groups)?.keys() ?? [], owner),
    };
}

/** The names asked for, normalised, each once. @throws LayerError MANIFEST_SELECTION for an unknown one */
export function known(
    kind: "extra" | "group",
    asked: readonly string[],
    existing: Iterable<string>,
    owner: string,
): readonly string[] {
    const names = new Set(existing);
    const wanted = [...new Set(asked.map(normalizeName))];
    const unknown = wanted.filter((name) => !names.has(name));
    if (unknown.length === 0) return wanted;
    throw new LayerError("MANIFEST_SELECTION", {
        what: `There is no ${kind} ${unknown.join(" or ")} of ${owner}.`,
        next:
            names.size === 0
                ? `Leave out ${kind}s: it has none. If pyproject.toml has it, lock again.`
                : `Set ${kind}s to some of: ${[...names].sort().join(", ")}. If pyproject.toml has it, lock again.`,
        property: `${kind}s`,
    });
}

const isLocal = (locked: LockedPackage): boolean => locked.source.type === "directory";
