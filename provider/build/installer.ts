import { mkdir } from "node:fs/promises";
import { LayerError } from "../errors";
import type { Installer } from "../installers";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import type { Lookup } from "./lookup";
import type { Pip } from "./pip";
import { RunError } from "./run";
import type { Tool } from "./tool";
import { findUv } from "./uv";

/**
 * Finds the tool that an installer means.
 *
 * Throws TOOL_NOT_FOUND with the line that installs it, and PLATFORM_MISMATCH for pip where this machine is not like the
 * target: pip evaluates markers for the machine that it runs on.
 */
export async function findTool(
    installer: Installer,
    lookup: Pick<Lookup, "target" | "manifestFolder">,
    context: BuildContext,
): Promise<Tool> {
    const { target, manifestFolder } = lookup;
    switch (installer) {
        case "uv":
            return findUv(context);
        case "pip":
            return findPip(target, context);
        case "container":
            return findContainer(target, manifestFolder, context);
    }
}

/** What decides whether pip's answer for a machine is one for the target. */
export interface Host {
    /** `sys.platform`. */
    readonly platform: string;
    /** `platform.machine()`. */
    readonly machine: string;
    /** `platform.libc_ver()[0]`. */
    readonly libc: string;
    /** `3.13`. */
    readonly pythonVersion: string;
}

/** Why a host is not like the target, as clauses; empty when it is. */
export function differencesFrom(host: Host, target: Target): string[] {
    return [
        ...(host.platform === "linux" ? [] : [`its system is ${host.platform}, not linux`]),
        ...(host.machine === target.machine ? [] : [`it is ${host.machine}, not ${target.machine}`]),
        ...(host.platform !== "linux" || host.libc === "glibc" ? [] : ["its C library is not glibc"]),
        ...(host.pythonVersion === target.pythonVersion
            ? []
            : [`its Python is ${host.pythonVersion}, not ${target.pythonVersion}`]),
    ];
}

const program = `
import json, platform, sys
try:
    import pip
except ImportError:
    pip = None
print(json.dumps([sys.platform, platform.machine(), platform.libc_ver()[0], "%d.%d" % sys.version_info[:2], pip is not None]))
`;

async function findPip(target: Target, context: BuildContext): Promise<Pip> {
    const minor = target.pythonVersion;
    let other: Host | undefined;
    for (const python of [`python${minor}`, "python3", "python"]) {
        const found = await probe(python, context);
        if (found === undefined) continue;
        other ??= found.host;
        if (found.hasPip && differencesFrom(found.host, target).length === 0) {
            return { name: "pip", command: () => [python, "-m", "pip"] };
        }
    }
    const differences = other === undefined ? [] : differencesFrom(other, target);
    if (differences.length > 0) {
        throw new LayerError("PLATFORM_MISMATCH", {
            what: `installer "pip" can't install for ${target.runtime} on ${target.architecture} here: of this machine, ${differences.join(", and ")}.`,
            next: [
                'Leave installer to "uv", which installs for any target from any machine.',
                `Or run this on Linux on ${target.machine} with a python${minor} that has pip on the PATH.`,
            ],
            property: "installer",
        });
    }
    throw new LayerError("TOOL_NOT_FOUND", {
        what: `installer "pip" needs a python${minor} with pip on the PATH, and there is none.`,
        next: [
            `Install Python ${minor} from your system's packages, and pip with \`python${minor} -m ensurepip\`.`,
            'Or leave installer to "uv".',
        ],
        property: "installer",
    });
}

async function probe(
    python: string,
    context: BuildContext,
): Promise<{ readonly host: Host; readonly hasPip: boolean } | undefined> {
    try {
        const { stdout } = await context.run(python, ["-c", program], {
            cwd: context.temporaryFolder,
            env: context.environment ?? process.env,
            signal: context.signal,
            timeoutMs: 60_000,
        });
        const answer: unknown = JSON.parse(stdout);
        if (!Array.isArray(answer)) return undefined;
        const [platform, machine, libc, pythonVersion] = answer.map(String);
        if (platform === undefined || machine === undefined || libc === undefined) return undefined;
        return {
            host: { platform, machine, libc, pythonVersion: pythonVersion ?? "" },
            hasPip: answer[4] === true,
        };
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        return undefined;
    }
}

async function findContainer(target: Target, manifestFolder: string, context: BuildContext): Promise<Pip> {
    try {
        await context.run("docker", ["version", "--format", "{{.Server.Version}}"], {
            cwd: context.temporaryFolder,
            env: context.environment ?? process.env,
            signal: context.signal,
            timeoutMs: 60_000,
        });
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        const isMissing = error.details.systemCode === "ENOENT";
        throw new LayerError("TOOL_NOT_FOUND", {
            what: isMissing
                ? 'installer "container" needs Docker, and there is no docker on the PATH.'
                : `installer "container" needs Docker, and it does not answer: ${error.message}.`,
            detail: error.details.tail.slice(-4),
            next: [
                isMissing
                    ? "Install Docker Engine or Docker Desktop (https://docs.docker.com/engine/install/), and start it."
                    : "Start Docker, and see that `docker version` shows a server.",
                'Or leave installer to "uv", which needs no container.',
            ],
            property: "installer",
            cause: error,
        });
    }
    const user = process.getuid === undefined ? undefined : `${process.getuid()}:${process.getgid?.()}`;
    // Docker would make a missing one itself, as root's.
    await mkdir(context.cacheFolder, { recursive: true });
    const folders = [context.temporaryFolder, context.cacheFolder];
    const readOnly = [manifestFolder];
    return {
        name: "pip in a container",
        command: (folder, variables) =>
            containerCommand(target, { folder, folders, readOnly, variables, user }),
    };
}

/** The image that AWS's SAM CLI builds a runtime in: Amazon Linux, the runtime's Python and compilers. */
export const buildImage = (target: Target): string =>
    `public.ecr.aws/sam/build-python${target.pythonVersion}:latest-${target.architecture}`;

/**
 * The command line that runs pip in the target's own build image. Folders are where they are outside, so no path has to be
 * rewritten; variables are named only, so that Docker takes their values from its own environment and no argument holds a secret.
 */
export function containerCommand(
    target: Target,
    place: {
        /** Where it works; absolute. */
        readonly folder: string;
        /** Absolute; what is in them is visible inside. */
        readonly folders: readonly string[];
        /** The same, but nothing in them can be changed from inside. */
        readonly readOnly: readonly string[];
        readonly variables: readonly string[];
        /** `<uid>:<gid>`, so that what is written belongs to the user. */
        readonly user: string | undefined;
    },
): readonly [string, ...string[]] {
    return [
        "docker",
        ...["run", "--rm", "--platform", target.architecture === "arm64" ? "linux/arm64" : "linux/amd64"],
        ...(place.user === undefined ? [] : ["--user", place.user]),
        ...[...new Set(place.folders)].flatMap((path) => ["--volume", `${path}:${path}`]),
        ...[...new Set(place.readOnly)].flatMap((path) => ["--volume", `${path}:${path}:ro`]),
        ...["--workdir", place.folder],
        ...[...place.variables].sort().flatMap((name) => ["--env", name]),
        ...["--env", "HOME=/tmp", "--entrypoint", "python3"],
        buildImage(target),
        ...["-m", "pip"],
    ];
}
