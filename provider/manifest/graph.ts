import { LayerError } from "../errors";
import type { Target } from "../target";
import { type Holds, markersFor } from "./activation";
import type { Doubt, LockedPackage, Manifest, Requirement, SelectionSettings, Source } from "./model";
import { formatPosition } from "./position";
import { extrasAndGroups, rootOf } from "./root";

/** An extra of a package that something asked for. */
interface ActiveExtra {
    readonly name: string;
    readonly extra: string;
}

/** What one walk came to. */
interface Walk {
    readonly packages: ReadonlySet<LockedPackage>;
    readonly extras: readonly ActiveExtra[];
    /** Direct needs by name; those of the root and of the groups under "". */
    readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a selection needs. */
export interface Needed {
    readonly packages: readonly LockedPackage[];
    readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
    /** Names that are asked for directly; absent where the manifest does not tell. */
    readonly direct?: ReadonlySet<string> | undefined;
}

/**
 * The packages of a uv.lock that the chosen project, extras and groups need, the project itself left out: what
 * `uv export --no-default-groups` names.
 *
 * @throws LayerError MANIFEST_SELECTION when no project is chosen, an extra or group is unknown, or two that exclude
 * each other are asked for; MANIFEST_SYNTAX when the lock lacks a package that it needs
 */
export function walkGraph(
    manifest: Manifest,
    settings: SelectionSettings,
    target: Target,
    doubts: Doubt[],
): Needed {
    const root = rootOf(manifest, settings);
    const { extras, groups } = extrasAndGroups(manifest, root, settings);
    const find = finder(manifest);
    const rootExtras = root === undefined ? [] : extras.map((extra) => ({ name: root.name, extra }));
    const groupsOf = root === undefined ? [] : groups.map((group) => ({ name: root.name, group }));
    const projects = root === undefined ? [] : [root.name];
    const entries = groups.flatMap((group) => (root?.groups ?? manifest.groups)?.get(group) ?? []);

    const walk = (active: readonly ActiveExtra[], found: Doubt[]): Walk => {
        const holds = markersFor(target, { extrasOf: active, groupsOf, projects }, found);
        return follow({ root, extras, entries, find, holds });
    };
    // Markers of a lock with conflicts ask which extras are active anywhere in the graph, which only a walk can tell:
    // walk until it tells nothing new. Without conflicts no marker asks, and one walk is enough.
    let active: readonly ActiveExtra[] = rootExtras;
    while (manifest.conflicts.length > 0) {
        const next = distinct([...active, ...walk(active, []).extras]);
        if (next.length === active.length) break;
        active = next;
    }
    refuseConflicts(manifest, active, groupsOf, projects);
    const { packages, needs } = walk(active, doubts);
    return {
        packages: [...packages].filter((locked) => locked !== root),
        needs,
        direct: needs.get("") ?? new Set(),
    };
}

interface Start {
    readonly root: LockedPackage | undefined;
    readonly extras: readonly string[];
    /** What the chosen groups require. */
    readonly entries: readonly Requirement[];
    readonly find: (requirement: Requirement, from: LockedPackage | undefined, holds: Holds) => LockedPackage;
    readonly holds: Holds;
}

/** Follows requirements breadth first, each package and each of its extras once. */
function follow({ root, extras, entries, find, holds }: Start): Walk {
    const packages = new Set<LockedPackage>();
    const active = new Map<string, ActiveExtra>();
    const queue: { readonly from: LockedPackage; readonly requirements: readonly Requirement[] }[] = [];
    const seenExtras = new Map<LockedPackage, Set<string>>();
    const needs = new Map<string, Set<string>>();
    const enter = (locked: LockedPackage, wanted: readonly string[]): void => {
        if (!packages.has(locked)) {
            packages.add(locked);
            queue.push({ from: locked, requirements: locked.requirements });
        }
        const seen = seenExtras.get(locked) ?? new Set();
        seenExtras.set(locked, seen);
        for (const extra of wanted) {
            if (seen.has(extra)) continue;
            seen.add(extra);
            active.set(`${locked.name} ${extra}`, { name: locked.name, extra });
            queue.push({ from: locked, requirements: locked.extras.get(extra) ?? [] });
        }
    };
    const require = (requirement: Requirement, from: LockedPackage | undefined): void => {
        const position = from?.position ?? find(requirement, from, holds).position;
        if (!holds(requirement.marker, requirement.name, position)) return;
        const needing = from === undefined || from === root ? "" : from.name;
        const known = needs.get(needing) ?? new Set();
        needs.set(needing, known.add(requirement.name));
        enter(find(requirement, from, holds), requirement.extras);
    };
    if (root !== undefined) enter(root, extras);
    for (const requirement of entries) require(requirement, root);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const requirement of next.requirements) require(requirement, next.from);
    }
    return { packages, extras: [...active.values()], needs };
}

/** Finds the locked package that a requirement means, also where forks lock several of one name. */
function finder(manifest: Manifest): Start["find"] {
    const byName = new Map<string, LockedPackage[]>();
    for (const locked of manifest.packages) {
        const others = byName.get(locked.name);
        if (others === undefined) byName.set(locked.name, [locked]);
        else others.push(locked);
    }
    return (requirement, from, holds) => {
        const named = byName.get(requirement.name) ?? [];
        const meant = named.length < 2 ? named : named.filter((locked) => isMeant(requirement, locked));
        // Requirements that carry no version (a root without project) leave it to the fork that the target is in.
        const found =
            meant.length < 2
                ? meant
                : meant.filter((locked) => holds(locked.marker, locked.name, locked.position));
        if (found[0] !== undefined) return found[0];
        throw new LayerError("MANIFEST_SYNTAX", {
            what: `${manifest.path} locks no package for ${from?.name ?? "the workspace"}'s requirement ${requirement.name}${requirement.version === undefined ? "" : ` ${requirement.version}`}.`,
            ...(from === undefined ? {} : { where: formatPosition(from.position) }),
            next: "Run uv lock, and commit the lock that it writes.",
            property: "manifest",
        });
    };
}

const isMeant = (requirement: Requirement, locked: LockedPackage): boolean =>
    (requirement.version === undefined || requirement.version === locked.version) &&
    (requirement.source === undefined || sourceKey(requirement.source) === sourceKey(locked.source));

/** Equal for equal sources, whatever the order of their keys. */
const sourceKey = (source: Source): string => JSON.stringify(Object.entries(source).sort());

function distinct(extras: readonly ActiveExtra[]): readonly ActiveExtra[] {
    return [...new Map(extras.map((active) => [`${active.name} ${active.extra}`, active])).values()];
}

function refuseConflicts(
    manifest: Manifest,
    extras: readonly ActiveExtra[],
    groups: readonly { readonly name: string; readonly group: string }[],
    projects: readonly string[],
): void {
    for (const set of manifest.conflicts) {
        const active = set.filter(({ package: name, extra, group }) => {
            if (extra !== undefined) return extras.some((item) => item.name === name && item.extra === extra);
            if (group !== undefined) return groups.some((item) => item.name === name && item.group === group);
            return projects.includes(name);
        });
        if (active.length < 2) continue;
        const names = active.map(({ package: name, extra, group }) =>
            extra !== undefined
                ? `extra ${extra} of ${name}`
                : group !== undefined
                  ? `group ${group} of ${name}`
                  : name,
        );
        throw new LayerError("MANIFEST_SELECTION", {
            what: `${names.join(" and ")} exclude each other: ${manifest.path} declares them as conflicts.`,
            next: "Ask for one of them in extras and groups, and make a second layer for the other.",
            property: active.some(({ extra }) => extra !== undefined) ? "extras" : "groups",
        });
    }
}
