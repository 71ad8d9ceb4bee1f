import { LayerError } from "../errors";
import { describeTarget, type Target } from "../target";
import { allowedTarget } from "./allowedTarget";
import { chooseFile, describeMissingWheel, isSdist, waysOut } from "./chooseFile";
import { excludedNames, excludesPackages, type Need, namesLeftOut, runtimeNeeds } from "./exclude";
import type { Needed } from "./graph";
import type { Dependency, Doubt, LockedPackage, Manifest, Selection, SelectionSettings } from "./model";
import { normalizeName } from "./name";
import { neededPackages } from "./neededPackages";
import { formatPosition } from "./position";
import { runtimeProvided } from "./runtimeProvided";
import { tagRanks } from "./wheelTag";

/**
 * What of a manifest would be installed for a target: each package with the one file that an installer would take.
 *
 * The project itself is never part of it; workspace and path packages that it needs are, unless `localPackages` is
 * false, in which case only what they need is.
 *
 * @throws LayerError MANIFEST_TARGET when the manifest was not made for the target; MANIFEST_SELECTION for an unknown
 * project, extra or group, or ones that exclude each other; WHEEL_NOT_FOUND when a package has files, but none for
 * the target; SOURCE_BUILD_REFUSED for a project that is not at the top of its archive; MANIFEST_EMPTY when nothing is left; MANIFEST_SYNTAX for an unreadable marker
 */
export function selectDependencies(
    manifest: Manifest,
    settings: SelectionSettings,
    asked: Target,
): Selection {
    const doubts: Doubt[] = [...manifest.doubts];
    const target = allowedTarget(manifest, settings, asked, doubts);
    const needed = neededPackages(manifest, settings, target, doubts);
    const candidates = oneOfEachName(
        manifest,
        needed.packages.filter((locked) => isInstalled(locked, settings) && !isProject(locked, manifest)),
    );
    const { leftOut, needs } = leftOutOf(manifest, candidates, needed, settings);
    const installed = candidates.filter(({ name }) => !leftOut.has(name));
    if (installed.length === 0) throw nothingSelected(manifest, settings, needed.packages, target);

    const ranks = tagRanks(target);
    const sourceBuilds = new Set(settings.allowSourceBuilds.map(normalizeName));
    const missing: LockedPackage[] = [];
    const dependencies = installed.map((locked): Dependency => {
        const choice = chooseFile(locked, ranks, sourceBuilds.has(locked.name));
        if (choice.type === "none") missing.push(locked);
        if (choice.type === "file") refusePartOf(locked, choice.file.filename);
        if (
            choice.type === "open" &&
            manifest.kind !== "requirements.txt" &&
            locked.source.type === "registry" &&
            locked.hashes.length === 0 &&
            locked.version !== undefined
        ) {
            doubts.push({
                reason: `${locked.name} is locked without its files`,
                position: locked.position,
                next: "Lock again with a current version of the tool.",
            });
        }
        if (locked.version === undefined && locked.source.type === "registry") doubts.push(unpinned(locked));
        return {
            name: locked.name,
            ...(locked.unnamed === undefined ? {} : { unnamed: locked.unnamed }),
            ...(locked.version === undefined ? {} : { version: locked.version }),
            ...(locked.version !== undefined || locked.specifier === undefined
                ? {}
                : { specifier: locked.specifier }),
            source: locked.source,
            ...(choice.type === "file" ? { file: choice.file } : {}),
            hashes: choice.type === "file" ? [] : [...new Set(locked.hashes)].sort(),
            ...requestedExtras(locked),
            position: locked.position,
        };
    });
    if (missing.length > 0) throw wheelNotFound(missing, target);
    const names = new Set(manifest.packages.map(({ name }) => name));
    const unknown = (given: ReadonlySet<string>) => [...given].filter((name) => !names.has(name));
    return {
        dependencies,
        doubts: distinctDoubts(doubts),
        runtimeNeeds: needs,
        projectLines: needed.packages
            .filter((locked) => isProject(locked, manifest))
            .map(({ position }) => position),
        unknownExcludes: unknown(excludedNames(settings)),
        unknownSourceBuilds: unknown(sourceBuilds),
    };
}

/** Throws SOURCE_BUILD_REFUSED for a project that is not at the top of its source archive: only the top is built. */
function refusePartOf({ name, source, position }: LockedPackage, filename: string): void {
    if (source.type !== "url" || source.subdirectory === undefined || !isSdist(filename)) return;
    throw new LayerError("SOURCE_BUILD_REFUSED", {
        what: `${name} is to be built from the folder ${source.subdirectory} of ${filename}, and an archive is only built from its top.`,
        where: formatPosition(position),
        next: [
            `Name its repository instead: ${name} @ git+https://<host>/<repository>@<commit>#subdirectory=${source.subdirectory}`,
            `Or build its wheel once (\`uv build --wheel <folder>\`), and name that one.`,
        ],
        property: "manifest",
    });
}

/**
 * What is kept out, and why the runtime's packages are not. A requirements.txt does not tell what needs what: there only the names themselves go,
 * and what only they needed goes when the list is built. A pylock.toml and a Pipfile.lock do not tell either, and are complete: the names go,
 * the runtime's all together, and what they alone needed stays.
 */
function leftOutOf(
    manifest: Manifest,
    candidates: readonly LockedPackage[],
    { needs, direct }: Needed,
    settings: SelectionSettings,
): { readonly leftOut: ReadonlySet<string>; readonly needs: readonly Need[] } {
    if (manifest.kind === "requirements.txt") return { leftOut: excludedNames(settings), needs: [] };
    if (listsOnly(manifest)) {
        const runtime = settings.excludeRuntimeProvided === true ? runtimeProvided : [];
        return { leftOut: new Set([...excludedNames(settings), ...runtime]), needs: [] };
    }
    if (!excludesPackages(settings)) return { leftOut: new Set(), needs: [] };
    const graph = { installed: candidates.map(({ name }) => name), needs, direct };
    return { leftOut: namesLeftOut(graph, settings), needs: runtimeNeeds(graph, settings) };
}

/** What a line comes to shows only once a version is made, see `unpinned.ts`. */
const unpinned = ({ name, position }: LockedPackage): Doubt => ({
    reason: `${name} is not pinned to one version`,
    position,
    next: "Its version is settled whenever a layer version is made.",
});

/** What the line of a requirements.txt asks for in brackets, in a fixed order. */
const requestedExtras = ({ requestedExtras: extras = [] }: LockedPackage): Pick<Dependency, "extras"> =>
    extras.length === 0 ? {} : { extras: [...new Set(extras)].sort() };

/** Whether a needed package is put into the layer. */
function isInstalled({ source }: LockedPackage, settings: SelectionSettings): boolean {
    if (source.type === "path") return settings.localPackages;
    if (source.type !== "directory") return true;
    return settings.localPackages && !source.virtual;
}

/** Whether a manifest lists what is installed, complete, and not what needs what. */
const listsOnly = ({ kind }: Manifest): boolean => kind === "pylock.toml" || kind === "Pipfile.lock";

/** Whether an entry of a list asks for the folder that the file is in: the project itself, which is never in the layer. */
const isProject = ({ source }: LockedPackage, manifest: Manifest): boolean =>
    (manifest.kind === "requirements.txt" || listsOnly(manifest)) &&
    source.type === "directory" &&
    source.path === ".";

/** The packages by name, each once. @throws LayerError MANIFEST_SELECTION when two versions of one are left */
function oneOfEachName(manifest: Manifest, packages: readonly LockedPackage[]): readonly LockedPackage[] {
    const byName = new Map<string, LockedPackage>();
    for (const locked of packages) {
        const other = byName.get(locked.name);
        if (other === undefined) byName.set(locked.name, locked);
        else if (other.version === locked.version && other.source.type === locked.source.type) {
            byName.set(locked.name, {
                ...other,
                hashes: [...other.hashes, ...locked.hashes],
                requestedExtras: [...(other.requestedExtras ?? []), ...(locked.requestedExtras ?? [])],
            });
        } else {
            throw new LayerError("MANIFEST_SELECTION", {
                what: `${manifest.path} has two of ${locked.name} for the same target: ${other.version ?? "one"} and ${locked.version ?? "another"}.`,
                where: `${formatPosition(other.position)} and ${formatPosition(locked.position)}`,
                next: "Give them environment markers that exclude each other, or keep one of them.",
                property: "manifest",
            });
        }
    }
    return [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function wheelNotFound(missing: readonly LockedPackage[], target: Target): LayerError {
    const [first] = missing;
    const described = missing.slice(0, 3);
    const lines = described.flatMap((locked) => describeMissingWheel(locked, target, missing.length === 1));
    return new LayerError("WHEEL_NOT_FOUND", {
        what: `${missing.length === 1 ? `${first?.name} has` : `${missing.length} packages have`} no wheel for ${describeTarget(target)}.`,
        where: missing
            .slice(0, 3)
            .map(({ position }) => formatPosition(position))
            .join(", "),
        detail:
            missing.length > described.length
                ? [...lines, `and ${missing.length - described.length} more`]
                : lines,
        next: waysOut(missing, target),
        property: "manifest",
    });
}

function nothingSelected(
    manifest: Manifest,
    settings: SelectionSettings,
    needed: readonly LockedPackage[],
    target: Target,
): LayerError {
    const asked = [
        ...settings.extras.map((name) => `extra ${name}`),
        ...settings.groups.map((name) => `group ${name}`),
        ...(settings.onlyGroups ?? []).map((name) => `group ${name} alone`),
    ];
    return new LayerError("MANIFEST_EMPTY", {
        what: `Nothing in ${manifest.path} is to be installed for ${describeTarget(target)}${asked.length === 0 ? "" : ` with ${asked.join(", ")}`}.`,
        next: [
            manifest.packages.length === 0 || manifest.kind === "requirements.txt"
                ? "Add a dependency, or check the environment markers of those there are."
                : "Name the extras or groups that hold the dependencies, or check their environment markers.",
            ...(needed.some((locked) => isProject(locked, manifest))
                ? [
                      "The project itself is never in the layer: let `uv pip compile pyproject.toml` write down what it needs.",
                  ]
                : []),
            ...(needed.length > 0 && !settings.localPackages ? ["Or leave out localPackages: false."] : []),
            ...(excludesPackages(settings) ? ["Or exclude less."] : []),
        ],
        property: "manifest",
    });
}

function distinctDoubts(doubts: readonly Doubt[]): readonly Doubt[] {
    return [...new Map(doubts.map((doubt) => [`${doubt.reason}\n${doubt.position?.line}`, doubt])).values()];
}
