import { isAbsolute, resolve } from "node:path";
import { type ResolvedIndex, resolveIndexes, withVariables } from "./indexes";
import type { Lookup } from "./lookup";

/** Where an installer looks for files. */
export interface Places {
    /** In the order in which they are asked, before {@link fallback}. */
    readonly indexes: readonly ResolvedIndex[];
    /** In place of the installer's default index; absent: the installer's own. */
    readonly fallback?: ResolvedIndex | undefined;
    /** Pages with links to files, and folders (absolute paths). */
    readonly findLinks: readonly ResolvedIndex[];
    readonly noIndex: boolean;
    /** Hosts whose certificate is not looked at. */
    readonly trustedHosts: readonly string[];
    /** Which of several indexes a package is taken from, in uv's words. @default - the first one that has the package, as uv has it */
    readonly strategy?: string | undefined;
}

/** Only `address`: for a package that the manifest ties to one index. */
export function singlePlace(address: string, lookup: Lookup): Places {
    const { noIndex = false, trustedHosts = [], strategy } = lookup.own ?? {};
    return {
        indexes: [],
        fallback: manifestIndex(address, lookup),
        findLinks: [],
        noIndex,
        trustedHosts,
        strategy,
    };
}

/**
 * Where a manifest's untied packages are to be looked for: the user's indexes, what the manifest's option lines name, what the
 * installer's own variables name, then the default, which `--index-url` replaces as in pip.
 */
export function commonPlaces(lookup: Lookup): Places {
    const { own, manifest } = lookup;
    const { options } = manifest;
    const extra = (options?.extraIndexUrls ?? []).map((url) => manifestIndex(url, lookup));
    return {
        indexes: [...lookup.indexes, ...extra, ...(own?.indexes ?? [])],
        fallback: options?.indexUrl === undefined ? own?.fallback : manifestIndex(options.indexUrl, lookup),
        findLinks: [
            ...(options?.findLinks ?? []).map((place) => linkPage(place, lookup)),
            ...(own?.findLinks ?? []),
        ],
        noIndex: options?.noIndex || own?.noIndex || false,
        trustedHosts: [
            ...(options?.trustedHosts ?? []).map((host) =>
                withVariables(host, lookup.variables, manifest.path),
            ),
            ...(own?.trustedHosts ?? []),
        ],
        // A list with two indexes is pip's, which takes a version from any of them.
        strategy: own?.strategy ?? (extra.length > 0 ? fromAnyIndex : undefined),
    };
}

const fromAnyIndex = "unsafe-best-match";

/** The same places, a version taken from any of them unless the user wants it otherwise: for what a hash tells apart. */
export const fromAny = (places: Places): Places => ({ ...places, strategy: places.strategy ?? fromAnyIndex });

/** Every place, for credentials and for taking secrets out of what a tool says. */
export const everyPlace = (places: Places): readonly ResolvedIndex[] => [
    ...places.indexes,
    ...(places.fallback === undefined ? [] : [places.fallback]),
    ...places.findLinks,
];

/** Indexes and link pages that the manifest names, with their credentials. */
export function manifestPlaces(lookup: Omit<Lookup, "own">): readonly ResolvedIndex[] {
    const options = lookup.manifest.options;
    const indexes = [
        ...(options?.indexUrl === undefined ? [] : [options.indexUrl]),
        ...(options?.extraIndexUrls ?? []),
    ];
    return [
        ...indexes.map((url) => manifestIndex(url, lookup)),
        ...(options?.findLinks ?? []).map((place) => linkPage(place, lookup)),
    ];
}

function manifestIndex(address: string, lookup: Omit<Lookup, "own">): ResolvedIndex {
    const [index] = resolveIndexes([{ url: address }], lookup.variables, lookup.manifest.path);
    if (index === undefined) throw new Error("one index in, one index out");
    const credentials = index.credentials ?? lookup.credentials?.(new URL(index.url));
    return credentials === undefined ? index : { ...index, credentials };
}

function linkPage(place: string, lookup: Omit<Lookup, "own">): ResolvedIndex {
    const filled = withVariables(place, lookup.variables, lookup.manifest.path);
    if (/^(?:https?|file):/i.test(filled)) return manifestIndex(place, lookup);
    return { url: isAbsolute(filled) ? filled : resolve(lookup.manifestFolder, filled) };
}
