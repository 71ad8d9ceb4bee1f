import { isAbsolute, resolve } from "node:path";
import type { Manifest } from "../manifest/model";
import type { Target } from "../target";
import { credentialsFor } from "./credentials";
import { type ResolvedIndex, resolveIndexes, uvIndexSettings } from "./indexes";

/** What a search for files goes by. */
export interface Lookup {
    readonly manifest: Manifest;
    /** Absolute. */
    readonly manifestFolder: string;
    readonly target: Target;
    /** The user's indexes, besides those that the manifest names. */
    readonly indexes: readonly ResolvedIndex[];
    /** Indexes that are searched only where the manifest ties a package to them; their credentials count. @default - none */
    readonly knownIndexes?: readonly ResolvedIndex[];
    /** Normalised names. */
    readonly allowSourceBuilds: ReadonlySet<string>;
}

/** Where uv is to look: arguments without secrets, secrets as variables, variables of the user's that may not count. */
export interface UvPlaces {
    readonly args: readonly string[];
    readonly environment: Readonly<Record<string, string | undefined>>;
    /** The same for pip, which takes all of it from variables, so that no argument holds a secret. */
    readonly pipEnvironment: Readonly<Record<string, string | undefined>>;
    /** Every index that is named in it, for redaction. */
    readonly indexes: readonly ResolvedIndex[];
}

/** The user's variables that name places; unset where the manifest has said which place alone counts. */
const placeVariables = {
    UV_DEFAULT_INDEX: undefined,
    UV_INDEX_URL: undefined,
    UV_INDEX: undefined,
    UV_EXTRA_INDEX_URL: undefined,
    UV_FIND_LINKS: undefined,
} as const;

/** Only `address`: for a package that the manifest ties to one index. */
export function singlePlace(address: string, lookup: Lookup, environment: NodeJS.ProcessEnv): UvPlaces {
    const index = manifestIndex(address, lookup, environment);
    const settings = uvIndexSettings([], index);
    return {
        args: settings.args,
        environment: { ...placeVariables, ...settings.environment },
        pipEnvironment: {
            PIP_INDEX_URL: withCredentials(index),
            PIP_EXTRA_INDEX_URL: "",
            PIP_FIND_LINKS: "",
            PIP_NO_INDEX: "0",
        },
        indexes: [...lookup.indexes, index],
    };
}

/**
 * Where a manifest's untied packages are to be looked for: what its option lines name, then the user's indexes, then the
 * installer's default, which `--index-url` replaces as in pip.
 */
export function commonPlaces(lookup: Lookup, environment: NodeJS.ProcessEnv): UvPlaces {
    const options = lookup.manifest.options;
    const extra = (options?.extraIndexUrls ?? []).map((url) => manifestIndex(url, lookup, environment));
    const indexes = [...lookup.indexes, ...extra];
    const only =
        options?.indexUrl === undefined ? undefined : manifestIndex(options.indexUrl, lookup, environment);
    const settings = uvIndexSettings(indexes, only);
    const local = (place: string) =>
        /^[a-z][a-z0-9+.-]+:/i.test(place) || isAbsolute(place)
            ? place
            : resolve(lookup.manifestFolder, place);
    return {
        args: [
            ...settings.args,
            ...(options?.findLinks ?? []).flatMap((place) => ["--find-links", local(place)]),
            ...(options?.trustedHosts ?? []).flatMap((host) => ["--allow-insecure-host", host]),
            ...(options?.noIndex ? ["--no-index"] : []),
        ],
        environment: settings.environment,
        pipEnvironment: {
            ...(only === undefined ? {} : { PIP_INDEX_URL: withCredentials(only) }),
            ...(indexes.length === 0
                ? {}
                : {
                      PIP_EXTRA_INDEX_URL: [
                          environment["PIP_EXTRA_INDEX_URL"],
                          ...indexes.map(withCredentials),
                      ]
                          .filter(Boolean)
                          .join(" "),
                  }),
            ...(options?.findLinks.length ? { PIP_FIND_LINKS: options.findLinks.map(local).join(" ") } : {}),
            ...(options?.trustedHosts.length ? { PIP_TRUSTED_HOST: options.trustedHosts.join(" ") } : {}),
            ...(options?.noIndex ? { PIP_NO_INDEX: "1" } : {}),
        },
        indexes: only === undefined ? indexes : [...indexes, only],
    };
}

/** An index's address as pip wants it. Only ever put into a variable. */
function withCredentials({ url, credentials }: ResolvedIndex): string {
    if (credentials === undefined) return url;
    const full = new URL(url);
    full.username = encodeURIComponent(credentials.username);
    full.password = encodeURIComponent(credentials.password);
    return full.href;
}

/** Indexes that the manifest names, with the credentials that the user's indexes have for their hosts. */
export function manifestIndexes(
    lookup: Pick<Lookup, "manifest" | "indexes" | "knownIndexes">,
    environment: NodeJS.ProcessEnv,
): ResolvedIndex[] {
    const options = lookup.manifest.options;
    return [options?.indexUrl ?? [], options?.extraIndexUrls ?? []]
        .flat()
        .map((url) => manifestIndex(url, lookup, environment));
}

function manifestIndex(
    address: string,
    lookup: Pick<Lookup, "manifest" | "indexes" | "knownIndexes">,
    environment: NodeJS.ProcessEnv,
): ResolvedIndex {
    const [index] = resolveIndexes([{ url: address }], environment, lookup.manifest.path);
    if (index === undefined) throw new Error("one index in, one index out");
    const credentials =
        index.credentials ??
        credentialsFor(new URL(index.url), [...lookup.indexes, ...(lookup.knownIndexes ?? [])], []);
    return credentials === undefined ? index : { ...index, credentials };
}
