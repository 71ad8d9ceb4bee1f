import { createServer, type RequestListener } from "node:http";

/** An HTTP server on a free port of loopback. */
export interface LoopbackServer {
    /** `http://127.0.0.1:<port>`. */
    readonly endpoint: string;
    /** Ends every connection, too. */
    stop(): Promise<void>;
}

export async function startLoopbackServer(listener: RequestListener): Promise<LoopbackServer> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") {
        throw new Error("The server has no port.");
    }
    return {
        endpoint: `http://127.0.0.1:${address.port}`,
        stop: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}
