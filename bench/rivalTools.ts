import { cp, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings, repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import type { PythonTools } from "../scripts/pythonTools";

/** Where the other tools are, or why one could not be installed. */
export interface RivalTools {
    /** The interpreter of an environment with aws-lambda-artifact-builder, and with boto3 for the AWS calls of others. */
    readonly seed: Installed;
    /** The interpreter of an environment with AWS SAM CLI. */
    readonly sam: Installed;
    /** The folder whose node_modules has serverless and its plugin. */
    readonly serverless: Installed;
}

export type Installed = { readonly path: string } | { readonly unavailable: string };

/** Finds the other tools in the cache or installs them there, at pinned versions; says so in a line for each. */
export async function installRivals(
    tools: PythonTools,
    say: (line: string) => void = console.log,
): Promise<RivalTools> {
    const serverless = join(requirements, "serverless");
    const list = join(serverless, "package.json");
    const node = () =>
        install("bench-serverless-", [list], process.version, say, async (folder) => {
            await cp(serverless, folder, { recursive: true });
            const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
            await mustRun("npm", ["install", ...quiet], { cwd: folder });
        });
    return {
        seed: await installPythonRival("seed", tools, say),
        sam: await installPythonRival("sam", tools, say),
        serverless: await node(),
    };
}

const requirements = join(repository, "bench", "requirements");

/** Finds or installs one of the tools that are written in Python. */
export async function installPythonRival(
    name: "seed" | "sam",
    tools: Pick<PythonTools, "python">,
    say: (line: string) => void = console.log,
): Promise<Installed> {
    const list = join(requirements, `${name}.txt`);
    const environment = await install(`bench-${name}-`, [list], tools.python, say, async (folder) => {
        await mustRun(tools.python, ["-m", "venv", folder]);
        const quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
        await mustRun(join(folder, "bin", "python"), ["-m", "pip", "install", ...quiet, "-r", list]);
    });
    return "path" in environment ? { path: join(environment.path, "bin", "python") } : environment;
}

async function install(
    prefix: string,
    lists: readonly string[],
    interpreter: string,
    say: (line: string) => void,
    make: (folder: string) => Promise<void>,
): Promise<Installed> {
    const contents = await Promise.all(lists.map((path) => readFile(path)));
    const path = join(cacheFolder(), `${prefix}${cacheKey([...contents, interpreter])}`);
    try {
        await makeOnce(path, async (folder) => {
            say(`Installing ${lists.map((list) => relative(repository, list)).join(", ")} into ${folder} …`);
            await make(folder);
        });
        await removeOldSiblings(path, prefix);
        return { path };
    } catch (error) {
        // It is named in the results: the others are measured without it.
        const reason = error instanceof Error ? error.message : String(error);
        return { unavailable: `it could not be installed: ${reason.split("\n").at(-1)?.trim()}` };
    }
}
