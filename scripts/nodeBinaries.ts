import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings } from "./cacheFolder";
import { mustRun } from "./command";

/** One of each release line that users have; npm serves their binaries. */
export const nodeVersions = ["20.20.2", "22.23.3", "24.21.0"] as const;

export type NodeVersion = (typeof nodeVersions)[number];

/** The folder that holds the executable `node` of a version, to be put on PATH. Installs all of them at first. */
export async function nodeFolder(
    version: NodeVersion,
    say: (line: string) => void = console.log,
): Promise<string> {
    const prefix = "node-binaries-";
    const platform = `node-${process.platform}-${process.arch}`;
    const home = join(cacheFolder(), `${prefix}${cacheKey([platform, ...nodeVersions])}`);
    await makeOnce(home, async (made) => {
        say(`Installing Node ${nodeVersions.join(", ")} into ${made} …`);
        await writeFile(join(made, "package.json"), '{ "private": true }\n');
        const packages = nodeVersions.map((each) => `node-${each}@npm:${platform}@${each}`);
        const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
        await mustRun("npm", ["install", ...quiet, ...packages], { cwd: made });
    });
    await removeOldSiblings(home, prefix);
    return join(home, "node_modules", `node-${version}`, "bin");
}
