import { LayerError } from "../errors";
import type { Target } from "../target";
import { type Activation, type Holds, markersFor, noExtras } from "./activation";
import { type Chosen, chosenOf } from "./chosen";
import { activeItems, refuseConflicts } from "./conflicts";
import { decodeExtra, encodeExtra, type Marker } from "./marker";
import type { Doubt, LockedPackage, Manifest, Requirement, SelectionSettings, Source } from "./model";
import { formatPosition } from "./position";

/** What one walk came to. */
interface Walk {
    readonly packages: ReadonlySet<LockedPackage>;
    /** Extras that something asked for, as conflict markers write them. */
    readonly extras: ReadonlySet<string>;
    /** Direct needs by name; those of the project and of the groups under "". */
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
 * `uv sync --no-default-groups --no-install-project` installs.
 *
 * @throws LayerError what {@link chosenOf} throws; MANIFEST_SELECTION when two that exclude each other are asked for;
 * MANIFEST_SYNTAX when the lock lacks a package that it needs
 */
export function walkGraph(
    manifest: Manifest,
    settings: SelectionSettings,
    target: Target,
    doubts: Doubt[],
): Needed {
    const chosen = chosenOf(manifest, settings);
    const find = finder(manifest);
    const parsed = new Map<string, Marker>();
    const walk = (activation: Activation, found: Doubt[]): Walk =>
        follow(manifest, chosen, find, markersFor(target, activation, found, parsed));
    // Only markers of a lock with conflicts ask which extras, groups and projects are active.
    const isActive =
        manifest.conflicts.length === 0
            ? noExtras
            : activeItems(chosen, (activation) => walk(activation, []).extras);
    refuseConflicts(manifest, chosen, isActive.extras);
    const { packages, needs } = walk(isActive, doubts);
    const { extras, possibleExtras = extras } = isActive;
    if (possibleExtras.size > extras.size) {
        const atMost = walk({ extras: possibleExtras, possibleExtras: extras }, []).packages;
        const undecided = [...atMost].find((locked) => !packages.has(locked));
        if (undecided !== undefined)
            throw undecidedError(
                manifest,
                undecided,
                [...possibleExtras].filter((item) => !extras.has(item)),
            );
    }
    return {
        packages: [...packages].filter((locked) => locked !== chosen.leftOut),
        needs,
        direct: needs.get("") ?? new Set(),
    };
}

/** uv refuses to export it, too. */
function undecidedError(manifest: Manifest, undecided: LockedPackage, extras: readonly string[]): LayerError {
    return new LayerError("MANIFEST_SELECTION", {
        what: `${manifest.path} does not say whether ${undecided.name} is installed: it depends on extras of which each is active just when the others are not.`,
        where: formatPosition(undecided.position),
        detail: extras.map(decodeExtra),
        next: "Ask for one of them without a marker, in the dependencies of the project, and lock again.",
        property: "manifest",
    });
}

type Find = (requirement: Requirement, from: LockedPackage | undefined, holds: Holds) => LockedPackage;

/** Follows requirements breadth first, each package and each of its extras once. */
function follow(
    manifest: Manifest,
    { project, leftOut, extras, groups }: Chosen,
    find: Find,
    holds: Holds,
): Walk {
    const packages = new Set<LockedPackage>();
    const active = new Set<string>();
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
            queue.push({ from: locked, requirements: locked.extras.get(extra) ?? [] });
        }
    };
    const require = (requirement: Requirement, from: LockedPackage | undefined, needing: string): void => {
        const { name, marker } = requirement;
        const position = from?.position ?? { file: manifest.path, line: 1, column: 1 };
        // The extras that a requirement names are active for its own marker.
        const asked =
            manifest.conflicts.length === 0
                ? []
                : requirement.extras.map((extra) => encodeExtra(name, extra));
        if (!holds(marker, name, position, asked)) return;
        for (const extra of asked) active.add(extra);
        const known = needs.get(needing) ?? new Set();
        needs.set(needing, known.add(name));
        enter(find(requirement, from, holds), requirement.extras);
    };
    if (project !== undefined) enter(project, extras);
    for (const { owner, requirements } of groups) {
        for (const requirement of requirements) require(requirement, owner, "");
    }
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { from, requirements } = next;
        for (const requirement of requirements) require(requirement, from, from === leftOut ? "" : from.name);
    }
    return { packages, extras: active, needs };
}

/** Finds the locked package that a requirement means, also where forks lock several of one name. */
function finder(manifest: Manifest): Find {
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
        const [found, other] =
            meant.length < 2
                ? meant
                : meant.filter((locked) => holds(locked.marker, locked.name, locked.position));
        if (found !== undefined && other !== undefined) throw ambiguous(manifest, found, other);
        if (found !== undefined) return found;
        throw new LayerError("MANIFEST_SYNTAX", {
            what: `${manifest.path} locks no package for ${from?.name ?? "the workspace"}'s requirement ${requirement.name}${requirement.version === undefined ? "" : ` ${requirement.version}`}.`,
            ...(from === undefined ? {} : { where: formatPosition(from.position) }),
            next: "Run uv lock, and commit the lock that it writes.",
            property: "manifest",
        });
    };
}

/** uv refuses it, too. */
function ambiguous(manifest: Manifest, found: LockedPackage, other: LockedPackage): LayerError {
    return new LayerError("MANIFEST_SELECTION", {
        what: `${manifest.path} has two of ${found.name}, ${found.version} and ${other.version}, and a group of the workspace's root does not say which.`,
        where: `${formatPosition(found.position)} and ${formatPosition(other.position)}`,
        next: "Move the group into the pyproject.toml of a project, and lock again.",
        property: "groups",
    });
}

const isMeant = (requirement: Requirement, locked: LockedPackage): boolean =>
    (requirement.version === undefined || requirement.version === locked.version) &&
    (requirement.source === undefined || sourceKey(requirement.source) === sourceKey(locked.source));

/** Equal for equal sources, whatever the order of their keys. */
const sourceKey = (source: Source): string => JSON.stringify(Object.entries(source).sort());
