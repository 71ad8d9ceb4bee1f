import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LayerError } from "../errors";
import type { Installer } from "../installers";
import type { Target } from "../target";
import type { BuildContext } from "./context";
import { dockerEnvironment } from "./environment";
import type { Lookup } from "./lookup";
import type { Pip } from "./pip";
import { RunError } from "./run";
import type { Tool } from "./tool";
import { findUv } from "./uv";

/** Finds the tool that an installer means. Throws TOOL_NOT_FOUND with the line that installs it. */
export async function findTool(
    installer: Installer,
    { target }: Pick<Lookup, "target">,
    context: BuildContext,
): Promise<Tool> {
    return installer === "container" ? findContainer(target, context) : findUv(context);
}

async function findContainer(target: Target, context: BuildContext): Promise<Pip> {
    try {
        await context.run("docker", ["version", "--format", "{{.Server.Version}}"], {
            cwd: context.temporaryFolder,
            environment: await dockerEnvironment(context.environment, context.temporaryFolder),
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
    const image = await findImage(target, context);
    const user = process.getuid === undefined ? undefined : `${process.getuid()}:${process.getgid?.()}`;
    return {
        image,
        run: async (args, call) => {
            const home = join(call.folder, "home");
            await mkdir(home, { recursive: true });
            const name = `pulumi-lambda-layer-${randomUUID()}`;
            const [command, ...before] = containerCommand(target, {
                name,
                image,
                folder: call.folder,
                folders: [call.folder, ...(call.writable ?? [])],
                readOnly: call.readable,
                variables: { ...call.variables, HOME: home },
                user,
            });
            const docker = {
                cwd: call.folder,
                environment: await dockerEnvironment(context.environment, call.folder),
            };
            const end = (...words: readonly string[]) =>
                context.run("docker", words, { ...docker, timeoutMs: endingMs }).catch(() => undefined);
            await endingContainer(name, call.signal, end, () =>
                context.run(command, [...before, ...args], {
                    ...docker,
                    label: `pip ${args[0]}`,
                    input: call.settings,
                    signal: call.signal,
                }),
            );
        },
    };
}

/** Milliseconds for Docker to end a container: this process has to be gone five seconds after an interrupt. */
const endingMs = 2000;

/**
 * Does what runs a container, and sees to it that the container ends when the work is aborted: what ends Docker's client does not end
 * what the client has started.
 */
async function endingContainer<Result>(
    name: string,
    signal: AbortSignal,
    /** Calls Docker, and takes a failure for an answer. */
    docker: (...args: readonly string[]) => Promise<unknown>,
    work: () => Promise<Result>,
): Promise<Result> {
    let killed: Promise<unknown> | undefined;
    const onAbort = () => {
        killed = docker("kill", name);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
        return await work();
    } finally {
        signal.removeEventListener("abort", onAbort);
        if (killed !== undefined) {
            await killed;
            // One that was made and not yet started when it was to be killed.
            await docker("rm", "--force", name);
        }
    }
}

/**
 * The build image as Docker has it here, by digest: its tag moves, and what runs must be what the artifact key names. It is pulled only
 * when it is not there.
 */
async function findImage(target: Target, context: BuildContext): Promise<string> {
    const tag = buildImage(target);
    const environment = await dockerEnvironment(context.environment, context.temporaryFolder);
    const docker = (...args: string[]) =>
        context.run("docker", args, { cwd: context.temporaryFolder, environment, signal: context.signal });
    const inspect = async () => {
        const { stdout } = await docker("image", "inspect", "--format", "{{json .RepoDigests}} {{.Id}}", tag);
        const digest = /"([^"\s]+@sha256:[0-9a-f]{64})"/.exec(stdout)?.[1];
        return digest ?? /\bsha256:[0-9a-f]{64}\s*$/.exec(stdout)?.[0].trim();
    };
    try {
        const found = await inspect().catch(async (error: unknown) => {
            if (context.signal.aborted || !(error instanceof RunError)) throw error;
            context.report(`pulling ${tag}`);
            await docker("pull", "--quiet", "--platform", dockerPlatform(target), tag);
            return inspect();
        });
        if (found !== undefined) return found;
        throw new LayerError("TOOL_FAILED", {
            what: `docker image inspect does not tell the digest of ${tag}.`,
            next: `Run \`docker pull ${tag}\` and try again.`,
            property: "installer",
        });
    } catch (error) {
        if (context.signal.aborted || !(error instanceof RunError)) throw error;
        throw new LayerError("TOOL_FAILED", {
            what: `Docker has no image ${tag} and could not get it: ${error.message}.`,
            detail: error.details.tail.slice(-4),
            next: `Run \`docker pull ${tag}\`, put right what it says, and try again.`,
            property: "installer",
            cause: error,
        });
    }
}

const dockerPlatform = (target: Target): string =>
    target.architecture === "arm64" ? "linux/arm64" : "linux/amd64";

/** The image that AWS's SAM CLI builds a runtime in: Amazon Linux, the runtime's Python and compilers. */
export const buildImage = (target: Target): string =>
    `public.ecr.aws/sam/build-python${target.pythonVersion}:latest-${target.architecture}`;

/**
 * The command line that runs pip in the target's own build image. Folders are where they are outside, so no path has to be
 * rewritten. What is in the container is what is named here, and no variable of it is a secret.
 */
export function containerCommand(
    target: Target,
    place: {
        /** What {@link buildImage} is here, by digest. */
        readonly image: string;
        /** Of the container. */
        readonly name: string;
        /** Where it works; absolute. */
        readonly folder: string;
        /** Absolute; what is in them is visible inside. */
        readonly folders: readonly string[];
        /** The same, but nothing in them can be changed from inside. */
        readonly readOnly: readonly string[];
        readonly variables: Readonly<Record<string, string>>;
        /** `<uid>:<gid>`, so that what is written belongs to the user. */
        readonly user: string | undefined;
    },
): readonly [string, ...string[]] {
    return [
        "docker",
        ...["run", "--rm", "--init", "--interactive", "--name", place.name],
        ...["--platform", dockerPlatform(target)],
        ...(place.user === undefined ? [] : ["--user", place.user]),
        ...[...new Set(place.folders)].flatMap((path) => ["--volume", `${path}:${path}`]),
        ...[...new Set(place.readOnly)].flatMap((path) => ["--volume", `${path}:${path}:ro`]),
        ...["--workdir", place.folder],
        ...Object.entries(place.variables)
            .sort()
            .flatMap(([name, value]) => ["--env", `${name}=${value}`]),
        ...["--entrypoint", "python3", place.image, "-m", "pip"],
    ];
}
