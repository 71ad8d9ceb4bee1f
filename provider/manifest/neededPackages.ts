import { LayerError } from "../errors";
import { describeTarget, type Target } from "../target";
import { type Holds, markersFor, noExtras, readMarker } from "./activation";
import { mayBeInRange } from "./allowedTarget";
import { asksForGroupsAlone, groupsAsked, known } from "./chosen";
import { mainCategory } from "./formats/pipfile/parsePipfileLock";
import { type Needed, walkGraph } from "./graph";
import { extrasOf } from "./marker";
import type { Doubt, LockedPackage, Manifest, SelectionSettings } from "./model";
import { normalizeName } from "./name";
import { poetryNeeds } from "./poetryNeeds";
import { formatPosition } from "./position";

/** What the selection needs, source trees without anything to install among them. */
export function neededPackages(
    manifest: Manifest,
    settings: SelectionSettings,
    target: Target,
    doubts: Doubt[],
): Needed {
    switch (manifest.kind) {
        case "uv.lock":
            return walkGraph(manifest, settings, target, doubts);
        case "poetry.lock": {
            refusePackage(manifest, settings);
            refuseWithoutGroups(manifest);
            const extras = known("extra", settings.extras, poetryExtras(manifest), manifest.path);
            const groups = new Set([
                ...(asksForGroupsAlone(settings) ? [] : ["main"]),
                ...groupsAsked(settings, manifest.packages.flatMap(groupNames), manifest.path),
            ]);
            const holds = markersFor(target, { extras: new Set(extras) }, doubts);
            const packages = manifest.packages.filter((locked) => isInGroups(locked, groups, holds));
            const needs = poetryNeeds(packages, markersFor(target, noExtras, []));
            return { packages, needs, direct: settings.directNames };
        }
        case "pylock.toml": {
            refusePackage(manifest, settings);
            const extras = known("extra", settings.extras, manifest.extras?.keys() ?? [], manifest.path);
            const groups = groupsAsked(settings, manifest.groups?.keys() ?? [], manifest.path);
            const isAlone = asksForGroupsAlone(settings);
            const active = new Set([...(isAlone ? [] : (manifest.defaultGroups ?? [])), ...groups]);
            const holds = markersFor(target, { extras: new Set(extras), groups: active }, doubts);
            const packages = manifest.packages.filter((locked) => fits(locked, holds));
            refuseOtherPythons(packages, target);
            return { packages, needs: new Map() };
        }
        case "Pipfile.lock": {
            refusePackage(manifest, settings);
            known("extra", settings.extras, [], manifest.path);
            const asked = withLockNames(settings);
            const groups = groupsAsked(
                asked,
                [mainCategory, ...(manifest.groups?.keys() ?? [])],
                manifest.path,
            );
            const active = new Set([...(asksForGroupsAlone(settings) ? [] : [mainCategory]), ...groups]);
            const holds = markersFor(target, noExtras, doubts);
            return {
                packages: manifest.packages.filter((locked) => isInGroups(locked, active, holds)),
                needs: new Map(),
            };
        }
        case "requirements.txt": {
            refusePackage(manifest, settings);
            known("extra", settings.extras, [], manifest.path);
            groupsAsked(settings, [], manifest.path);
            const holds = markersFor(target, noExtras, doubts);
            const packages = manifest.packages.filter((locked) => fits(locked, holds));
            return { packages, needs: new Map() };
        }
    }
}

/** Pipenv's command line and its Pipfile have these categories under names of their own. */
const pipfileNames: Readonly<Record<string, string>> = { packages: mainCategory, "dev-packages": "develop" };

function withLockNames(
    settings: SelectionSettings,
): Pick<SelectionSettings, "extras" | "groups" | "onlyGroups"> {
    const lockName = (name: string) => {
        const normalized = normalizeName(name);
        return Object.hasOwn(pipfileNames, normalized) ? (pipfileNames[normalized] ?? name) : name;
    };
    const { extras, groups, onlyGroups = [] } = settings;
    return { extras, groups: groups.map(lockName), onlyGroups: onlyGroups.map(lockName) };
}

/** PEP 751: an entry that is to be installed and is for other Pythons makes the installation fail. */
function refuseOtherPythons(packages: readonly LockedPackage[], target: Target): void {
    const other = packages.find(
        ({ requiresPython }) => requiresPython !== undefined && !mayBeInRange(target, requiresPython),
    );
    if (other === undefined) return;
    throw new LayerError("MANIFEST_TARGET", {
        what: `${other.name} is for Python ${other.requiresPython}, and ${describeTarget(target)} is not among it.`,
        where: formatPosition(other.position),
        next: "Set pythonVersion to one of them, or lock again with a version of it that is for the target.",
        property: "pythonVersion",
    });
}

/** Poetry before lock 2.1 does not say which groups and environments need a package: the layer would have what only others need. */
function refuseWithoutGroups(manifest: Manifest): void {
    if (manifest.packages.every(({ markersByGroup }) => markersByGroup !== undefined)) return;
    const [doubt] = manifest.doubts;
    throw new LayerError("MANIFEST_SELECTION", {
        what: `${manifest.path} has a lock version before 2.1, which does not say for which groups and environments a package is.`,
        ...(doubt?.position === undefined ? {} : { where: formatPosition(doubt.position) }),
        next: [
            "Run `poetry lock` with poetry 2, which writes lock version 2.1 and keeps the versions.",
            "Or run `poetry export --only main -o requirements.txt` (with poetry-plugin-export) and name that file as manifest.",
        ],
        property: "manifest",
    });
}

/** Whether a package's own marker holds. */
const fits = ({ marker, name, position }: LockedPackage, holds: Holds): boolean =>
    holds(marker, name, position);

function isInGroups(locked: LockedPackage, groups: ReadonlySet<string>, holds: Holds): boolean {
    if (!fits(locked, holds)) return false;
    return [...(locked.markersByGroup ?? [])].some(
        ([group, marker]) => groups.has(group) && holds(marker, locked.name, locked.position),
    );
}

const groupNames = (locked: LockedPackage): readonly string[] => [...(locked.markersByGroup?.keys() ?? [])];

/** The extras that a poetry.lock knows: its own table's, and those that markers ask for. */
function* poetryExtras(manifest: Manifest): Iterable<string> {
    yield* manifest.extras?.keys() ?? [];
    for (const { name, position, markersByGroup } of manifest.packages) {
        for (const marker of markersByGroup?.values() ?? []) {
            if (marker.includes("extra")) yield* extrasOf(readMarker(marker, name, position));
        }
    }
}

function refusePackage(manifest: Manifest, settings: SelectionSettings): void {
    if (settings.package === undefined) return;
    throw new LayerError("MANIFEST_SELECTION", {
        what: `${manifest.path} is no workspace's lock, so there is no project ${settings.package} to choose.`,
        next: "Leave out package: it is for a uv.lock.",
        property: "package",
    });
}
