import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { garbage } from "./garbage";
import { type LoopbackServer, startLoopbackServer } from "./loopback";

/** A request on its way, as far as a fault may depend on it. */
export interface ProxiedRequest {
    /** From 1, in the order of arrival. */
    readonly number: number;
    readonly method: string;
    /** Path and query. */
    readonly path: string;
    readonly service: "lambda" | "s3" | "sts";
    readonly publishes: boolean;
}

/** What goes wrong with a request. `after` is after it took effect, `before` is without. */
export type Fault =
    | { readonly kind: "answer"; readonly status: 429 | 500 | 503; readonly when: "before" | "after" }
    /** The connection breaks: before the answer, or in the middle of it. */
    | { readonly kind: "cut"; readonly when: "before" | "after" | "inside" }
    /** Nothing comes, for ever. */
    | { readonly kind: "silence"; readonly when: "before" | "after" }
    /** Something comes that is no answer of AWS, and the connection ends. */
    | { readonly kind: "garbage"; readonly when: "before" | "after"; readonly bytes: Buffer | string }
    /** The answer comes in drops. */
    | { readonly kind: "slow" }
    /** The request's body arrives damaged, and S3 says so. */
    | { readonly kind: "damage" }
    /** The request is held back, and then goes through as if nothing had been. */
    | { readonly kind: "hold"; readonly until: () => Promise<unknown> }
    /** Something else happens at this moment, and then the connection breaks. */
    | { readonly kind: "act"; readonly when: "before" | "after"; readonly act: () => void };

export interface FaultProxy extends LoopbackServer {
    /** Every request so far. */
    readonly seen: Seen[];
}

interface Seen {
    readonly request: ProxiedRequest;
    /** What went wrong with it. */
    readonly fault: Fault | undefined;
    /** Of the answer that came from behind the proxy. */
    status?: number;
}

interface Answered {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
}

/** Starts a proxy in front of an `http:` endpoint that does to each request what `choose` says. */
export async function startFaultProxy(
    target: string,
    choose: (request: ProxiedRequest) => Fault | undefined,
): Promise<FaultProxy> {
    const seen: FaultProxy["seen"] = [];
    const server = await startLoopbackServer((incoming, response) => {
        const proxied = describe(incoming, seen.length + 1);
        const entry: Seen = { request: proxied, fault: choose(proxied) };
        seen.push(entry);
        pass(target, incoming, response, entry).catch(() => response.destroy());
    });
    return { ...server, seen };
}

function describe(incoming: IncomingMessage, number: number): ProxiedRequest {
    const [method, path] = [incoming.method ?? "GET", incoming.url ?? "/"];
    const lambda = path.startsWith("/2018-10-31/");
    return {
        number,
        method,
        path,
        service: lambda ? "lambda" : path === "/" ? "sts" : "s3",
        publishes: lambda && method === "POST" && path.endsWith("/versions"),
    };
}

async function pass(
    target: string,
    incoming: IncomingMessage,
    response: ServerResponse,
    entry: Seen,
): Promise<void> {
    const { request: proxied, fault } = entry;
    const body = await collect(incoming);
    if (fault !== undefined && "when" in fault && fault.when === "before") {
        return fail(response, proxied, fault);
    }
    if (fault?.kind === "damage" && proxied.service === "s3" && proxied.method === "PUT") {
        return write(response, refusal(proxied, 400, "BadDigest"));
    }
    if (fault?.kind === "hold") {
        await fault.until();
    }
    const answered = await forward(target, incoming, body);
    entry.status = answered.status;
    if (fault?.kind === "cut" && fault.when === "inside") {
        response.writeHead(answered.status, answered.headers);
        response.write(answered.body.subarray(0, Math.floor(answered.body.length / 2)));
        await sleep(5);
        response.destroy();
        return;
    }
    if (fault?.kind === "slow") {
        response.writeHead(answered.status, answered.headers);
        const step = Math.max(1, Math.ceil(answered.body.length / 5));
        for (let at = 0; at < answered.body.length; at += step) {
            response.write(answered.body.subarray(at, at + step));
            await sleep(20);
        }
        response.end();
        return;
    }
    return fault === undefined || fault.kind === "damage" || fault.kind === "hold"
        ? write(response, answered)
        : fail(response, proxied, fault);
}

function fail(
    response: ServerResponse,
    proxied: ProxiedRequest,
    fault: Exclude<Fault, { kind: "slow" | "damage" | "hold" }>,
): void {
    switch (fault.kind) {
        case "answer":
            write(response, refusal(proxied, fault.status, codes[proxied.service][fault.status]));
            return;
        case "act":
            fault.act();
            response.destroy();
            return;
        case "garbage":
            response.socket?.end(fault.bytes);
            return;
        case "cut":
            response.destroy();
            return;
        case "silence":
            return;
    }
}

const codes = {
    lambda: { 429: "TooManyRequestsException", 500: "ServiceException", 503: "ServiceUnavailableException" },
    s3: { 429: "TooManyRequests", 500: "InternalError", 503: "SlowDown" },
    sts: { 429: "Throttling", 500: "InternalFailure", 503: "ServiceUnavailable" },
} as const;

function refusal(proxied: ProxiedRequest, status: number, code: string): Answered {
    if (proxied.service === "lambda") {
        const body = Buffer.from(JSON.stringify({ Type: "Service", Message: code, message: code }));
        return { status, headers: { "content-type": "application/json", "x-amzn-errortype": code }, body };
    }
    const error = `<Code>${code}</Code><Message>${code}</Message>`;
    const text =
        proxied.service === "sts"
            ? `<ErrorResponse><Error>${error}</Error></ErrorResponse>`
            : `<Error>${error}</Error>`;
    const body = Buffer.from(proxied.method === "HEAD" ? "" : text);
    return { status, headers: { "content-type": "application/xml" }, body };
}

function write(response: ServerResponse, answered: Answered): void {
    response.writeHead(answered.status, answered.headers);
    response.end(answered.body);
}

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answered> {
    const { hostname, port } = new URL(target);
    const { method, url: path, headers } = incoming;
    return new Promise((resolve, reject) => {
        const outgoing = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
            collect(answer).then(
                (received) =>
                    resolve({
                        status: answer.statusCode ?? 502,
                        headers: withoutFraming(answer.headers),
                        body: received,
                    }),
                reject,
            );
        });
        outgoing.on("error", reject);
        outgoing.end(body);
    });
}

/** What an answer says of its own transfer no longer holds; a HEAD's length is of the object, and stays. */
function withoutFraming(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const { "transfer-encoding": _, connection: __, "keep-alive": ___, ...kept } = headers;
    return kept;
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of stream) {
        parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
}

/** Faults of every kind on a share of all requests, the same ones for the same seed and order of arrival. */
export function randomFaults(seed: number, share: number): (request: ProxiedRequest) => Fault | undefined {
    const random = seeded(seed);
    const kinds: readonly Fault[] = [
        { kind: "answer", status: 429, when: "before" },
        { kind: "answer", status: 500, when: "before" },
        { kind: "answer", status: 500, when: "after" },
        { kind: "answer", status: 503, when: "before" },
        { kind: "answer", status: 503, when: "after" },
        { kind: "cut", when: "before" },
        { kind: "cut", when: "after" },
        { kind: "cut", when: "inside" },
        { kind: "silence", when: "before" },
        { kind: "silence", when: "after" },
        { kind: "garbage", when: "before", bytes: garbage["a proxy's page that says 404"] ?? "" },
        { kind: "garbage", when: "after", bytes: garbage["a TLS alert"] ?? "" },
        { kind: "slow" },
        { kind: "damage" },
    ];
    return () => (random() < share ? kinds[Math.floor(random() * kinds.length)] : undefined);
}

/** Numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
}
