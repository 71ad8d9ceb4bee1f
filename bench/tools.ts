import { mkdir, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import type { PythonTools } from "../scripts/pythonTools";
import type { OwnPackage } from "./ownPackage";
import type { ToolInfo } from "./results";
import type { Installed, RivalTools } from "./rivalTools";
import { wheelMachine } from "./sets";

/** One process that does the work of a tool in the project's folder. */
export interface Command {
    readonly program: string;
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
}

/** A tool that can be measured. */
export interface Tool extends ToolInfo {
    /** Makes what a user of the tool has before the first create; undefined for nothing. */
    readonly prepare?: (folder: string, environment: NodeJS.ProcessEnv) => Promise<void>;
    /** The whole create of a layer with this name: build, package, upload, publish. */
    create(layerName: string, folder: string): Command;
    /** A second process that times build and package, for a tool whose create does not tell them. */
    readonly steps?: () => Command;
}

/** What the commands of all tools need to know. */
export interface ToolContext {
    readonly own: OwnPackage;
    readonly rivals: RivalTools;
    readonly python: PythonTools;
    readonly versions: Readonly<Record<string, string>>;
}

const script = (name: string) => join(repository, "bench", "rivals", name);

/** Every tool, ours first. The ones that could not be installed have `unavailable`. */
export function toolsOf({ own, rivals, python, versions }: ToolContext): Tool[] {
    const runtime = `python${python.pythonVersion}`;
    const architecture = wheelMachine === "aarch64" ? "arm64" : "x86_64";
    const seedTool = (tool: "uv" | "pip"): Tool => ({
        id: `seed-${tool}`,
        title: `aws-lambda-artifact-builder, ${tool}`,
        how: `${versions["aws-lambda-artifact-builder"]}, its local ${tool} builder, its own package, upload and publish steps`,
        ...missing(rivals.seed),
        // It reads the target's Python version off the project's environment.
        prepare: async (folder, env) => {
            await mustRun(python.uv, ["venv", "--quiet", "--allow-existing"], { cwd: folder, env });
        },
        create: (layerName) => {
            const program = pathOf(rivals.seed);
            const toolPath = tool === "uv" ? python.uv : join(program, "..", "pip");
            return { program, args: [script("seed.py"), layerName, tool, toolPath] };
        },
    });
    const known: Tool[] = [
        {
            id: "ours",
            title: "pulumi-lambda-layer",
            how: `${versions["pulumi-lambda-layer"]}, check and create of its provider in a Node process`,
            create: (layerName) => ({ ...own.worker("create"), env: { BENCH_LAYER: layerName } }),
            steps: () => own.worker("steps"),
        },
        seedTool("uv"),
        seedTool("pip"),
        {
            id: "uv-zip",
            title: "uv pip install + zip -9",
            how: `uv ${versions["uv"]}, zip ${versions["zip"]}, boto3's upload_file and publish_layer_version`,
            ...missing(rivals.seed),
            create: (layerName) => {
                const platform = `${wheelMachine}-manylinux_2_34`;
                const args = [script("uv_zip.py"), layerName, python.uv, runtime, platform];
                return { program: pathOf(rivals.seed), args };
            },
        },
        {
            id: "sam",
            title: "AWS SAM CLI",
            how: `${versions["aws-sam-cli"]}, sam build and sam package without containers, boto3's publish_layer_version; packing alone is its own function, called apart`,
            ...missing(rivals.sam),
            create: (layerName) => {
                const program = pathOf(rivals.sam);
                const args = [script("sam.py"), layerName, join(program, "..", "sam"), runtime, architecture];
                return { program, args };
            },
        },
        {
            id: "serverless",
            title: "serverless-python-requirements",
            how: `${versions["serverless-python-requirements"]} with Serverless Framework ${versions["serverless"]}, serverless package without Docker, boto3's upload_file and publish_layer_version; packing alone is its own function, called apart`,
            ...missing(rivals.serverless, rivals.seed),
            create: (layerName, folder) => {
                const cache = join(folder, "cache", "serverless");
                const args = [layerName, pathOf(rivals.serverless), runtime, architecture, cache];
                return { program: pathOf(rivals.seed), args: [script("serverless.py"), ...args] };
            },
        },
    ];
    return known;
}

const pathOf = (installed: Installed): string => ("path" in installed ? installed.path : "");

function missing(...needed: readonly Installed[]): { readonly unavailable?: string } {
    for (const installed of needed) {
        if ("unavailable" in installed) return { unavailable: installed.unavailable };
    }
    return {};
}

/** The environment in which a tool works: the mirror as its only index, its caches below `folder`. */
export function toolEnvironment(
    base: Readonly<Record<string, string>>,
    folder: string,
    { indexUrl, python }: { readonly indexUrl: string; readonly python: PythonTools },
): Record<string, string> {
    // Whatever this machine sets for pip, uv and npm is a user's own, and differs from machine to machine.
    const kept = Object.entries(base).filter(([name]) => !/^(PIP|UV|NPM|npm|SAM|SLS|PYTHON)_/.test(name));
    const cache = join(folder, "cache");
    return {
        ...Object.fromEntries(kept),
        HOME: join(cache, "home"),
        PATH: [dirname(python.python), base["PATH"] ?? ""].join(delimiter),
        XDG_CACHE_HOME: join(cache, "xdg"),
        TMPDIR: join(folder, "temporary"),
        PIP_CONFIG_FILE: "/dev/null",
        PIP_INDEX_URL: indexUrl,
        PIP_CACHE_DIR: join(cache, "pip"),
        PIP_DISABLE_PIP_VERSION_CHECK: "1",
        UV_NO_CONFIG: "1",
        UV_DEFAULT_INDEX: indexUrl,
        UV_CACHE_DIR: join(cache, "uv"),
        UV_PYTHON: python.python,
        UV_PYTHON_DOWNLOADS: "never",
        SAM_CLI_TELEMETRY: "0",
        SLS_TELEMETRY_DISABLED: "1",
        SLS_NOTIFICATIONS_MODE: "off",
        SLS_INTERACTIVE_SETUP_ENABLE: "0",
    };
}

/** Empties the caches of the tool that works in `folder`. */
export async function emptyCaches(folder: string): Promise<void> {
    await rm(join(folder, "cache"), { recursive: true, force: true, maxRetries: 3 });
    await mkdir(join(folder, "cache", "home"), { recursive: true });
    await mkdir(join(folder, "temporary"), { recursive: true });
}
