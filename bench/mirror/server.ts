import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";

/** A package index on this machine. */
export interface Mirror {
    /** `http://127.0.0.1:<port>/simple/`. */
    readonly indexUrl: string;
    stop(): Promise<void>;
}

/** Serves the folders that `fill.py` made, `/simple/<project>/` and `/files/<name>`, with byte ranges. */
export async function startMirror(folder: string): Promise<Mirror> {
    const server = createServer((request, answer) => {
        serve(folder, request, answer).catch(() => answer.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") {
        throw new Error("The mirror has no port.");
    }
    return {
        indexUrl: `http://127.0.0.1:${address.port}/simple/`,
        stop: () =>
            new Promise((resolve) => {
                server.close(() => resolve());
                server.closeAllConnections();
            }),
    };
}

async function serve(folder: string, request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://mirror").pathname));
    const page = path.endsWith("/");
    const file = await open(join(folder, page ? join(path, "index.html") : path)).catch(() => undefined);
    if (file === undefined) {
        answer.writeHead(404).end();
        return;
    }
    try {
        const { size } = await file.stat();
        const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
        const { start, end } = readRange(range, size);
        answer.writeHead(range === null ? 200 : 206, {
            "Content-Type": page ? "text/html" : "application/octet-stream",
            "Content-Length": end - start + 1,
            "Accept-Ranges": "bytes",
            // As a real index does: without it, clients ask again for what they have.
            "Cache-Control": page ? "max-age=600" : "max-age=365000000, immutable",
            ETag: `"${size}"`,
            ...(range === null ? {} : { "Content-Range": `bytes ${start}-${end}/${size}` }),
        });
        if (request.method === "HEAD") {
            answer.end();
        } else {
            await pipeline(file.createReadStream({ start, end, autoClose: false }), answer);
        }
    } finally {
        await file.close();
    }
}

/** First and last byte of a range header; the last `n` bytes where it has no first. */
function readRange(range: RegExpExecArray | null, size: number): { start: number; end: number } {
    const [, first = "", last = ""] = range ?? [];
    if (first === "") {
        return { start: last === "" ? 0 : Math.max(0, size - Number(last)), end: size - 1 };
    }
    return { start: Number(first), end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}
