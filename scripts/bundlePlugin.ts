import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { repository } from "./cacheFolder";

/** The executable's name: the engine looks for it in the folder that a program names, and on PATH. */
export const pluginName = "pulumi-resource-lambda-layer";

/**
 * Makes the native plugin: one script with all that it needs but Node itself, an executable for each kind of system, and what
 * `pulumi package add <folder>` reads.
 */
export async function bundlePlugin(folder: string): Promise<void> {
    const { version, engines }: { version: string; engines: { node: string } } = JSON.parse(
        await readFile(join(repository, "package.json"), "utf8"),
    );
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await build({
        entryPoints: [join(repository, "provider", "plugin", "main.ts")],
        outfile: join(folder, "plugin.js"),
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        legalComments: "linked",
        minifySyntax: true,
        minifyWhitespace: true,
        logLevel: "warning",
    });
    await Promise.all([
        writeFile(
            join(folder, "package.json"),
            `${JSON.stringify({ name: pluginName, version, private: true, main: "plugin.js" })}\n`,
        ),
        writeFile(join(folder, "PulumiPlugin.yaml"), "runtime: nodejs\n"),
        writeFile(join(folder, pluginName), shellLauncher(engines.node)),
        writeFile(join(folder, `${pluginName}.cmd`), windowsLauncher),
    ]);
    await chmod(join(folder, pluginName), 0o755);
}

/** The engine shows what a plugin prints when it ends before it named a port. */
const shellLauncher = (node: string): string => `#!/bin/sh
# Starts the plugin with the Node on PATH. The folder is that of the script itself, also where a link leads to it.
script=$0
while [ -h "$script" ]; do
    target=$(readlink "$script")
    case $target in
        /*) script=$target ;;
        *) script=$(dirname "$script")/$target ;;
    esac
done
if ! command -v node >/dev/null 2>&1; then
    echo "NODE_MISSING: pulumi-lambda-layer needs Node ${node}, and there is no node on PATH. Install it from your system's packages, and run the same command again." >&2
    exit 1
fi
exec node "$(dirname "$script")/plugin.js" "$@"
`;

const windowsLauncher = `@echo off\r\nnode "%~dp0plugin.js" %*\r\n`;
