import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings } from "./cacheFolder";
import { mustRun } from "./command";

/** The other package managers that users install with, and what looks a tarball over before it is published. */
const tools = {
    pnpm: { version: "10.34.8", package: "pnpm", program: "bin/pnpm.cjs" },
    yarn1: { version: "1.22.22", package: "yarn", program: "bin/yarn.js" },
    yarn4: { version: "4.18.1", package: "@yarnpkg/cli-dist", program: "bin/yarn.js" },
    publint: { version: "0.3.25", package: "publint", program: "src/cli.js" },
    attw: { version: "0.18.5", package: "@arethetypeswrong/cli", program: "dist/index.js" },
} as const;

export type NpmTool = keyof typeof tools;

/** The pinned version of a tool. */
export const npmToolVersion = (name: NpmTool): string => tools[name].version;

/**
 * The path of a tool's program, to be run with `node`. Finds the tools in the cache or installs them there, all at once;
 * says so in a line. Rejects with npm's last lines when it fails.
 */
export async function npmTool(name: NpmTool, say: (line: string) => void = console.log): Promise<string> {
    const prefix = "npm-tools-";
    const packages = Object.entries(tools).map(
        ([alias, { package: from, version }]) => `${alias}@npm:${from}@${version}`,
    );
    const home = join(cacheFolder(), `${prefix}${cacheKey(packages)}`);
    await makeOnce(home, async (made) => {
        say(`Installing ${packages.map((each) => each.replace(/^.*npm:/, "")).join(", ")} into ${made} …`);
        await writeFile(join(made, "package.json"), '{ "private": true }\n');
        const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
        await mustRun("npm", ["install", ...quiet, ...packages], { cwd: made });
    });
    await removeOldSiblings(home, prefix);
    return join(home, "node_modules", name, tools[name].program);
}
