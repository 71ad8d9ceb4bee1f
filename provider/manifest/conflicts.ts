import { LayerError } from "../errors";
import type { Activation } from "./activation";
import type { Chosen } from "./chosen";
import { encodeExtra, encodeGroup, encodeProject } from "./marker";
import type { LockedPackage, Manifest, Requirement } from "./model";

type Item = Manifest["conflicts"][number][number];

/**
 * The extras, groups and projects that are active in a selection, as conflict markers write them.
 *
 * Which extras are active follows from which requirements apply, and that from the markers, which ask what is active. So
 * it is closed in from both sides: what is active whatever the rest is, and what is active at most (the well-founded
 * model). The sides meet but where two extras are active just when the other is not; uv refuses to export such a lock.
 *
 * @param extrasIn the extras that the requirements which apply ask for
 */
export function activeItems(
    chosen: Chosen,
    extrasIn: (activation: Activation) => Iterable<string>,
): Activation {
    const start = startingItems(chosen);
    const closeIn = (possibleExtras: ReadonlySet<string>): ReadonlySet<string> => {
        let extras: ReadonlySet<string> = start;
        for (;;) {
            const more = new Set([...extras, ...extrasIn({ extras, possibleExtras })]);
            if (more.size === extras.size) return extras;
            extras = more;
        }
    };
    let extras: ReadonlySet<string> = start;
    for (;;) {
        const possibleExtras = closeIn(extras);
        const certain = closeIn(possibleExtras);
        if (certain.size === extras.size) return { extras, possibleExtras };
        extras = certain;
    }
}

/** What is active because it was chosen. As uv has it, an extra or group that adds nothing is not. */
function startingItems({ project, extras, groups }: Chosen): ReadonlySet<string> {
    const isFilled = (requirements: readonly Requirement[] = []) => requirements.length > 0;
    return new Set([
        ...(project === undefined ? [] : [encodeProject(project.name)]),
        ...(project === undefined
            ? []
            : extras
                  .filter((extra) => isFilled(project.extras.get(extra)))
                  .map((extra) => encodeExtra(project.name, extra))),
        ...groups.flatMap(({ name, owner, requirements }) =>
            owner !== undefined && isFilled(requirements) ? [encodeGroup(owner.name, name)] : [],
        ),
    ]);
}

/**
 * Refuses two items of a set of conflicts, as uv does: extras that are active, wherever they are asked for, and extras,
 * groups and projects that are chosen by name in a project of the workspace that is installed.
 *
 * @throws LayerError MANIFEST_SELECTION
 */
export function refuseConflicts(manifest: Manifest, chosen: Chosen, active: ReadonlySet<string>): void {
    if (manifest.conflicts.length === 0) return;
    const projects = installedProjects(manifest, chosen);
    const groups = new Set(chosen.groups.map(({ name }) => name));
    const isChosen = ({ package: name, extra, group }: Item): boolean => {
        if (!projects.has(name)) return false;
        if (extra !== undefined) return chosen.extras.includes(extra);
        return group === undefined ? chosen.project !== undefined : groups.has(group);
    };
    const isActive = ({ package: name, extra }: Item): boolean =>
        extra !== undefined && active.has(encodeExtra(name, extra));
    for (const set of manifest.conflicts) {
        for (const items of [set.filter(isChosen), set.filter(isActive)]) {
            if (items.length > 1) throw conflict(manifest, items);
        }
    }
}

/** Names of the chosen project and of the workspace's projects that it leads to, whatever the markers on the way. */
function installedProjects(manifest: Manifest, { project, extras, groups }: Chosen): ReadonlySet<string> {
    const byName = new Map(manifest.packages.map((locked): [string, LockedPackage] => [locked.name, locked]));
    const seen = new Set<string>();
    const queue = groups.flatMap(({ owner, requirements }) => (owner === undefined ? [] : [requirements]));
    const enter = (name: string, extra = ""): void => {
        const locked = byName.get(name);
        if (locked === undefined || seen.has(`${name} ${extra}`)) return;
        seen.add(`${name} ${extra}`);
        queue.push(extra === "" ? locked.requirements : (locked.extras.get(extra) ?? []));
    };
    if (project !== undefined) for (const extra of ["", ...extras]) enter(project.name, extra);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        for (const requirement of next) {
            for (const extra of ["", ...requirement.extras]) enter(requirement.name, extra);
        }
    }
    const owners = project === undefined ? groups.flatMap(({ owner }) => owner?.name ?? []) : [];
    return new Set([...owners, ...manifest.projects.filter((name) => seen.has(`${name} `))]);
}

function conflict(manifest: Manifest, items: readonly Item[]): LayerError {
    const names = items.map(({ package: name, extra, group }) =>
        extra !== undefined
            ? `extra ${extra} of ${name}`
            : group !== undefined
              ? `group ${group} of ${name}`
              : name,
    );
    return new LayerError("MANIFEST_SELECTION", {
        what: `${names.join(" and ")} exclude each other: ${manifest.path} declares them as conflicts.`,
        next: "Choose extras and groups that lead to one of them only, and make a second layer for the other.",
        property: items.some(({ extra }) => extra !== undefined)
            ? "extras"
            : items.some(({ group }) => group !== undefined)
              ? "groups"
              : "package",
    });
}
