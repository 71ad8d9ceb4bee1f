import querystring from "node:querystring";
import type { ResolvedIndex } from "./indexes";
import type { NetrcEntry } from "./netrc";

/** A user name and password for HTTP's basic scheme (RFC 7617). A token is a password with some user name. */
export interface Credentials {
    readonly username: string;
    readonly password: string;
}

/**
 * The credentials for `url`, or undefined.
 *
 * Credentials go only to the origin (scheme, host and port) of the index that they are for; of several indexes there, the one
 * whose path has most in common with the address counts. Then the netrc is asked, by host alone.
 */
export function credentialsFor(
    url: URL,
    indexes: readonly ResolvedIndex[],
    netrc: readonly NetrcEntry[],
): Credentials | undefined {
    let best: { readonly shared: number; readonly credentials: Credentials } | undefined;
    for (const index of indexes) {
        if (index.credentials === undefined) continue;
        const at = new URL(index.url);
        if (at.origin === "null" || at.origin !== url.origin) continue;
        const shared = sharedSegments(at.pathname, url.pathname);
        if (best === undefined || shared > best.shared) best = { shared, credentials: index.credentials };
    }
    if (best !== undefined) return best.credentials;
    const entry = netrc.find(({ machine }) => machine === undefined || machine === url.hostname);
    return entry && { username: entry.login, password: entry.password };
}

/**
 * Takes user name and password out of an address and decodes them once, as pip and uv do. What is no percent-encoding stays as it is.
 */
export function takeUserInfo(url: URL): Credentials | undefined {
    const { username, password } = url;
    url.username = "";
    url.password = "";
    return username === "" && password === ""
        ? undefined
        : { username: querystring.unescape(username), password: querystring.unescape(password) };
}

/** The value of an `Authorization` header with these credentials. */
export function basicAuthorization({ username, password }: Credentials): string {
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/**
 * `text` without the secrets of `indexes` and without credentials in any address: for what other programs say, which may
 * repeat what they were given.
 */
export function redact(text: string, indexes: readonly ResolvedIndex[]): string {
    const secrets = indexes
        .flatMap(({ credentials }) => credentials?.password ?? [])
        .flatMap((secret) => [secret, encodeURIComponent(secret)])
        .filter((secret) => secret !== "");
    return secrets
        .reduce((cleaned, secret) => cleaned.replaceAll(secret, "****"), text)
        .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]+@/gi, "$1****@");
}

/** An address with credentials in it, for what takes them in no other way. */
export function addressWithCredentials({ url, credentials }: ResolvedIndex): string {
    if (credentials === undefined) return url;
    const full = new URL(url);
    full.username = encodeURIComponent(credentials.username);
    full.password = encodeURIComponent(credentials.password);
    return full.href;
}

function sharedSegments(one: string, other: string): number {
    const [ours, theirs] = [one, other].map((path) => path.split("/").filter((segment) => segment !== ""));
    const differs = (ours ?? []).findIndex((segment, position) => segment !== theirs?.[position]);
    return differs === -1 ? (ours ?? []).length : differs;
}
