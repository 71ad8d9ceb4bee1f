import { type LocalServer, startServer } from "./localServer";
import { sha256 } from "./sampleFiles";

/** A package index (PEP 503) on loopback that demands a password where it is given one. */
export async function startIndex(
    files: ReadonlyMap<string, Buffer>,
    credentials?: { readonly username: string; readonly password: string },
): Promise<LocalServer> {
    const expected =
        credentials &&
        `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
    return startServer((request, response) => {
        const path = decodeURIComponent(request.url ?? "");
        const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
        const links = [...files]
            .filter(([name]) => name.toLowerCase().replaceAll("_", "-").startsWith(`${project}-`))
            .map(([name, bytes]) => `<a href="../../files/${name}#sha256=${sha256(bytes)}">${name}</a>`);
        const file = files.get(path.replace("/files/", ""));
        if (expected !== undefined && request.headers.authorization !== expected)
            response.writeHead(401, { "www-authenticate": 'Basic realm="index"' }).end();
        else if (links.length > 0)
            response
                .setHeader("content-type", "text/html")
                .end(`<html><body>${links.join("\n")}</body></html>`);
        else if (file !== undefined) response.end(file);
        else response.writeHead(404).end();
    });
}
