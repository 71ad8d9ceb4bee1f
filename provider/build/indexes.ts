import { resolve } from "node:path";
import { LayerError } from "../errors";
import { fillIn, type Variables } from "../manifest/variables";
import { type Credentials, takeUserInfo } from "./credentials";
import type { Places } from "./places";

/** A package index as the user names it; every string may come from a Pulumi secret. */
export interface Index {
    /** Base of its simple API (PEP 503). `${NAME}` stands for an environment variable. */
    readonly url: string;
    /** Name under which uv and Poetry look for its credentials in the environment. */
    readonly name?: string | undefined;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** Environment variable that holds the user name. */
    readonly usernameVariable?: string | undefined;
    /** Environment variable that holds the password. */
    readonly passwordVariable?: string | undefined;
}

/** An index with its credentials found and taken out of its address. */
export interface ResolvedIndex {
    readonly name?: string;
    /** Without credentials. */
    readonly url: string;
    readonly credentials?: Credentials;
}

/**
 * Finds each index's credentials: its own, the variables that it names, those in its address, then `UV_INDEX_<NAME>_USERNAME` and
 * `_PASSWORD` (uv's rule for the name), then `POETRY_HTTP_BASIC_<NAME>_USERNAME` and `_PASSWORD` (Poetry's).
 *
 * Throws ARGUMENT_INVALID for an address that is none and for a named variable that is not set.
 */
export function resolveIndexes(
    indexes: readonly Index[],
    variables: Variables,
    /** What names them, for messages. @default `indexes[<position>]` */
    named?: string,
): readonly ResolvedIndex[] {
    return indexes.map((index, position) => {
        const where = named ?? `indexes[${position}]`;
        const url = parseUrl(withVariables(index.url, variables, where), where);
        const inUrl = takeUserInfo(url);
        const valueNamed = (variable: string | undefined) =>
            variable === undefined ? undefined : variables[variable] || notSet(variable, where);
        const fromName = index.name === undefined ? undefined : namedCredentials(index.name, variables);
        const username =
            index.username ?? valueNamed(index.usernameVariable) ?? (inUrl?.username || undefined);
        const password =
            index.password ?? valueNamed(index.passwordVariable) ?? (inUrl?.password || undefined);
        const credentials =
            username === undefined && password === undefined
                ? fromName
                : {
                      username: username ?? fromName?.username ?? "",
                      password: password ?? fromName?.password ?? "",
                  };
        return {
            ...(index.name === undefined ? {} : { name: index.name }),
            url: url.href,
            ...(credentials === undefined ? {} : { credentials }),
        };
    });
}

/** Places that uv's own variables name, as uv reads them (https://docs.astral.sh/uv/reference/environment/). */
export function uvPlaces(environment: NodeJS.ProcessEnv): Places {
    const [fallback] = readable(
        [environment["UV_DEFAULT_INDEX"] || environment["UV_INDEX_URL"] || ""],
        environment,
    );
    return {
        indexes: readable(words(environment, /\s+/, "UV_INDEX", "UV_EXTRA_INDEX_URL"), environment),
        fallback,
        findLinks: links(words(environment, /,/, "UV_FIND_LINKS"), environment),
        noIndex: isTrue(environment["UV_NO_INDEX"]),
        trustedHosts: words(environment, /[\s,]+/, "UV_INSECURE_HOST"),
        strategy: environment["UV_INDEX_STRATEGY"] || undefined,
    };
}

/** The same of pip's. */
export function pipPlaces(environment: NodeJS.ProcessEnv): Places {
    const [fallback] = readable([environment["PIP_INDEX_URL"] || ""], environment);
    return {
        indexes: readable(words(environment, /\s+/, "PIP_EXTRA_INDEX_URL"), environment),
        fallback,
        findLinks: links(words(environment, /\s+/, "PIP_FIND_LINKS"), environment),
        noIndex: isTrue(environment["PIP_NO_INDEX"]),
        trustedHosts: words(environment, /\s+/, "PIP_TRUSTED_HOST"),
    };
}

const words = (environment: NodeJS.ProcessEnv, between: RegExp, ...names: readonly string[]): string[] =>
    names.flatMap((name) => environment[name]?.split(between).filter((word) => word !== "") ?? []);

const isTrue = (value: string | undefined): boolean => /^(?:1|true|yes|on|y|t)$/i.test(value ?? "");

const links = (places: readonly string[], environment: NodeJS.ProcessEnv): readonly ResolvedIndex[] =>
    places.flatMap((place) =>
        /^(?:https?|file):/i.test(place) ? readable([place], environment) : [{ url: resolve(place) }],
    );

/** Indexes as variables name them, `name=address` or the address alone; what is none is left out. */
function readable(values: readonly string[], environment: NodeJS.ProcessEnv): readonly ResolvedIndex[] {
    return values.flatMap((value) => {
        const named = /^([A-Za-z0-9_.-]+)=(.*)$/.exec(value);
        const url = (named?.[2] ?? value).replaceAll("$", "%24");
        try {
            return resolveIndexes([named?.[1] ? { name: named[1], url } : { url }], environment);
        } catch {
            return [];
        }
    });
}

function namedCredentials(name: string, environment: Variables): Credentials | undefined {
    const uvName = name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
    const poetryName = name.toUpperCase().replace(/[-.]/g, "_");
    for (const prefix of [`UV_INDEX_${uvName}`, `POETRY_HTTP_BASIC_${poetryName}`]) {
        const username = environment[`${prefix}_USERNAME`];
        const password = environment[`${prefix}_PASSWORD`];
        if (username !== undefined || password !== undefined)
            return { username: username ?? "", password: password ?? "" };
    }
    return undefined;
}

/** The text with its `${NAME}` filled in. Throws ARGUMENT_INVALID for one that is not set; `where` is what names it. */
export const withVariables = (text: string, variables: Variables, where: string): string =>
    fillIn(text, variables, (name) => notSet(name, where));

function notSet(name: string, where: string): never {
    throw new LayerError("ARGUMENT_INVALID", {
        what: `${where} names the environment variable ${name}, which is not set.`,
        next: `Set ${name} where Pulumi runs, or give the value itself as a secret.`,
        property: "indexes",
    });
}

function parseUrl(text: string, where: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url !== undefined && ["https:", "http:", "file:"].includes(url.protocol)) return url;
    throw new LayerError("ARGUMENT_INVALID", {
        what: `${where} has no usable address.`,
        next: "Give the address of the index's simple API, starting with https://.",
        property: "indexes",
    });
}
