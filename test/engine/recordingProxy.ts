import { createServer, request } from "node:http";
import { pipeline } from "node:stream";

/** A server in front of an endpoint that passes everything on and keeps a list of it. */
export interface RecordingProxy {
    /** `http://127.0.0.1:<port>`. */
    readonly endpoint: string;
    /** `PUT /bucket/key` for every request since the last call of this, in order. */
    take(): string[];
    stop(): Promise<void>;
}

/** Starts a proxy in front of an `http:` endpoint. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
    const { hostname, port } = new URL(target);
    let requests: string[] = [];
    const server = createServer((incoming, answer) => {
        requests.push(`${incoming.method} ${incoming.url}`);
        const { method, url: path, headers } = incoming;
        const outgoing = request({ hostname, port, method, path, headers }, (answered) => {
            answer.writeHead(answered.statusCode ?? 502, answered.headers);
            pipeline(answered, answer, () => undefined);
        });
        outgoing.on("error", () => answer.destroy());
        pipeline(incoming, outgoing, () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") {
        throw new Error("The proxy has no port.");
    }
    return {
        endpoint: `http://127.0.0.1:${address.port}`,
        take: () => {
            const taken = requests;
            requests = [];
            return taken;
        },
        stop: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}
