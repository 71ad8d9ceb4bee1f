import { createHash } from "node:crypto";
import type { Dependency, DistributionFile, Selection, Source } from "./model";
import { parseVersion } from "./version";

/** Moves whenever equal dependencies would get another digest; old digests are then not comparable. */
export const dependencyDigestAlgorithm = 1;

/**
 * Version by package name; the empty string for a source tree whose version is known once it is built; what a line asks for where it
 * pins no version: `>=2,<3`, or `*` for any.
 */
export type Dependencies = Readonly<Record<string, string>>;

/** Whether a value is {@link Dependencies}. */
export const isDependencies = (value: unknown): value is Dependencies =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((version) => typeof version === "string");

/** A package that both sides have, in another version. */
export interface ChangedDependency {
    readonly name: string;
    readonly from: string;
    readonly to: string;
    /** Whether the first number of the release (or the epoch) differs, in either direction. */
    readonly isMajor: boolean;
}

/** How two sets of dependencies differ; each list sorted by name. */
export interface DependencyComparison {
    readonly added: readonly { readonly name: string; readonly version: string }[];
    readonly removed: readonly { readonly name: string; readonly version: string }[];
    readonly changed: readonly ChangedDependency[];
}

/**
 * A digest that is equal for equal dependencies: names, versions, sources and the chosen files.
 *
 * Order, places in the manifest, index addresses and credentials have no part in it. `<algorithm>:<sha256, hex>`.
 */
export function dependencyDigest(selection: Pick<Selection, "dependencies">): string {
    const lines = selection.dependencies.map((dependency) => JSON.stringify(identityOf(dependency)));
    const hash = createHash("sha256").update(lines.sort().join("\n")).digest("hex");
    return `${dependencyDigestAlgorithm}:${hash}`;
}

/** Whether two digests were made by the same algorithm, so that a difference means something. */
export function areComparableDigests(left: string, right: string): boolean {
    return left.split(":")[0] === right.split(":")[0];
}

/** The dependencies as the resource shows them: name → version, sorted by name. */
export function dependencyVersions(selection: Pick<Selection, "dependencies">): Dependencies {
    const sorted = [...selection.dependencies].sort((left, right) => (left.name < right.name ? -1 : 1));
    return Object.fromEntries(
        sorted.map(({ name, version, specifier = "*", source }) => [
            name,
            version ?? (source.type === "registry" ? specifier : ""),
        ]),
    );
}

/** Compares two sets of dependencies. Versions that are written differently but mean the same differ. */
export function compareDependencies(old: Dependencies, current: Dependencies): DependencyComparison {
    const names = [...new Set([...Object.keys(old), ...Object.keys(current)])].sort();
    const onlyIn = (side: Dependencies, other: Dependencies) =>
        names
            .filter((name) => Object.hasOwn(side, name) && !Object.hasOwn(other, name))
            .map((name) => ({ name, version: side[name] ?? "" }));
    const changed = names.flatMap((name): ChangedDependency[] => {
        if (!Object.hasOwn(old, name) || !Object.hasOwn(current, name)) return [];
        const [from, to] = [old[name] ?? "", current[name] ?? ""];
        return from === to ? [] : [{ name, from, to, isMajor: isMajorStep(from, to) }];
    });
    return { added: onlyIn(current, old), removed: onlyIn(old, current), changed };
}

/**
 * One line: `2 changed, 1 added, 1 removed; requests 2.31.0 → 2.32.3, pydantic 1.10.2 → 2.5.0 (major), + certifi 2024.12.14, …`.
 *
 * @param options.most How many packages are named, major steps first; the rest becomes `…`. Default 6.
 * @param options.isOpen Whether one side is a list that is resolved when a version is made: what its lines do not name may be in the
 * layer all the same, so nothing is called added or removed. Default false.
 */
export function summarizeComparison(
    { added, removed, changed }: DependencyComparison,
    { most = 6, isOpen = false }: { readonly most?: number; readonly isOpen?: boolean } = {},
): string {
    const counts = [
        ...(changed.length > 0 ? [`${changed.length} changed`] : []),
        ...(added.length > 0 ? [`${added.length} ${isOpen ? "listed now" : "added"}`] : []),
        ...(removed.length > 0 ? [`${removed.length} ${isOpen ? "no longer listed" : "removed"}`] : []),
    ];
    if (counts.length === 0) return "no version changed";
    const steps = [...changed.filter(({ isMajor }) => isMajor), ...changed.filter(({ isMajor }) => !isMajor)];
    const items = [
        ...steps.map(
            ({ name, from, to, isMajor }) =>
                `${name} ${shown(from)} → ${shown(to)}${isMajor ? " (major)" : ""}`,
        ),
        ...added.map(({ name, version }) => `${isOpen ? "" : "+ "}${name} ${shown(version)}`),
        ...(isOpen ? [] : removed.map(({ name, version }) => `- ${name} ${shown(version)}`)),
    ];
    const named = [...items.slice(0, most), ...(items.length > most ? ["…"] : [])];
    const note = isOpen ? ["what the list leaves open is resolved when a version is made"] : [];
    return [counts.join(", "), ...(named.length > 0 ? [named.join(", ")] : []), ...note].join("; ");
}

/** What makes a dependency what it is, in a fixed shape: part of a persisted digest. */
function identityOf({ name, version, source, file, hashes, extras = [] }: Dependency): readonly unknown[] {
    return [
        name,
        version ?? null,
        originOf({ source, file, hashes }),
        file === undefined ? null : [file.filename, file.hash ?? null],
        [...hashes].sort(),
        // Only where there are some, so that no digest of version 1 changed when they came in.
        ...(extras.length === 0 ? [] : [[...extras].sort()]),
    ];
}

/**
 * Where a dependency comes from, as far as that decides what it is: of a registry nothing where a hash says what the file is,
 * otherwise its address, since another index may have another file of that name.
 */
export function originOf({
    source,
    file,
    hashes,
}: {
    readonly source: Source;
    readonly file: DistributionFile | undefined;
    readonly hashes: readonly string[];
}): readonly (string | null)[] {
    const isKnown = file?.hash !== undefined || hashes.length > 0;
    return source.type === "registry" && source.index !== undefined && !isKnown
        ? ["registry", source.index.split(" ").map(withoutUserInfo).join(" ")]
        : sourceIdentity(source);
}

/** What of a source can differ without the package being another: nothing of how it is reached. */
export function sourceIdentity(source: Source): readonly (string | null)[] {
    switch (source.type) {
        // The same release of the same name, whichever index serves it: the files' hashes tell a difference.
        case "registry":
            return ["registry"];
        case "url":
            return ["url", withoutUserInfo(source.url), source.subdirectory ?? null];
        case "git":
            // A commit says it all; without one, what was asked for is all there is.
            return [
                "git",
                withoutUserInfo(source.url),
                source.commit ?? source.reference ?? null,
                source.subdirectory ?? null,
            ];
        case "path":
        case "directory":
            return [source.type, source.path];
    }
}

/** Variables in place of user info go too: they say how to get in, not what is there. */
const withoutUserInfo = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");

function shown(version: string): string {
    if (version === "*") return "(any version)";
    return version === "" ? "(built from source)" : version;
}

function isMajorStep(from: string, to: string): boolean {
    const [old, current] = [parseVersion(from), parseVersion(to)];
    if (old === undefined || current === undefined) return false;
    return old.epoch !== current.epoch || old.release[0] !== current.release[0];
}
