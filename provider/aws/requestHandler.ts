import { Agent as HttpsAgent } from "node:https";
import type { SecureContext } from "node:tls";
import { NodeHttpHandler, type NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import type { Connections } from "../network/connections";

/** How long a call waits, in milliseconds. */
export interface Timeouts {
    /** For the connection to be made. */
    readonly connection: number;
    /** For the next byte of it; Lambda unpacks a large layer before it says anything. */
    readonly idle: number;
}

/** Time-outs that no healthy call meets. */
export const defaultTimeouts: Timeouts = { connection: 10_000, idle: 120_000 };

/** Without a logger the SDK's hints for programmers would be lines of the user's stack. */
export const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

/** What of the SDK's handlers is used here. */
type Handler = Pick<
    NodeHttpHandler,
    "metadata" | "handle" | "destroy" | "updateHttpClientConfig" | "httpHandlerConfigs"
>;

/**
 * The `requestHandler` of the AWS SDK's clients: its own where connections are direct, else one that sends each request through
 * the proxy that counts for its host, trusting who is to be trusted. What keeps it from that is the request's error.
 */
export function requestHandlerFor(
    connections: Connections,
    { connection, idle }: Timeouts,
): Handler | NodeHttpHandlerOptions {
    const timeouts = { connectionTimeout: connection, socketTimeout: idle, logger: silent };
    if (connections.areDirect) {
        return timeouts;
    }
    const made = new Map<string, NodeHttpHandler>();
    const handlerFor = async (
        address: URL,
    ): Promise<{ handler: NodeHttpHandler; proxy: URL | undefined }> => {
        const proxy = connections.proxyFor(address);
        // Who is trusted is read when it is first needed: it takes a moment.
        const secureContext = address.protocol === "https:" ? await connections.trust() : undefined;
        const key = `${address.protocol} ${proxy?.href}`;
        const known = made.get(key);
        const handler = known ?? new NodeHttpHandler({ ...timeouts, ...agentsFor(proxy, secureContext) });
        made.set(key, handler);
        return { handler, proxy };
    };
    return {
        metadata: { handlerProtocol: "http/1.1" },
        handle: async (request, options) => {
            const { protocol, hostname, port } = request;
            const host = port === undefined ? hostname : `${hostname}:${port}`;
            const { handler, proxy } = await handlerFor(new URL(`${protocol}//${host}`));
            return handler.handle(request, options).catch((error: unknown) => {
                throw proxy === undefined ? error : asProxyFailure(error, proxy);
            });
        },
        destroy: () => {
            for (const handler of made.values()) {
                handler.destroy();
            }
        },
        // What the SDK's clients set there is a logger and a time-out, which are given here.
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => ({}),
    };
}

/** Agents, and no options for some: of those the SDK makes further agents, which would not know whom to trust. */
function agentsFor(proxy: URL | undefined, secureContext: SecureContext | undefined) {
    const trusting = secureContext === undefined ? {} : { secureContext };
    // The number is the SDK's own.
    const options = { keepAlive: true, maxSockets: 50, ...trusting };
    if (proxy === undefined) {
        return { httpsAgent: new HttpsAgent(options) };
    }
    const through = { ...options, proxy, proxyRequestOptions: { headers: {}, ...trusting } };
    return { httpAgent: new HttpProxyAgent(through), httpsAgent: new HttpsProxyAgent(through) };
}

/** A proxy that did not connect, as an error that says which one, and what it answered. Nothing was sent then. */
function asProxyFailure(error: unknown, { protocol, host }: URL): unknown {
    const [, status] = /^Bad response: (\d+)$/.exec(error instanceof Error ? error.message : "") ?? [];
    if (status === undefined) {
        return error;
    }
    const message = `The proxy ${protocol}//${host} answered ${status} instead of connecting.`;
    return Object.assign(new Error(message), {
        name: "ProxyError",
        // With the first it could not connect either; with the other it does not want to.
        code: Number(status) >= 500 ? "ECONNREFUSED" : "EPROXY",
    });
}
