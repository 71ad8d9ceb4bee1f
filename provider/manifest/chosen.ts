import { LayerError } from "../errors";
import type { LockedPackage, Manifest, Requirement, SelectionSettings } from "./model";
import { normalizeName } from "./name";

/** What a selection from a uv.lock starts from. */
export interface Chosen {
    /** The project whose needs are installed; undefined when groups alone are asked for. */
    readonly project: LockedPackage | undefined;
    /** The project that the layer is for, which is never in it, also where its groups alone are asked for. */
    readonly leftOut: LockedPackage | undefined;
    /** Extras of the project, normalised, each once. */
    readonly extras: readonly string[];
    readonly groups: readonly ChosenGroup[];
}

/** A dependency group (PEP 735) that was asked for. */
export interface ChosenGroup {
    /** Normalised. */
    readonly name: string;
    /** The project that declares it; undefined for the workspace's root where that is no project. */
    readonly owner: LockedPackage | undefined;
    readonly requirements: readonly Requirement[];
    /** PEP 440 specifiers of the Pythons that the group is for, where it has its own. */
    readonly requiresPython: string | undefined;
}

/**
 * The project, extras and groups of a uv.lock that are asked for, as uv takes them: without `package` the project at the
 * root or the only member of the workspace; a group is the project's own, or else the one of the workspace's root.
 *
 * @throws LayerError MANIFEST_EMPTY when the lock has no packages; MANIFEST_SELECTION when `package` names no project, or
 * is needed and missing, and for an unknown extra or group; the message lists those there are
 */
export function chosenOf(manifest: Manifest, settings: SelectionSettings): Chosen {
    const project = projectOf(manifest, settings);
    const owner = project === undefined ? manifest.path : `${project.name} in ${manifest.path}`;
    const own = project === undefined ? [] : groupsOf(project);
    const ofRoot = groupsOf(manifest.packages.find(({ name }) => name === manifest.root) ?? manifest);
    // uv adds up groups of one name where it is not told a member of a workspace whose root is no project.
    const addsUp = settings.package === undefined && manifest.root === undefined;
    const inherited = ofRoot.filter(({ name }) => addsUp || own.every((group) => group.name !== name));
    const groups = project !== undefined && project.name === manifest.root ? own : [...own, ...inherited];
    const names = groups.map(({ name }) => name);
    const asked = new Set(groupsAsked(settings, names, owner));
    const isAlone = asksForGroupsAlone(settings);
    return {
        project: isAlone ? undefined : project,
        leftOut: project,
        extras: isAlone ? [] : known("extra", settings.extras, project?.extras.keys() ?? [], owner),
        groups: groups.filter(({ name }) => asked.has(name)),
    };
}

/** The groups of a project, or of a workspace's root that is none. */
function groupsOf(owner: LockedPackage | Manifest): readonly ChosenGroup[] {
    return [...(owner.groups ?? [])].map(([name, requirements]) => ({
        name,
        owner: "name" in owner ? owner : undefined,
        requirements,
        requiresPython: owner.groupPythons?.get(name),
    }));
}

function projectOf(manifest: Manifest, settings: SelectionSettings): LockedPackage | undefined {
    const { path, packages } = manifest;
    const members = [...manifest.projects].sort();
    const name =
        settings.package === undefined
            ? (manifest.root ?? (members.length === 1 ? members[0] : undefined))
            : normalizeName(settings.package);
    if (packages.length === 0) {
        throw new LayerError("MANIFEST_EMPTY", {
            what: `${path} has no packages.`,
            next: "Add a dependency, with `uv add` for instance, and commit the lock.",
            property: "manifest",
        });
    }
    const asksForGroups = settings.groups.length > 0 || asksForGroupsAlone(settings);
    if (name === undefined && members.length === 0 && asksForGroups) return undefined;
    const project = packages.find(
        (locked) =>
            locked.name === name &&
            (members.includes(name) || name === manifest.root) &&
            locked.source.type === "directory",
    );
    if (project !== undefined) return project;
    const groups = [...(manifest.groups?.keys() ?? [])].sort();
    throw new LayerError("MANIFEST_SELECTION", {
        what:
            name !== undefined
                ? `${path} locks no project ${name}.`
                : members.length === 0
                  ? `${path} locks no project${groups.length === 0 ? "" : ", only groups"}.`
                  : `${path} locks a workspace whose root is no project, so the project to install must be named.`,
        next:
            members.length > 0
                ? `Set package to one of: ${members.join(", ")}.`
                : groups.length > 0
                  ? `Leave out package, and set groups to some of: ${groups.join(", ")}.`
                  : "Run uv lock in the folder of the project, and give that lock.",
        property: name === undefined && groups.length > 0 && members.length === 0 ? "groups" : "package",
    });
}

/** Whether groups are asked for alone, without what else is installed by default. */
export const asksForGroupsAlone = ({ onlyGroups = [] }: Pick<SelectionSettings, "onlyGroups">): boolean =>
    onlyGroups.length > 0;

/**
 * The groups asked for, beside what is installed by default or alone, normalised, each once.
 *
 * @throws LayerError MANIFEST_SELECTION for an unknown one, and for groups alone together with others or extras, as uv refuses them
 */
export function groupsAsked(
    settings: Pick<SelectionSettings, "extras" | "groups" | "onlyGroups">,
    existing: Iterable<string>,
    owner: string,
): readonly string[] {
    const { extras, groups, onlyGroups = [] } = settings;
    if (onlyGroups.length === 0) return known("group", groups, existing, owner);
    const other = groups.length > 0 ? "groups" : extras.length > 0 ? "extras" : undefined;
    if (other === undefined) return known("group", onlyGroups, existing, owner, "onlyGroups");
    throw new LayerError("MANIFEST_SELECTION", {
        what: `onlyGroups asks for groups alone, and ${other} for something beside them.`,
        next:
            other === "groups"
                ? "Name all of them in onlyGroups, or all in groups, which adds them to the main dependencies."
                : "Leave out extras, or name the groups in groups, which adds them to the main dependencies.",
        property: "onlyGroups",
    });
}

/** The names asked for, normalised, each once. @throws LayerError MANIFEST_SELECTION for an unknown one */
export function known(
    kind: "extra" | "group",
    asked: readonly string[],
    existing: Iterable<string>,
    owner: string,
    property = `${kind}s`,
): readonly string[] {
    const names = new Set(existing);
    const wanted = [...new Set(asked.map(normalizeName))];
    const unknown = wanted.filter((name) => !names.has(name));
    if (unknown.length === 0) return wanted;
    throw new LayerError("MANIFEST_SELECTION", {
        what: `There is no ${kind} ${unknown.join(" or ")} of ${owner}.`,
        next:
            names.size === 0
                ? `Leave out ${property}: it has none. If pyproject.toml has it, lock again.`
                : `Set ${property} to some of: ${[...names].sort().join(", ")}. If pyproject.toml has it, lock again.`,
        property,
    });
}
