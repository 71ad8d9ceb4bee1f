import { LayerError } from "../errors";
import type { Credentials } from "./credentials";

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
    environment: NodeJS.ProcessEnv,
    /** What names them, for messages. @default `indexes[<position>]` */
    named?: string,
): readonly ResolvedIndex[] {
    return indexes.map((index, position) => {
        const where = named ?? `indexes[${position}]`;
        const url = parseUrl(expandVariables(index.url, environment, where), where);
        const inUrl = {
            username: decodeURIComponent(url.username),
            password: decodeURIComponent(url.password),
        };
        url.username = "";
        url.password = "";
        const valueNamed = (variable: string | undefined) =>
            variable === undefined ? undefined : variableValue(variable, environment, where);
        const fromName = index.name === undefined ? undefined : namedCredentials(index.name, environment);
        const username =
            index.username ?? valueNamed(index.usernameVariable) ?? (inUrl.username || undefined);
        const password =
            index.password ?? valueNamed(index.passwordVariable) ?? (inUrl.password || undefined);
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

/**
 * The indexes that the environment gives to uv itself (`UV_DEFAULT_INDEX`, `UV_INDEX` and their old names). uv reads them on its
 * own; we need their credentials for the files that it finds there. What can't be read is left to uv to complain about.
 */
export function environmentIndexes(environment: NodeJS.ProcessEnv): readonly ResolvedIndex[] {
    const values = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"].flatMap(
        (variable) => environment[variable]?.split(/\s+/).filter((value) => value !== "") ?? [],
    );
    return values.flatMap((value) => {
        const named = /^([A-Za-z0-9_.-]+)=(.*)$/.exec(value);
        const index: Index =
            named?.[1] && named[2] ? { name: named[1], url: named[2] } : { url: value.replace(/\$/g, "%24") };
        try {
            return resolveIndexes([index], environment);
        } catch {
            return [];
        }
    });
}

/**
 * What uv needs to be told of some indexes, and of one in place of its default: arguments without secrets, and the secrets as
 * environment variables.
 */
export function uvIndexSettings(
    indexes: readonly ResolvedIndex[],
    fallback?: ResolvedIndex,
): { readonly args: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
    const args: string[] = [];
    const environment: Record<string, string> = {};
    const add = (option: string, index: ResolvedIndex, name: string) => {
        args.push(option, `${name}=${index.url}`);
        if (index.credentials === undefined) return;
        environment[`UV_INDEX_${name.toUpperCase()}_USERNAME`] = index.credentials.username;
        environment[`UV_INDEX_${name.toUpperCase()}_PASSWORD`] = index.credentials.password;
    };
    // Names of our own: two indexes may share a name's upper-case form, and the user's need not be one that uv takes.
    if (fallback !== undefined) add("--default-index", fallback, "layerdefault");
    for (const [position, index] of indexes.entries()) add("--index", index, `layer${position}`);
    return { args, environment };
}

function namedCredentials(name: string, environment: NodeJS.ProcessEnv): Credentials | undefined {
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

/** Replaces `${NAME}` as pip does: upper-case letters, digits and underscores. Throws ARGUMENT_INVALID when it is not set. */
export function expandVariables(text: string, environment: NodeJS.ProcessEnv, where: string): string {
    return text.replace(/\$\{([A-Z0-9_]+)\}/g, (_, name: string) =>
        encodeURIComponent(variableValue(name, environment, where)),
    );
}

function variableValue(name: string, environment: NodeJS.ProcessEnv, where: string): string {
    const value = environment[name];
    if (value !== undefined && value !== "") return value;
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
