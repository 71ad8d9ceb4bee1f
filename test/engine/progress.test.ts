import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type CommandResult, runCommand } from "../../scripts/command";
import { environment, startMinistack } from "../../scripts/emulator";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { pythonPath } from "../tools";
import { type LocalServer, startServer } from "../unit/build/localServer";
import { lockText, wheelOf, wheelPath } from "../unit/lockedWheels";
import { type EmulatedAws, openEmulatedAws } from "./emulatedAws";
import { createLayerProject, program, pythonLayer } from "./layerProject";
import { assertShownAsInReadme } from "./readmeTranscripts";

describe("what `pulumi up` shows of a layer", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    let index: LocalServer;
    let project: PulumiProject;
    let cache: string;
    let slowWay: Server;

    before(async () => {
        // The first has 12 MB that nothing compresses.
        const packages = Array.from({ length: 12 }, (_, position) => {
            const [name, version] = [`package${position}`, "1.0"];
            const content = position === 0 ? randomBytes(12_000_000) : "";
            return { name, version, wheel: wheelOf(name, version, { name: `${name}.bin`, content }) };
        });
        const wheels = new Map(packages.map((each) => [wheelPath(each), each.wheel]));
        index = await startServer(async (request, response) => {
            // Slower than the lines are: otherwise most of them are left out.
            await wait(300 * (1 + [...wheels.keys()].indexOf(request.url ?? "") / wheels.size));
            response.end(wheels.get(request.url ?? ""));
        });
        cache = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-cache-"));
        aws = await openEmulatedAws(await startMinistack());
        slowWay = await startSlowWay(new URL(aws.emulator.endpoint));
        const { port } = slowWay.address() as AddressInfo;
        project = await createLayerProject(aws, {
            name: "shown",
            endpoint: `http://127.0.0.1:${port}`,
            environment: { ...environment(), XDG_CACHE_HOME: cache },
            files: {
                "index.js": program(pythonLayer({ forceDestroy: true })),
                "uv.lock": lockText(index.origin, packages),
            },
        });
    });
    after(async () => {
        await project?.remove();
        slowWay?.close();
        await aws?.emulator.stop();
        await index?.close();
    });
    afterEach(async () => {
        succeeded(await project.destroy());
        // What is in the cache is not fetched.
        await rm(cache, { recursive: true, force: true });
    });

    it("is progress beside the resource in a terminal, and one line under its name at the end", async () => {
        const shown = succeeded(await inTerminal(project, ["up", "--yes", "--skip-preview"])).stdout;
        assert.match(shown, /PythonLayer +deps +creating \(\d+s\)\.* +[1-9]\d? of 12 wheels/);
        assert.match(shown, /PythonLayer +deps +creating \(\d+s\)\.* +packed [\d.]+ MB in \d+\.\d s/);
        assert.match(shown, /PythonLayer +deps +creating \(\d+s\)\.* +uploading [1-9]\d? %/);
        const [, diagnostics = ""] = shown.split("Diagnostics:");
        assert.match(
            diagnostics,
            /PythonLayer \(deps\):\s+published version 1: 12 packages, [\d.]+ MB, [\d.]+ MB unpacked/,
        );
        assert.doesNotMatch(diagnostics, /wheels|packed \d|uploading/);
        await assertShownAsInReadme(/creating|published version/, shown);
    });

    it("is progress in lines of its own where no terminal is, and the one line at the end", async () => {
        // Commands of tests run in a session of their own, which has none.
        const piped = succeeded(await project.up([], { env: { ...project.environment, CI: "" } })).stdout;
        assert.match(piped, /PythonLayer deps creating \(\d+s\) packed [\d.]+ MB/);
        const [, diagnostics = ""] = piped.split("Diagnostics:");
        assert.match(diagnostics, /PythonLayer \(deps\):\n +published version \d/);
        assert.doesNotMatch(diagnostics, /wheels|packed \d|uploading/);
    });

    it("is the one line alone in CI", async () => {
        const inCi = succeeded(await inTerminal(project, ["up", "--yes", "--skip-preview"], { CI: "true" }));
        assert.match(inCi.stdout, /published version \d/);
        assert.doesNotMatch(inCi.stdout, /of 12 wheels|packed \d|uploading/);
    });
});

/** A way to an address that takes about six megabytes a second. */
async function startSlowWay({ hostname, port }: URL): Promise<Server> {
    const server = createServer((client) => {
        const upstream = connect(Number(port), hostname);
        upstream.pipe(client);
        client.on("data", (chunk) => {
            upstream.write(chunk);
            client.pause();
            setTimeout(() => client.resume(), chunk.length / 6000);
        });
        client.on("end", () => upstream.end());
        for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
}

/** Runs Pulumi in a terminal of its own, 120 columns wide, and gives everything that it drew. */
function inTerminal(
    project: PulumiProject,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
    const spawn = [
        "import fcntl, os, pty, struct, sys, termios",
        "pid, terminal = pty.fork()",
        "if pid == 0: os.execvp('pulumi', ['pulumi', '--color', 'never', *sys.argv[1:]])",
        "fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))",
        "try:",
        "    while data := os.read(terminal, 65536): os.write(1, data)",
        "except OSError: pass",
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    ].join("\n");
    const env = { ...project.environment, TERM: "xterm", CI: "", ...more };
    const stack = ["--stack", project.stack];
    return runCommand(pythonPath(), ["-c", spawn, ...args, ...stack], {
        cwd: project.folder,
        env,
        timeoutMs: 180_000,
    });
}
