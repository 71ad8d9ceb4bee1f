import { sampleWheel } from "../build/sampleFiles";

/** A uv workspace on disk, and what can be asked of it. */
export interface Workspace {
    /** By path; the packages of its indexes are among them. */
    readonly files: Readonly<Record<string, string | Buffer>>;
    /** The projects; the first one is at the root unless that is virtual. */
    readonly members: readonly Member[];
    readonly root: "virtual" | "project";
    /** Groups of a root that is no project. */
    readonly rootGroups: readonly string[];
    /** The release that markers are to be evaluated for, by minor version, where that is not the usual one. */
    readonly pythons: Readonly<Record<string, string>>;
}

/** A project of a workspace. */
export interface Member {
    readonly name: string;
    readonly folder: string;
    readonly extras: readonly string[];
    readonly groups: readonly string[];
    /** Groups that are for some Pythons only. */
    readonly pythonGroups: readonly string[];
}

/** One release in the index. */
export interface IndexPackage {
    readonly name: string;
    readonly version: string;
    readonly wheel: Buffer;
}

export interface Group {
    readonly name: string;
    readonly requirements: readonly string[];
    readonly includes: readonly string[];
    readonly requiresPython: string | undefined;
}

export interface Project {
    readonly name: string;
    readonly dependencies: readonly string[];
    readonly extras: readonly { readonly name: string; readonly requirements: readonly string[] }[];
    readonly groups: readonly Group[];
    /** `[tool.uv] dev-dependencies` */
    readonly legacyDev: readonly string[];
    readonly isPackage: boolean;
    /** Whether and by what one package is taken from two indexes. */
    readonly twoIndexes: "extras" | "groups" | "machines" | undefined;
}

export interface Outline {
    readonly root: Workspace["root"];
    readonly requiresPython: string;
    /** Of `[tool.uv]`, for the whole workspace. */
    readonly settings: Readonly<Record<string, unknown>>;
    readonly defaultGroups: readonly string[];
    readonly index: readonly IndexPackage[];
    readonly rootGroups: readonly Group[];
    /** A package beside the workspace. */
    readonly vendored: {
        readonly dependencies: readonly string[];
        readonly fast: readonly string[];
        readonly editable: boolean;
    };
}

export interface ConflictItem {
    readonly package: string;
    readonly extra?: string;
    readonly group?: string;
}

const buildSystem = (): string =>
    `[build-system]\n${table({ requires: ["setuptools"], "build-backend": "setuptools.build_meta" })}`;

/** The files of a workspace. */
export function renderWorkspace(
    outline: Outline,
    projects: readonly Project[],
    conflicts: readonly (readonly ConflictItem[])[],
): Workspace {
    const isAtRoot = (position: number) => position === 0 && outline.root === "project";
    const members = projects.map(
        (project, position): Member => ({
            name: project.name,
            folder: isAtRoot(position) ? "." : `packages/${project.name}`,
            extras: project.extras.map(({ name }) => name),
            pythonGroups: project.groups
                .filter(({ requiresPython }) => requiresPython !== undefined)
                .map(({ name }) => name),
            groups: [
                ...new Set([
                    ...project.groups.map(({ name }) => name),
                    ...(project.legacyDev.length > 0 ? ["dev"] : []),
                ]),
            ],
        }),
    );
    const files: Record<string, string | Buffer> = {
        "vendor/vendored/pyproject.toml": vendoredText(outline),
        "first/zeta-1.0+first-py3-none-any.whl": sampleWheel("zeta", "1.0+first", ["alpha"]),
        "second/zeta-1.0+second-py3-none-any.whl": sampleWheel("zeta", "1.0+second"),
    };
    for (const { name, version, wheel } of outline.index) {
        files[`index/${name}-${version}-py3-none-any.whl`] = wheel;
    }
    const settings = { ...outline.settings, ...(conflicts.length > 0 ? { conflicts } : {}) };
    const workspaceText = workspaceTables(members);
    for (const [position, project] of projects.entries()) {
        const folder = members[position]?.folder ?? "";
        const isRoot = isAtRoot(position);
        const text = projectText(project, outline, members, folder, isRoot ? settings : {});
        files[isRoot ? "pyproject.toml" : `${folder}/pyproject.toml`] = text + (isRoot ? workspaceText : "");
    }
    if (outline.root === "virtual") {
        files["pyproject.toml"] =
            `${groupTables(outline.rootGroups)}[tool.uv]\n${table(settings)}${workspaceText}`;
    }
    return {
        files,
        members,
        root: outline.root,
        rootGroups: outline.root === "virtual" ? outline.rootGroups.map(({ name }) => name) : [],
        pythons: outline.requiresPython === ">=3.13.14" ? { "3.13": "3.13.14" } : {},
    };
}

function projectText(
    project: Project,
    outline: Outline,
    members: readonly Member[],
    folder: string,
    settings: Readonly<Record<string, unknown>>,
): string {
    const { twoIndexes } = project;
    const also = (isIt: boolean): string[] => (isIt ? ["zeta"] : []);
    const extras = project.extras.map(({ name, requirements }): [string, readonly string[]] => [
        name,
        [...requirements, ...also(twoIndexes === "extras" && ["cpu", "gpu"].includes(name))],
    ]);
    const groups = project.groups.map((group) => ({
        ...group,
        requirements: [
            ...group.requirements,
            ...also(twoIndexes === "groups" && ["dev", "ops"].includes(group.name)),
        ],
    }));
    const dependencies = [...project.dependencies, ...also(twoIndexes === "machines")];
    const names = [
        ...dependencies,
        ...extras.flatMap(([, requirements]) => requirements),
        ...groups.flatMap(({ requirements }) => requirements),
    ].map((requirement) => /^\w+/.exec(requirement)?.[0]);
    const toVendored = folder === "." ? "vendor/vendored" : "../../vendor/vendored";
    const sources = {
        ...Object.fromEntries(
            members.filter(({ name }) => names.includes(name)).map(({ name }) => [name, { workspace: true }]),
        ),
        ...(names.includes("vendored")
            ? { vendored: { path: toVendored, editable: outline.vendored.editable } }
            : {}),
        ...(twoIndexes === undefined ? {} : { zeta: zetaSources[twoIndexes] }),
    };
    const defaultGroups = outline.defaultGroups.filter((name) => groups.some((group) => group.name === name));
    return [
        `[project]\n${table({
            name: project.name,
            version: "1.0",
            "requires-python": outline.requiresPython,
            dependencies,
        })}`,
        `[project.optional-dependencies]\n${table(Object.fromEntries(extras))}`,
        groupTables(groups),
        `[tool.uv.sources]\n${table(sources)}`,
        `[tool.uv]\n${table({
            ...settings,
            package: project.isPackage,
            ...(defaultGroups.length > 0 ? { "default-groups": defaultGroups } : {}),
            ...(project.legacyDev.length > 0 ? { "dev-dependencies": project.legacyDev } : {}),
        })}`,
        project.isPackage ? buildSystem() : "",
    ].join("");
}

const zetaSources = {
    extras: [
        { index: "first", extra: "cpu" },
        { index: "second", extra: "gpu" },
    ],
    groups: [
        { index: "first", group: "dev" },
        { index: "second", group: "ops" },
    ],
    machines: [
        { index: "first", marker: "platform_machine == 'x86_64'" },
        { index: "second", marker: "platform_machine != 'x86_64'" },
    ],
};

function workspaceTables(members: readonly Member[]): string {
    const folders = members.map(({ folder }) => folder).filter((folder) => folder !== ".");
    const index = (some: Readonly<Record<string, unknown>>) =>
        `[[tool.uv.index]]\n${table({ format: "flat", ...some })}`;
    return [
        `[tool.uv.workspace]\n${table({ members: folders })}`,
        index({ url: "index", default: true }),
        index({ name: "first", url: "first", explicit: true }),
        index({ name: "second", url: "second", explicit: true }),
    ].join("");
}

function groupTables(groups: readonly Group[]): string {
    const pythons = groups.flatMap(({ name, requiresPython }) =>
        requiresPython === undefined ? [] : [[name, { "requires-python": requiresPython }] as const],
    );
    const lists = groups.map(({ name, requirements, includes }) => [
        name,
        [...requirements, ...includes.map((group) => ({ "include-group": group }))],
    ]);
    return `[dependency-groups]\n${table(Object.fromEntries(lists))}[tool.uv.dependency-groups]\n${table(Object.fromEntries(pythons))}`;
}

function vendoredText({ requiresPython, vendored }: Outline): string {
    const project = {
        name: "vendored",
        version: "1.0",
        "requires-python": requiresPython,
        dependencies: vendored.dependencies,
    };
    return `[project]\n${table(project)}[project.optional-dependencies]\n${table({ fast: vendored.fast })}${buildSystem()}`;
}

/** The lines of a TOML table. */
function table(entries: Readonly<Record<string, unknown>>): string {
    return Object.entries(entries)
        .map(([key, value]) => `${JSON.stringify(key)} = ${toml(value)}\n`)
        .join("");
}

function toml(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)} = ${toml(item)}`);
    return `{ ${entries.join(", ")} }`;
}
