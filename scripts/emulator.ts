import { spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mustRun } from "./command";
import { withoutPatch } from "./pythonTools";
import { atShutdown, refuseWhenInterrupted, signalProcessGroup, trackProcessGroup } from "./shutdown";

/** An AWS on this machine, in memory. */
export interface Emulator {
    readonly name: EmulatorName;
    /** `http://127.0.0.1:<port>`, for every service. */
    readonly endpoint: string;
    /** The version of the interpreter that it runs in, such as `3.13`. ministack's Lambda functions run in the same. */
    readonly pythonVersion: string;
    /** Back to an empty AWS. */
    reset(): Promise<void>;
    /** All that it printed so far, for the message of a failed test. */
    log(): Promise<string>;
    /** Stops it and all it started, and removes its files. Also done when this process is interrupted. */
    stop(): Promise<void>;
}

export type EmulatorName = "ministack" | "moto";

interface Kind {
    readonly healthPath: string;
    readonly resetPath: string;
    /** What starts the server on a port, with its own files below a folder. */
    command(port: number, folder: string): { args: string[]; env: Record<string, string> };
}

const kinds: Record<EmulatorName, Kind> = {
    ministack: {
        healthPath: "/_ministack/health",
        resetPath: "/_ministack/reset",
        command: (port, folder) => ({
            args: ["-m", "ministack"],
            env: {
                // Without BIND_HOST it listens on every interface.
                BIND_HOST: "127.0.0.1",
                GATEWAY_PORT: String(port),
                SFTP_ENABLED: "0",
                PERSIST_STATE: "0",
                STATE_DIR: join(folder, "state"),
            },
        }),
    },
    moto: {
        healthPath: "/moto-api/",
        resetPath: "/moto-api/reset",
        command: (port) => ({ args: ["-H", "127.0.0.1", "-p", String(port)], env: {} }),
    },
};

/** Starts ministack. `python` is the interpreter that it is installed in; default `PLL_MINISTACK`. */
export const startMinistack = (python?: string): Promise<Emulator> =>
    start("ministack", python ?? fromEnvironment("PLL_MINISTACK"));

/** Starts moto's server. `server` is the path of `moto_server`; default `PLL_MOTO`. */
export const startMoto = (server?: string): Promise<Emulator> =>
    start("moto", server ?? fromEnvironment("PLL_MOTO"));

/**
 * An environment for programs that use the emulator, or no AWS at all: this process's, without any of its AWS or Pulumi
 * settings, with made-up keys, a region, and no configuration file of the user's.
 */
export function environment(emulator?: Pick<Emulator, "endpoint">): Record<string, string> {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(process.env)) {
        if (value !== undefined && !/^(AWS|PULUMI)_/.test(name)) {
            kept[name] = value;
        }
    }
    return {
        ...kept,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: "us-east-1",
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
        NO_PROXY: "127.0.0.1,localhost",
        no_proxy: "127.0.0.1,localhost",
        ...(emulator === undefined ? {} : { AWS_ENDPOINT_URL: emulator.endpoint }),
    };
}

const startTimeoutMs = 20_000;
const stopGraceMs = 3_000;

/** Tries a few ports: between the moment that one is found free and its use, another program may take it. */
async function start(name: EmulatorName, program: string): Promise<Emulator> {
    const python = name === "ministack" ? program : join(dirname(program), "python");
    const version = await mustRun(python, ["-c", "import platform; print(platform.python_version())"]);
    for (let attempt = 1; ; attempt += 1) {
        try {
            return await startOn(await freePort(), name, program, withoutPatch(version.stdout.trim()));
        } catch (error) {
            if (attempt === 3) {
                throw error;
            }
        }
    }
}

async function startOn(
    port: number,
    name: EmulatorName,
    program: string,
    pythonVersion: string,
): Promise<Emulator> {
    refuseWhenInterrupted();
    const kind = kinds[name];
    const folder = await mkdtemp(join(tmpdir(), `pulumi-lambda-layer-${name}-`));
    const logPath = join(folder, "output.log");
    const logFile = await open(logPath, "w");
    const { args, env } = kind.command(port, folder);
    const child = spawn(program, args, {
        cwd: folder,
        env: { ...environment(), ...env, TMPDIR: folder },
        stdio: ["ignore", logFile.fd, logFile.fd],
        detached: true,
    });
    await logFile.close();
    const group = child.pid;
    const forget = group === undefined ? () => {} : trackProcessGroup(group, "server");
    let ended: string | undefined;
    const gone = new Promise<void>((resolve) => {
        const end = (how: string) => {
            ended = how;
            resolve();
        };
        child.on("error", (error) => end(error.message));
        child.on("exit", (code, signal) => end(`it ended with ${signal ?? `exit code ${code}`}`));
    });
    const stop = atShutdown(async () => {
        if (group !== undefined) {
            signalProcessGroup(group, "SIGTERM");
            await Promise.race([gone, sleep(stopGraceMs, undefined, { ref: false })]);
            signalProcessGroup(group, "SIGKILL");
            await gone;
        }
        forget();
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    const endpoint = `http://127.0.0.1:${port}`;
    const log = () => readFile(logPath, "utf8");

    const deadline = Date.now() + startTimeoutMs;
    while (!(await answers(`${endpoint}${kind.healthPath}`))) {
        if (ended !== undefined || Date.now() > deadline) {
            const tail = (await log()).trimEnd().split("\n").slice(-20);
            await stop();
            throw new Error(
                [
                    `${name} did not start: ${ended ?? `no answer within ${startTimeoutMs / 1000} s`}.`,
                    ...tail,
                ].join("\n  "),
            );
        }
        await sleep(50);
    }
    const reset = async () => {
        const response = await fetch(`${endpoint}${kind.resetPath}`, { method: "POST" });
        if (!response.ok) {
            throw new Error(`${name} could not be reset: HTTP ${response.status}.`);
        }
        await response.arrayBuffer();
    };
    return { name, endpoint, pythonVersion, reset, log, stop };
}

async function answers(url: string): Promise<boolean> {
    try {
        const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        await response.arrayBuffer();
        return response.ok;
    } catch {
        return false;
    }
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.on("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            server.close(() =>
                address !== null && typeof address === "object"
                    ? resolve(address.port)
                    : reject(new Error("No free port on 127.0.0.1.")),
            );
        });
    });
}

function fromEnvironment(variable: string): string {
    const value = process.env[variable];
    if (value === undefined || value === "") {
        throw new Error(
            `${variable} is not set: run this through "npm test", which installs the tools and sets it.`,
        );
    }
    return value;
}
