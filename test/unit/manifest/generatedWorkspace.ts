import fc from "fast-check";
import type { Architecture } from "../../../provider/target";
import { sampleWheel } from "../build/sampleFiles";
import type { Asked } from "./uvSelection";
import {
    type ConflictItem,
    type Group,
    type IndexPackage,
    type Member,
    type Outline,
    type Project,
    renderWorkspace,
    type Workspace,
} from "./workspaceFiles";

const indexNames = ["alpha", "beta", "gamma", "delta", "epsilon"];
const memberNames = ["app", "Core_Lib", "worker", "tools"];
// Names that uv normalises are among them.
const extraNames = ["cpu", "gpu", "Web.UI"];
const groupNames = ["dev", "Lambda_Fn", "ops"];
const versions = ["1.0", "2.0", "3.0"];

const markers = [
    "python_version < '3.12'",
    "python_version >= '3.12'",
    "python_full_version < '3.13.1'",
    "python_full_version >= '3.13.14'",
    "python_full_version >= '3.14'",
    "platform_machine == 'x86_64'",
    "platform_machine == 'aarch64'",
    "sys_platform == 'win32'",
    "sys_platform != 'darwin'",
    "sys_platform == 'linux' and python_version >= '3.11'",
    "platform_machine == 'aarch64' or python_version < '3.11'",
    "platform_python_implementation == 'PyPy'",
];

const subsetOf = <Item>(items: readonly Item[], maxLength = items.length): fc.Arbitrary<Item[]> =>
    fc.subarray([...items], { maxLength: Math.min(maxLength, items.length) });

/** `usual` for `weight` of `weight + 1` cases. */
const mostly = <Item>(usual: Item, other: fc.Arbitrary<Item>, weight: number): fc.Arbitrary<Item> =>
    fc.oneof({ arbitrary: fc.constant(usual), weight }, { arbitrary: other, weight: 1 });

const anySpecifier = mostly("", fc.constantFrom("<2", ">=2", "==1.0", "==3.0", "!=3.0", ">1,<3"), 1);
const noSpecifier = fc.constant("");

function requirementOf(
    names: readonly string[],
    extras: readonly string[],
    specifier: fc.Arbitrary<string> = anySpecifier,
    isWithExtra = false,
): fc.Arbitrary<string> {
    const someExtras = isWithExtra
        ? fc.subarray([...extras], { minLength: 1, maxLength: Math.min(2, extras.length) })
        : mostly<string[]>([], subsetOf(extras, 2), 2);
    return fc
        .tuple(fc.constantFrom(...names), someExtras, specifier, mostly("", fc.constantFrom(...markers), 4))
        .map(([name, some, versionSpecifier, marker]) => {
            const brackets = some.length === 0 ? "" : `[${some.join(",")}]`;
            return `${name}${brackets}${versionSpecifier}${marker === "" ? "" : ` ; ${marker}`}`;
        });
}

const fromIndex = requirementOf(indexNames, ["fast"]);

/** The packages of the index. Each release has needs and an extra of its own; mostly it needs later ones, so that there is a solution. */
const index: fc.Arbitrary<readonly IndexPackage[]> = fc
    .tuple(
        ...indexNames.map((_, position) => {
            const later = indexNames.filter((__, other) => other > position || (other + position) % 4 === 3);
            const specifier = mostly("", fc.constantFrom("<3", ">=2", "!=2.0"), 3);
            const release = fc.record({
                requires: fc.array(requirementOf(later, ["fast"], specifier), { maxLength: 1 }),
                fast: fc.array(fromIndex, { maxLength: 2 }),
            });
            return fc.array(release, { minLength: versions.length, maxLength: versions.length });
        }),
    )
    .map((packages) =>
        packages.flatMap((releases, position) =>
            releases.map(({ requires, fast }, release) => {
                const [name, version] = [indexNames[position] ?? "", versions[release] ?? ""];
                const optional = fast.map((requirement) => {
                    const [what, marker] = requirement.split(" ; ");
                    return `${what} ; ${marker === undefined ? "" : `(${marker}) and `}extra == 'fast'`;
                });
                return {
                    name,
                    version,
                    wheel: sampleWheel(name, version, [...requires, ...optional], ["fast"]),
                };
            }),
        ),
    );

function groupsOf(names: readonly string[], requirement: fc.Arbitrary<string>): fc.Arbitrary<Group[]> {
    return fc.tuple(
        ...names.map((name, position) =>
            fc.record({
                name: fc.constant(name),
                requirements: fc.array(requirement, { maxLength: 3 }),
                includes: mostly<string[]>([], subsetOf(names.slice(0, position), 1), 2),
                requiresPython: mostly<string | undefined>(undefined, fc.constantFrom(">=3.12", "<3.13"), 7),
            }),
        ),
    );
}

/** A project of the workspace, which may need itself, others of the workspace, and what is beside it. */
function projectOf(name: string, others: readonly string[]): fc.Arbitrary<Project> {
    return fc.tuple(subsetOf(extraNames), subsetOf(groupNames)).chain(([extras, groups]) => {
        const fromMember = others.length === 0 ? fromIndex : requirementOf(others, extraNames, noSpecifier);
        const fromItself = extras.length === 0 ? fromIndex : requirementOf([name], extras, noSpecifier, true);
        const anything = fc.oneof(
            { arbitrary: fromIndex, weight: 8 },
            { arbitrary: fromMember, weight: 4 },
            { arbitrary: fromItself, weight: 2 },
            { arbitrary: requirementOf(["vendored"], ["fast"], noSpecifier), weight: 1 },
        );
        const list = fc.array(anything, { maxLength: 3 });
        return fc.record({
            name: fc.constant(name),
            dependencies: fc.array(fc.oneof({ arbitrary: fromIndex, weight: 2 }, fromMember), {
                maxLength: 3,
            }),
            extras: fc
                .tuple(...extras.map(() => list))
                .map((lists) => lists.map((requirements, at) => ({ name: extras[at] ?? "", requirements }))),
            groups: groupsOf(groups, anything),
            legacyDev: mostly<string[]>([], fc.array(fromIndex, { minLength: 1, maxLength: 2 }), 7),
            isPackage: mostly(true, fc.constant(false), 5),
            /** As torch is locked: from one index for one extra or group, from another for the other. */
            twoIndexes: mostly<Project["twoIndexes"]>(
                undefined,
                fc.constantFrom(
                    ...(extras.includes("cpu") && extras.includes("gpu") ? (["extras"] as const) : []),
                    ...(groups.includes("dev") && groups.includes("ops") ? (["groups"] as const) : []),
                    "machines" as const,
                ),
                3,
            ),
        });
    });
}

const outline: fc.Arbitrary<Outline> = fc.record({
    root: fc.constantFrom("virtual" as const, "project" as const),
    requiresPython: fc.constantFrom(">=3.10", ">=3.10,<3.14", ">=3.12", ">=3.13.14"),
    settings: fc.record({
        environments: mostly<string[]>(
            [],
            fc.constantFrom(["sys_platform == 'linux'"], ["platform_machine == 'aarch64'"]),
            7,
        ),
        "override-dependencies": mostly<string[]>([], fc.constant(["delta<3"]), 7),
        "constraint-dependencies": mostly<string[]>([], fc.constant(["epsilon>1"]), 7),
        resolution: fc.constantFrom("highest", "highest", "lowest-direct"),
        "fork-strategy": fc.constantFrom("requires-python", "fewest"),
    }),
    defaultGroups: mostly<string[]>([], fc.constant(["dev"]), 3),
    index,
    rootGroups: subsetOf(groupNames).chain((names) => groupsOf(names, fromIndex)),
    vendored: fc.record({
        dependencies: fc.array(fromIndex, { maxLength: 2 }),
        fast: fc.array(fromIndex, { maxLength: 2 }),
        editable: fc.boolean(),
    }),
});

function conflictsOf(projects: readonly Project[]): fc.Arbitrary<ConflictItem[][]> {
    const items = projects.flatMap(({ name, extras, groups }): ConflictItem[] => [
        ...extras.map((extra) => ({ package: name, extra: extra.name })),
        ...groups.map((group) => ({ package: name, group: group.name })),
    ]);
    const setOf = (some: readonly ConflictItem[]) =>
        fc.subarray([...some], { maxLength: Math.min(3, some.length) });
    const set = fc.oneof(
        { arbitrary: setOf(items), weight: 5 },
        { arbitrary: setOf([...items, ...projects.map(({ name }) => ({ package: name }))]), weight: 1 },
    );
    // What comes from two indexes can't be locked otherwise.
    const needed = projects.flatMap(({ name, twoIndexes }): ConflictItem[][] => {
        if (twoIndexes === "extras") return [["cpu", "gpu"].map((extra) => ({ package: name, extra }))];
        return twoIndexes === "groups" ? [["dev", "ops"].map((group) => ({ package: name, group }))] : [];
    });
    return fc
        .array(set, { maxLength: 3 })
        .map((sets) => [...needed, ...sets.filter((each) => each.length > 1)]);
}

/** Workspaces of one to four projects, with everything that decides in uv what is installed. About half of them have a solution. */
const workspace: fc.Arbitrary<Workspace> = fc
    .integer({ min: 1, max: memberNames.length })
    .map((count) => memberNames.slice(0, count))
    .chain((names) =>
        fc.tuple(
            ...names.map((name) =>
                projectOf(
                    name,
                    names.filter((other) => other !== name),
                ),
            ),
        ),
    )
    .chain((projects) =>
        fc
            .tuple(outline, conflictsOf(projects))
            .map(([some, conflicts]) => renderWorkspace(some, projects, conflicts)),
    );

/** What is asked of a workspace, and for which target. */
export interface Question {
    readonly asked: Asked;
    /** Version of Python: `3.13`. */
    readonly minor: string;
    readonly architecture: Architecture;
}

function questionsOf({ members, root, rootGroups }: Workspace): fc.Arbitrary<Question[]> {
    const ofRoot = root === "project" ? (members[0]?.groups ?? []) : rootGroups;
    const about = ({ name, extras, groups }: Member, isNamed: boolean): fc.Arbitrary<Question> =>
        fc.record({
            asked: fc.record({
                extras: fc.subarray([...extras]),
                groups: fc.subarray([...new Set([...groups, ...ofRoot])]),
                ...(isNamed ? { package: fc.constant(name) } : {}),
            }),
            minor: fc.constantFrom("3.10", "3.11", "3.12", "3.13", "3.14"),
            architecture: fc.constantFrom("x86_64" as const, "arm64" as const),
        });
    const unnamed = members.slice(0, 1).map((member) => about(member, false));
    return fc.array(fc.oneof(...members.map((member) => about(member, true)), ...unnamed), {
        minLength: 3,
        maxLength: 6,
    });
}

/** A workspace, and a few questions about it. */
export const questionedWorkspace: fc.Arbitrary<{
    readonly generated: Workspace;
    readonly questions: readonly Question[];
}> = workspace.chain((generated) =>
    fc.record({ generated: fc.constant(generated), questions: questionsOf(generated) }),
);
