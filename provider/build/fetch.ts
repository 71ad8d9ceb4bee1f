import { open, rm } from "node:fs/promises";
import type { Dispatcher } from "undici";
import { isBrokenConnection } from "../connection";
import { DiskFailure, onDisk } from "../disk";
import { LayerError } from "../errors";
import { type Connections, readConnections } from "../network/connections";
import { backoff, retry } from "../retry";
import { basicAuthorization, type Credentials } from "./credentials";
import { type Digests, digester, hashMismatch, isAccepted } from "./fileHash";

/** A file to be fetched over HTTP. */
export interface Download {
    /** For messages. */
    readonly filename: string;
    /** `https:` or `http:`, without credentials. */
    readonly url: string;
    /** For the address's own scheme, host and port, before those that the fetcher knows. @default - none */
    readonly credentials?: Credentials;
    /** Acceptable hashes, `algorithm:hex`; empty when nobody knows any. */
    readonly hashes: readonly string[];
}

/** Fetches files over pooled connections; make one for a build and close it at its end. */
export interface Fetcher {
    /**
     * Fetches a file to `destination`, which must not exist.
     *
     * 429, 5xx and broken connections are tried {@link attempts} times with growing pauses. Throws DOWNLOAD_FAILED, HASH_MISMATCH,
     * {@link DiskFailure} when the file can't be written, or the signal's reason, and then leaves no file.
     */
    readonly fetch: (
        download: Download,
        destination: string,
        signal: AbortSignal,
    ) => Promise<{ readonly sha256: string; readonly digests: Digests; readonly size: number }>;
    /** Ends every connection. */
    readonly close: () => Promise<void>;
}

/** How often a file is tried for. */
export const attempts = 4;
const firstPauseMs = 1000;
const mostRedirects = 10;
/** Milliseconds without a byte after which a connection counts as broken. */
const silenceMs = 60_000;
/** The longest pause, in ms, that a server's `Retry-After` can ask for. */
const longestPauseMs = 30_000;

/**
 * A fetcher that connects as the environment says: through its proxies, and trusting its certificate authorities.
 *
 * `authorization` gives the header for an address. It is asked again for each redirect, so credentials follow nowhere by themselves.
 */
export function openFetcher(settings: {
    readonly environment: NodeJS.ProcessEnv;
    readonly authorization: (url: URL) => string | undefined;
    /** The longest pause before the second attempt, in milliseconds, doubled for each further one. @default 1000 */
    readonly pauseMs?: number | undefined;
}): Fetcher {
    // undici takes 0.1 s to load: nothing pays for it that has all its wheels in the cache.
    let opened: Promise<Connected> | undefined;
    const connections = readConnections(settings.environment);

    const once = async (download: Download, destination: string, signal: AbortSignal) => {
        opened ??= connect(connections);
        const { request, dispatcherFor } = await opened;
        let url = new URL(download.url);
        for (let redirects = 0; ; redirects++) {
            const authorization =
                download.credentials !== undefined && url.origin === new URL(download.url).origin
                    ? basicAuthorization(download.credentials)
                    : settings.authorization(url);
            const response = await request(url, {
                dispatcher: dispatcherFor(url),
                signal,
                headers: {
                    accept: "*/*",
                    // The hash is of the file as it is stored; a compressed answer would be other bytes.
                    "accept-encoding": "identity",
                    "user-agent": "pulumi-lambda-layer",
                    ...(authorization === undefined ? {} : { authorization }),
                },
            });
            const location = response.headers["location"];
            if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === "string") {
                await response.body.dump();
                const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
                if (next === undefined || redirects === mostRedirects) throw new Refused("redirects nowhere");
                if (url.protocol === "https:" && next.protocol !== "https:")
                    throw new Refused("redirects from https to an unprotected address");
                next.username = "";
                next.password = "";
                url = next;
                continue;
            }
            if (response.statusCode !== 200) {
                await response.body.dump();
                throw new Refused(
                    `answered ${response.statusCode}`,
                    response.statusCode,
                    url.host,
                    response.headers,
                );
            }
            const { hash, size } = await writeBody(response.body, download, destination);
            const digests = hash.digests();
            if (!isAccepted(digests, download.hashes))
                throw hashMismatch(download.filename, withoutQuery(url), download.hashes, digests);
            return { sha256: digests.get("sha256") ?? "", digests, size };
        }
    };

    return {
        fetch: async (download, destination, signal) => {
            let tries = 0;
            return retry(
                async (attempt) => {
                    tries = attempt;
                    try {
                        return await once(download, destination, signal);
                    } catch (error) {
                        await rm(destination, { force: true });
                        throw error;
                    }
                },
                {
                    attempts,
                    isPassing,
                    pauseAfter: (error, attempt) =>
                        Math.max(backoff(attempt, settings.pauseMs ?? firstPauseMs), retryAfterMs(error)),
                    signal,
                },
            ).catch((error: unknown) => {
                if (signal.aborted || error instanceof LayerError || error instanceof DiskFailure)
                    throw error;
                throw downloadFailed(download, error, tries);
            });
        },
        close: async () => {
            await opened?.then(({ close }) => close()).catch(() => undefined);
        },
    };
}

/** What makes the connections, once it is loaded. */
interface Connected {
    readonly request: typeof import("undici").request;
    /** Throws SETTING_INVALID where a proxy cannot be used. */
    readonly dispatcherFor: (url: URL) => Dispatcher;
    readonly close: () => Promise<unknown>;
}

async function connect(connections: Connections): Promise<Connected> {
    const { Agent, ProxyAgent, request } = await import("undici");
    const secureContext = await connections.trust();
    const connect = { timeout: 20_000, ...(secureContext === undefined ? {} : { secureContext }) };
    const timeouts = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
    const direct = new Agent({ ...timeouts, connect });
    const proxied = new Map<string, Dispatcher>();
    const through = (proxy: URL): Dispatcher => {
        const known = proxied.get(proxy.href);
        if (known !== undefined) return known;
        const { origin: uri, username, password } = proxy;
        const credentials = {
            username: decodeURIComponent(username),
            password: decodeURIComponent(password),
        };
        const token = username === "" && password === "" ? {} : { token: basicAuthorization(credentials) };
        const made = new ProxyAgent({ ...timeouts, uri, ...token, requestTls: connect, proxyTls: connect });
        proxied.set(proxy.href, made);
        return made;
    };
    return {
        request,
        dispatcherFor: (url) => {
            const proxy = connections.proxyFor(url);
            return proxy === undefined ? direct : through(proxy);
        },
        close: () => Promise.all([direct, ...proxied.values()].map((dispatcher) => dispatcher.destroy())),
    };
}

/** Writes an answer's bytes to a new file. */
async function writeBody(body: AsyncIterable<Buffer>, { hashes }: Download, destination: string) {
    const hash = digester(hashes);
    let size = 0;
    const file = await onDisk(open(destination, "wx"));
    try {
        for await (const chunk of body) {
            hash.update(chunk);
            size += chunk.length;
            await onDisk(file.writeFile(chunk));
        }
    } finally {
        // Some file systems say only now that the bytes found no room.
        await onDisk(file.close());
    }
    return { hash, size };
}

/** A server's answer that is not the file. */
class Refused extends Error {
    constructor(
        message: string,
        readonly status?: number,
        readonly host?: string,
        readonly headers?: Readonly<Record<string, string | string[] | undefined>>,
    ) {
        super(message);
    }
}

/** Whether the same request may succeed a little later. */
const isPassing = (error: unknown): boolean =>
    error instanceof Refused
        ? error.status !== undefined && (error.status >= 500 || [408, 425, 429].includes(error.status))
        : isBrokenConnection(error);

function systemCode(error: unknown): string {
    return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

function retryAfterMs(error: unknown): number {
    const seconds = error instanceof Refused ? Number(error.headers?.["retry-after"]) : 0;
    return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, longestPauseMs) : 0;
}

function downloadFailed(download: Download, error: unknown, tries: number): LayerError {
    const host = new URL(download.url).host;
    const status = error instanceof Refused ? error.status : undefined;
    const code = systemCode(error);
    const message = error instanceof Error ? error.message : String(error);
    const reason =
        error instanceof Refused
            ? `${error.host ?? host} ${message}`
            : `the connection to ${host} failed: ${code === "" || message.includes(code) ? message : `${code}, ${message}`}`;
    const next =
        status === 401 || status === 403
            ? [
                  `Give the credentials for ${error instanceof Refused ? error.host : host} in the \`indexes\` argument, or in a netrc.`,
              ]
            : status === 404 || status === 410
              ? ["The file is no longer where the manifest says: lock again."]
              : /CERT|SELF_SIGNED|UNABLE_TO|DEPTH_ZERO/.test(code)
                ? [
                      "Name the certificate authority of your network in AWS_CA_BUNDLE, SSL_CERT_FILE or NODE_EXTRA_CA_CERTS (a PEM file).",
                  ]
                : ["Check the network and, behind a proxy, HTTPS_PROXY and NO_PROXY; then run it again."];
    return new LayerError("DOWNLOAD_FAILED", {
        what: `${download.filename} could not be fetched${tries > 1 ? ` in ${tries} attempts` : ""}: ${reason}.`,
        where: withoutQuery(new URL(download.url)),
        next,
        cause: error,
    });
}

/** An address for a message: a query may be a signature, and user info a password. */
function withoutQuery(url: URL): string {
    return `${url.protocol}//${url.host}${url.pathname}`;
}
