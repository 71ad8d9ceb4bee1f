import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
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
import { layerWheel } from "../unit/commandLine/layers";
import { craftZip } from "../unit/package/craftZip";
import { type EmulatedAws, openEmulatedAws } from "./emulatedAws";
import { createLayerProject, program, pythonLayer } from "./layerProject";

const names = Array.from({ length: 12 }, (_, number) => `package${number}`);

describe("what `pulumi up` shows of a layer", function () {
    this.timeout(300_000);
    let aws: EmulatedAws;
    let index: LocalServer;
    let project: PulumiProject;
    let cache: string;
    let slowWay: Server;

    before(async () => {
        const wheels = new Map(
            names.map((name, position) => [
                `/${name}-1.0-py3-none-any.whl`,
                position === 0 ? largeWheel(name) : layerWheel({ name, version: "1.0" }),
            ]),
        );
        index = await startServer(async (request, response) => {
            // Slower than the lines are: otherwise most of them are left out.
            await wait(300 * (1 + [...wheels.keys()].indexOf(request.url ?? "") / names.length));
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
                "uv.lock": lockOf(wheels, index.origin),
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
    });

    it("is the one line alone where no terminal is", async () => {
        // Commands of tests run in a session of their own, which has none.
        const piped = succeeded(await project.up());
        assert.match(piped.stdout, /PythonLayer \(deps\):\n +published version \d/);
        assert.doesNotMatch(piped.stdout, /of 12 wheels|packed \d|uploading/);
    });

    it("is the one line alone in CI", async () => {
        const inCi = succeeded(await inTerminal(project, ["up", "--yes", "--skip-preview"], { CI: "true" }));
        assert.match(inCi.stdout, /published version \d/);
        assert.doesNotMatch(inCi.stdout, /of 12 wheels|packed \d|uploading/);
    });
});

/** A wheel of 12 MB that nothing compresses. */
function largeWheel(name: string): Buffer {
    const info = `${name}-1.0.dist-info`;
    const files = [
        { name: `${name}.bin`, content: randomBytes(12_000_000) },
        { name: `${info}/METADATA`, content: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n` },
        { name: `${info}/WHEEL`, content: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n" },
    ];
    const record = files.map((file) => `${file.name},,${file.content.length}\n`).join("");
    return craftZip([...files, { name: `${info}/RECORD`, content: `${record}${info}/RECORD,,\n` }]);
}

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

function lockOf(wheels: ReadonlyMap<string, Buffer>, origin: string): string {
    const packages = [...wheels].map(([path, wheel]) => {
        const hash = createHash("sha256").update(wheel).digest("hex");
        return [
            "[[package]]",
            `name = "${/\/(.*?)-/.exec(path)?.[1]}"`,
            'version = "1.0"',
            `source = { registry = "${origin}/simple" }`,
            `wheels = [{ url = "${origin}${path}", hash = "sha256:${hash}", size = ${wheel.length} }]`,
        ].join("\n");
    });
    const needs = names.map((name) => `{ name = "${name}" }`).join(", ");
    const app = `[[package]]\nname = "app"\nversion = "1.0"\nsource = { virtual = "." }\ndependencies = [${needs}]`;
    return `version = 1\nrevision = 3\nrequires-python = ">=3.10"\n\n${[app, ...packages].join("\n\n")}\n`;
}
