import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers a request as git's own server does (`git http-backend`, a CGI program) for the bare repositories below a folder. */
export function answerAsGit(folder: string, request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host.example");
    const backend = spawn("git", ["http-backend"], {
        env: {
            PATH: process.env["PATH"],
            GIT_PROJECT_ROOT: folder,
            GIT_HTTP_EXPORT_ALL: "1",
            GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
            REQUEST_METHOD: request.method,
            PATH_INFO: pathname,
            QUERY_STRING: searchParams.toString(),
            CONTENT_TYPE: request.headers["content-type"],
            HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
            REMOTE_USER: "someone",
        },
        stdio: ["pipe", "pipe", "ignore"],
    });
    request.pipe(backend.stdin);
    const parts: Buffer[] = [];
    backend.stdout.on("data", (part: Buffer) => parts.push(part));
    backend.on("close", () => {
        const whole = Buffer.concat(parts);
        const end = whole.indexOf("\r\n\r\n");
        const fields = whole.subarray(0, end).toString("latin1").split("\r\n");
        let status = 200;
        for (const field of fields) {
            const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(field) ?? [];
            if (name === "Status") status = Number.parseInt(value, 10);
            else if (name !== "") response.setHeader(name, value);
        }
        response.writeHead(status).end(whole.subarray(end + 4));
    });
}
