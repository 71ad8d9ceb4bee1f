import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { basicAuthorization, credentialsFor } from "../../../provider/build/credentials";
import { attempts, type Fetcher, openFetcher } from "../../../provider/build/fetch";
import { isLayerError, type LayerError } from "../../../provider/errors";
import { type LocalServer, startServer } from "./localServer";
import { sha256 } from "./sampleFiles";

const content = randomBytes(300_000);
const hash = `sha256:${sha256(content)}`;

describe("fetch", () => {
    let folder: string;
    const open: { close: () => Promise<void> }[] = [];
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "fetch-"));
    });
    afterEach(async () => {
        for (const one of open.splice(0).reverse()) await one.close();
        await rm(folder, { recursive: true, force: true });
    });

    const serve = async (listener: RequestListener): Promise<LocalServer> => {
        const server = await startServer(listener);
        open.push(server);
        return server;
    };
    const fetcher = (settings: Partial<Parameters<typeof openFetcher>[0]> = {}): Fetcher => {
        const made = openFetcher({
            environment: {},
            authorization: () => undefined,
            pauseMs: 1,
            ...settings,
        });
        open.push(made);
        return made;
    };
    const get = (
        url: string,
        settings: Parameters<typeof fetcher>[0] = {},
        hashes: readonly string[] = [hash],
        signal = new AbortController().signal,
    ) => fetcher(settings).fetch({ filename: "a.whl", url, hashes }, join(folder, "a.whl"), signal);

    async function failure(work: Promise<unknown>): Promise<LayerError> {
        const error = await work.then(
            () => undefined,
            (reason: unknown) => reason,
        );
        assert.ok(isLayerError(error), String(error));
        assert.deepEqual(await readdir(folder), []);
        return error;
    }

    it("writes the file and tells its hash and size", async () => {
        const server = await serve((_, response) => response.end(content));
        const { sha256: found, size } = await get(`${server.origin}/a.whl`);
        assert.equal(`sha256:${found}`, hash);
        assert.equal(size, content.length);
        assert.deepEqual(await readFile(join(folder, "a.whl")), content);
    });

    it("accepts a sha512 hash", async () => {
        const { createHash } = await import("node:crypto");
        const server = await serve((_, response) => response.end(content));
        const digest = createHash("sha512").update(content).digest("hex");
        await get(`${server.origin}/a.whl`, {}, [`sha512:${digest}`]);
    });

    it("refuses other bytes than the manifest's, at the first attempt", async () => {
        const server = await serve((_, response) => response.end("other"));
        const error = await failure(get(`${server.origin}/a.whl`));
        assert.equal(error.code, "HASH_MISMATCH");
        assert.ok(error.message.includes(hash) && error.message.includes(sha256("other")));
        assert.equal(server.requests.length, 1);
    });

    it("refuses a file of which only weak hashes are known", async () => {
        const server = await serve((_, response) => response.end(content));
        assert.equal((await failure(get(`${server.origin}/a.whl`, {}, ["md5:0"]))).code, "HASH_MISMATCH");
    });

    it("tries again after 500, 503, 429, a broken connection and half a file", async () => {
        for (const status of [500, 503, 429, "broken", "half"] as const) {
            const server = await serve((_, response) => {
                if (server.requests.length > 1) response.end(content);
                else if (status === "broken") response.destroy();
                else if (status === "half") {
                    response.writeHead(200, { "content-length": content.length });
                    response.write(content.subarray(0, 1000), () => response.destroy());
                } else response.writeHead(status).end("later");
            });
            await get(`${server.origin}/a.whl`);
            assert.equal(server.requests.length, 2, String(status));
            await rm(join(folder, "a.whl"));
        }
    });

    it("gives up on a server that keeps failing, and names it and the status", async () => {
        const server = await serve((_, response) => response.writeHead(502).end());
        const error = await failure(get(`${server.origin}/a.whl?token=s3cret`));
        assert.equal(error.code, "DOWNLOAD_FAILED");
        assert.equal(server.requests.length, attempts);
        assert.ok(error.message.includes(new URL(server.origin).host) && error.message.includes("502"));
        assert.ok(!error.message.includes("s3cret"));
    });

    it("does not repeat what was refused, and says what to do", async () => {
        for (const [status, words] of [
            [401, "credentials"],
            [403, "credentials"],
            [404, "lock again"],
        ] as const) {
            const server = await serve((_, response) => response.writeHead(status).end());
            const error = await failure(get(`${server.origin}/a.whl`));
            assert.equal(error.code, "DOWNLOAD_FAILED");
            assert.ok(error.message.includes(words), error.message);
            assert.equal(server.requests.length, 1);
        }
    });

    it("sends credentials to their host, and not to another that it redirects to", async () => {
        const files = await serve((_, response) => response.end(content));
        const index = await serve((request, response) => {
            if (request.headers.authorization === undefined) response.writeHead(401).end();
            else response.writeHead(302, { location: `${files.origin}/elsewhere` }).end();
        });
        const indexes = [
            { url: `${index.origin}/simple/`, credentials: { username: "me", password: "s3cret" } },
        ];
        await get(`${index.origin}/files/a.whl`, {
            authorization: (url) => {
                const credentials = credentialsFor(url, indexes, []);
                return credentials && basicAuthorization(credentials);
            },
        });
        assert.equal(
            index.requests[0]?.headers.authorization,
            `Basic ${Buffer.from("me:s3cret").toString("base64")}`,
        );
        assert.equal(files.requests.length, 1);
        assert.equal(files.requests[0]?.headers.authorization, undefined);
    });

    it("follows relative redirects, and not for ever", async () => {
        const server = await serve((request, response) => {
            if (request.url === "/files/b.whl") response.end(content);
            else if (request.url === "/files/a.whl") response.writeHead(307, { location: "b.whl" }).end();
            else response.writeHead(302, { location: "/loop" }).end();
        });
        await get(`${server.origin}/files/a.whl`);
        await rm(join(folder, "a.whl"));
        assert.equal((await failure(get(`${server.origin}/loop`))).code, "DOWNLOAD_FAILED");
    });

    it("stops in the middle of a file when aborted, and leaves nothing", async () => {
        const controller = new AbortController();
        const server = await serve((_, response) => {
            response.writeHead(200, { "content-length": content.length });
            response.write(content.subarray(0, 1000), () => setTimeout(() => controller.abort(), 20));
        });
        await assert.rejects(get(`${server.origin}/a.whl`, {}, [hash], controller.signal), {
            name: "AbortError",
        });
        assert.deepEqual(await readdir(folder), []);
        assert.equal(server.requests.length, 1);
    });

    it("stops while it waits for the next attempt", async () => {
        const controller = new AbortController();
        const server = await serve((_, response) => {
            response.writeHead(503).end();
            setTimeout(() => controller.abort(), 20);
        });
        await assert.rejects(get(`${server.origin}/a.whl`, { pauseMs: 60_000 }, [hash], controller.signal), {
            name: "AbortError",
        });
    });

    it("goes through the environment's proxy, except for the hosts of NO_PROXY", async () => {
        const origin = await serve((_, response) => response.end(content));
        const seen: string[] = [];
        const { createServer } = await import("node:http");
        const proxy = createServer((_, response) => response.writeHead(500).end());
        proxy.on("connect", (request, client, head) => {
            seen.push(request.url ?? "");
            const [host = "", port] = (request.url ?? "").split(":");
            const upstream = connect(Number(port), host, () => {
                client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
                upstream.write(head);
                upstream.pipe(client);
                client.pipe(upstream);
            });
            for (const socket of [upstream, client]) socket.on("error", () => undefined);
        });
        await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
        open.push({
            close: async () => {
                proxy.closeAllConnections();
                proxy.close();
            },
        });
        const address = proxy.address();
        assert.ok(typeof address === "object" && address !== null);
        const environment = { HTTP_PROXY: `127.0.0.1:${address.port}` };
        await get(`${origin.origin}/a.whl`, { environment });
        assert.deepEqual(seen, [new URL(origin.origin).host]);
        await rm(join(folder, "a.whl"));
        await get(`${origin.origin}/a.whl`, { environment: { ...environment, no_proxy: "127.0.0.1" } });
        assert.equal(seen.length, 1);
    });
});
