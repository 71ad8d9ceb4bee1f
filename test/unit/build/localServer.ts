import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A real HTTP server on loopback. */
export interface LocalServer {
    /** `http://127.0.0.1:<port>` */
    readonly origin: string;
    /** What was asked of it, in order. */
    readonly requests: readonly IncomingMessage[];
    readonly close: () => Promise<void>;
}

/** Starts a server on a free port; closing it ends every connection. */
export async function startServer(listener: RequestListener): Promise<LocalServer> {
    const requests: IncomingMessage[] = [];
    const sockets = new Set<Socket>();
    const server: Server = createServer((request, response) => {
        requests.push(request);
        listener(request, response);
    });
    server.on("connection", (socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
        origin: `http://127.0.0.1:${port}`,
        requests,
        close: () =>
            new Promise((resolve) => {
                for (const socket of sockets) socket.destroy();
                server.close(() => resolve());
            }),
    };
}
