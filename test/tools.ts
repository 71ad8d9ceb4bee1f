import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, mustRun } from "../scripts/command";

/** Where the tests' tools are: set by the bootstrap, which installs them, so that no test has to skip. */
function toolPath(variable: string): string {
    const path = process.env[variable];
    if (path === undefined || path === "") {
        throw new Error(
            `${variable} is not set: run the tests through "npm test", which installs the tools and sets it.`,
        );
    }
    return path;
}

/** The `uv` executable that the tests drive. */
export const uvPath = (): string => toolPath("PLL_UV");

/** A Python with boto3, packaging and the emulators installed. */
export const pythonPath = (): string => toolPath("PLL_PYTHON");

/** The `poetry` executable, with the export plugin. */
export const poetryPath = (): string => toolPath("PLL_POETRY");

/** A Python with aws-lambda-artifact-builder installed. */
export const artifactBuilderPath = (): string => toolPath("PLL_ARTIFACT_BUILDER");

/**
 * Runs poetry in a folder, with a cache for this call alone: it knows the files of a source by the source's name, which projects on
 * two test indexes share. Rejects with its last lines when it fails.
 */
export async function runPoetry(args: readonly string[], folder: string): Promise<CommandResult> {
    const cache = await mkdtemp(join(tmpdir(), "poetry-cache-"));
    try {
        return await mustRun(poetryPath(), args, {
            cwd: folder,
            env: { ...process.env, POETRY_CACHE_DIR: cache },
        });
    } finally {
        await rm(cache, { recursive: true, force: true });
    }
}
