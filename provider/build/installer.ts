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

/** Finds the tool that an installer means. Throws TOOL_NOT_FOUND with the line that installs it. */
export async function findTool(
    installer: Installer,
    lookup: Pick<Lookup, "target" | "manifestFolder">,
    context: BuildContext,
): Promise<Tool> {
    return installer === "container" ? findContainer(lookup, context) : findUv(context);
}

async function findContainer(
    { target, manifestFolder }: Pick<Lookup, "target" | "manifestFolder">,
    context: BuildContext,
): Promise<Pip> {
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
