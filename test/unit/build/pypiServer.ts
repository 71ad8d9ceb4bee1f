import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pythonPath } from "../../tools";

/** A running pypiserver. */
export interface PypiServer {
    /** `http://127.0.0.1:<port>` */
    readonly origin: string;
    readonly close: () => Promise<void>;
}

/** Starts a real package index on loopback that answers nobody without the password. */
export async function startPypiServer(
    folder: string,
    files: Readonly<Record<string, Buffer>>,
    { username, password }: { readonly username: string; readonly password: string },
): Promise<PypiServer> {
    const packages = join(folder, "packages");
    await mkdir(packages, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(packages, name), bytes);
    const hash = createHash("sha1").update(password).digest("base64");
    const users = join(folder, "htpasswd");
    await writeFile(users, `${username}:{SHA}${hash}\n`);
    const port = await freePort();
    const address = ["-i", "127.0.0.1", "-p", String(port)];
    const access = ["-a", "list,download,update", "-P", users, "--disable-fallback"];
    const server = spawn(pythonPath(), ["-m", "pypiserver", "run", ...address, ...access, packages], {
        stdio: "ignore",
    });
    const origin = `http://127.0.0.1:${port}`;
    await untilAnswering(server, `${origin}/simple/`);
    return {
        origin,
        close: async () => {
            const ended = new Promise((resolve) => server.once("close", resolve));
            server.kill();
            await ended;
        },
    };
}

async function untilAnswering(server: ChildProcess, url: string): Promise<void> {
    for (let attempt = 0; attempt < 300; attempt++) {
        if (server.exitCode !== null) throw new Error(`pypiserver ended with ${server.exitCode}`);
        const answer = await fetch(url).catch(() => undefined);
        if (answer?.status === 401) return;
        if (answer !== undefined) throw new Error(`pypiserver answers ${answer.status} without a password`);
        await sleep(100);
    }
    throw new Error("pypiserver does not answer");
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const probe = createServer();
        probe.once("error", reject);
        probe.listen(0, "127.0.0.1", () => {
            const address = probe.address();
            probe.close(() =>
                typeof address === "object" && address !== null
                    ? resolve(address.port)
                    : reject(new Error("no port")),
            );
        });
    });
}
