import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { repository } from "../scripts/cacheFolder";

/** A server of a test that ends with every connection. */
interface Stoppable {
    readonly port: number;
    stop(): Promise<void>;
}

/** A real HTTP proxy on loopback that makes tunnels (`CONNECT`) and keeps a list of where to. */
export interface ConnectProxy extends Stoppable {
    /** `host:port` of every tunnel since the last call of this, each once. */
    take(): string[];
}

/**
 * Starts one.
 *
 * @param port where on loopback each tunnel ends, whatever host it is for; default: where it says
 * @param authorization what `Proxy-Authorization` has to be
 */
export async function startConnectProxy(port?: number, authorization?: string): Promise<ConnectProxy> {
    const seen: string[] = [];
    const server = createServer((_, response) => response.writeHead(501).end());
    server.on("connect", (request, client: Socket, head: Buffer) => {
        client.on("error", () => client.destroy());
        if (authorization !== undefined && request.headers["proxy-authorization"] !== authorization) {
            client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            return;
        }
        const target = request.url ?? "";
        seen.push(target);
        const [host = "", wanted] = target.split(":");
        const upstream = connect(port ?? Number(wanted), port === undefined ? host : "127.0.0.1", () => {
            client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
            upstream.write(head);
            upstream.pipe(client).pipe(upstream);
        });
        upstream.on("error", () => client.destroy());
        client.on("close", () => upstream.destroy());
    });
    const started = await start(server);
    return { ...started, take: () => [...new Set(seen.splice(0))].sort() };
}

/** A certificate authority that nobody trusts by itself: the path of its certificate. */
export const authorityFile = join(repository, "test/fixtures/tls/authority.pem");

/**
 * Starts a server of TLS whose certificate comes from {@link authorityFile} and holds for the services of AWS and `index.example`. It hands
 * each connection on to a port on loopback, by the name that it was made for.
 */
export async function startTlsFront(portOf: (name: string) => number): Promise<Stoppable> {
    const [key, cert] = await Promise.all(
        ["server.key", "server.pem"].map((name) => readFile(join(repository, "test/fixtures/tls", name))),
    );
    const server = createTlsServer({ key, cert }, (socket: TLSSocket) => {
        const name = "servername" in socket && typeof socket.servername === "string" ? socket.servername : "";
        const upstream = connect(portOf(name), "127.0.0.1");
        socket.pipe(upstream).pipe(socket);
        for (const [one, other] of [
            [socket, upstream],
            [upstream, socket],
        ] as const) {
            one.on("error", () => other.destroy());
            one.on("close", () => other.destroy());
        }
    });
    return start(server);
}

async function start(server: Server): Promise<Stoppable> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        // Whoever does not trust the certificate breaks off.
        socket.on("error", () => undefined);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        port: (server.address() as AddressInfo).port,
        stop: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                for (const socket of sockets) {
                    socket.destroy();
                }
            }),
    };
}
