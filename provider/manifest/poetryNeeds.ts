import type { Holds } from "./activation";
import type { LockedPackage, Position, Requirement } from "./model";

/**
 * What each of these packages of a poetry.lock needs of the others, by name, with the extras that others ask for. What
 * the project itself asks for, extras included, is not in the lock.
 */
export function poetryNeeds(
    packages: readonly LockedPackage[],
    holds: Holds,
): ReadonlyMap<string, ReadonlySet<string>> {
    const needs = new Map<string, Set<string>>(packages.map(({ name }) => [name, new Set()]));
    const byName = new Map(packages.map((locked) => [locked.name, locked]));
    const add = (from: string, requirement: Requirement, position: Position): void => {
        const required = byName.get(requirement.name);
        const known = needs.get(from);
        if (required === undefined || known === undefined) return;
        if (!holds(requirement.marker, requirement.name, position)) return;
        const isNew = !known.has(required.name);
        known.add(required.name);
        if (!isNew) return;
        for (const extra of requirement.extras) {
            for (const more of required.extras.get(extra) ?? []) add(required.name, more, position);
        }
    };
    for (const { name, requirements, position } of packages) {
        for (const requirement of requirements) add(name, requirement, position);
    }
    return needs;
}
