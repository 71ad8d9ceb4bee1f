import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mustRun } from "../../scripts/command";
import { npmTool, npmToolVersion } from "../../scripts/npmTools";
import { hasPackages, npmInstall, npmInstallOnce } from "./npmInstall";

/** What a project asks its package manager for. */
export interface Wanted {
    /** The packed package's path. */
    readonly tarball: string;
    /** Others, `name@version`. */
    readonly packages: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
}

/** A package manager, or a way of using one. */
export interface Installer {
    readonly title: string;
    /** Where the program is, relative to the folder that is installed. Default: the same. */
    readonly programFolder?: string;
    /** Installs into a folder that has no `node_modules`; npm also over what it has installed before. */
    install(folder: string, wanted: Wanted): Promise<void>;
}

/** `npm install`, as most users do. */
const npm: Installer = {
    title: "npm",
    install: async (folder, { tarball, packages, environment }) => {
        const install = (await hasPackages(folder)) ? npmInstall : npmInstallOnce;
        await install(folder, { packages: [tarball, ...packages], environment });
    },
};

const pnpm: Installer = {
    title: `pnpm ${npmToolVersion("pnpm")}`,
    install: async (folder, { tarball, packages, environment }) => {
        const program = await npmTool("pnpm");
        const quiet = ["--reporter=append-only", "--prefer-offline", "--ignore-scripts"];
        await mustRun("node", [program, "add", ...quiet, tarball, ...packages], {
            cwd: folder,
            env: environment,
        });
    },
};

const yarn1: Installer = {
    title: `yarn ${npmToolVersion("yarn1")}`,
    install: async (folder, { tarball, packages, environment }) => {
        const program = await npmTool("yarn1");
        const quiet = [
            "--silent",
            "--non-interactive",
            "--prefer-offline",
            "--ignore-scripts",
            "--no-lockfile",
        ];
        await mustRun("node", [program, "add", ...quiet, `file:${tarball}`, ...packages], {
            cwd: folder,
            env: environment,
        });
    },
};

const yarn4: Installer = {
    title: `yarn ${npmToolVersion("yarn4")}, node-modules linker`,
    install: async (folder, { tarball, packages, environment }) => {
        const program = await npmTool("yarn4");
        // Pulumi finds a program's packages in node_modules: Plug'n'Play is not for it.
        await writeFile(
            join(folder, ".yarnrc.yml"),
            "nodeLinker: node-modules\nenableScripts: false\nenableTelemetry: false\n",
        );
        // Without a lock of its own, Yarn takes the folder for a part of a project further up.
        await writeFile(join(folder, "yarn.lock"), "");
        const settings = { YARN_ENABLE_IMMUTABLE_INSTALLS: "false", ...(await registryForYarn(environment)) };
        await mustRun("node", [program, "add", `pulumi-lambda-layer@file:${tarball}`, ...packages], {
            cwd: folder,
            env: { ...environment, ...settings },
        });
    },
};

/** Yarn 4 reads no `.npmrc`: the registry that npm uses on this machine is handed on. */
async function registryForYarn(environment: NodeJS.ProcessEnv): Promise<Record<string, string>> {
    const { stdout } = await mustRun("npm", ["config", "get", "registry"], { env: environment });
    return { YARN_NPM_REGISTRY_SERVER: stdout.trim().replace(/\/$/, "") };
}

/** One member of an npm workspace; its packages are hoisted to the root. */
const workspace: Installer = {
    title: "npm workspace",
    programFolder: "infra",
    install: async (folder, { tarball, packages, environment }) => {
        await writeFile(
            join(folder, "package.json"),
            `${JSON.stringify({ name: "monorepo", private: true, workspaces: ["infra"] })}\n`,
        );
        await npmInstall(folder, { packages: ["--workspace", "infra", tarball, ...packages], environment });
    },
};

/** The package as a folder elsewhere with packages of its own, Pulumi among them, and a link to it: `npm link`. */
const link: Installer = {
    title: "npm, a link to a folder",
    install: async (folder, { tarball, packages, environment }) => {
        const checkout = join(dirname(folder), "pulumi-lambda-layer");
        await mkdir(checkout);
        await mustRun("tar", ["-xzf", tarball, "-C", checkout, "--strip-components=1"]);
        // Its own Pulumi is a peer and a development dependency: what leaves out the latter leaves out the former.
        const manifest = join(checkout, "package.json");
        const { devDependencies: _others, ...kept } = JSON.parse(await readFile(manifest, "utf8"));
        await writeFile(manifest, `${JSON.stringify(kept)}\n`);
        await npmInstall(checkout, { packages, environment });
        await npmInstallOnce(folder, { packages, environment });
        await symlink(checkout, join(folder, "node_modules", "pulumi-lambda-layer"));
    },
};

export const installers = { npm, pnpm, yarn1, yarn4, workspace, link } as const;

/** The version of a package that a program in a folder gets. */
export async function installedVersion(name: string, folder: string): Promise<string> {
    const path = require.resolve(`${name}/package.json`, { paths: [folder] });
    const content: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof content === "object" && content !== null && "version" in content) {
        return String(content.version);
    }
    throw new Error(`${path} has no version.`);
}
