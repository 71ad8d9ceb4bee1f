import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { repository } from "./cacheFolder";
import { type CommandOptions, type CommandResult, describeFailure, mustRun, runCommand } from "./command";
import { environment } from "./emulator";
import { atShutdown, refuseWhenInterrupted } from "./shutdown";
import { parseStackExport, type StackExport } from "./stackExport";

/** What a project is made of. */
export interface ProjectOptions {
    /** Its files, by path below the project: `index.ts` at least, unless `template` has it. A `Pulumi.yaml` is made if missing. */
    readonly files?: Readonly<Record<string, string | Buffer>> | undefined;
    /** A folder to copy first, without its node_modules. */
    readonly template?: string | undefined;
    /** Default `test`. */
    readonly name?: string | undefined;
    /** Default `dev`. */
    readonly stack?: string | undefined;
    /** Stack configuration, such as `{ "aws:region": "eu-central-1" }`; none is secret. */
    readonly config?: Readonly<Record<string, string>> | undefined;
    /** The packed package, unpacked into the project's node_modules. Without it, programs can't import the package. */
    readonly tarball?: string | undefined;
    /**
     * `linked` (the default): every other package is a link to the checkout's, which takes milliseconds.
     * `none`: the caller runs `npm install` itself.
     */
    readonly modules?: "linked" | "none" | undefined;
    /** The folder of the Pulumi CLI; default `PLL_PULUMI`. */
    readonly pulumi?: string | undefined;
    /** Further folders for PATH, behind Pulumi's; default that of `PLL_UV`. */
    readonly path?: readonly string[] | undefined;
    /** The environment that commands get, before Pulumi's own settings; default {@link environment}, with no emulator. */
    readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** A Pulumi project in a temporary folder, with a backend and a home of its own. */
export interface PulumiProject {
    /** The program's folder, a real path. */
    readonly folder: string;
    readonly stack: string;
    /** The folder for temporary files that commands get, empty at first. */
    readonly temporaryFolder: string;
    /** What commands run with. */
    readonly environment: Readonly<Record<string, string>>;
    /**
     * Runs `pulumi <args>` without asking anything and without colours, and gives what a user sees.
     * Resolves whatever the exit code; time-out 3 minutes.
     */
    run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
    /** `pulumi preview`. */
    preview(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
    /** `pulumi up --yes --skip-preview`. */
    up(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
    /** `pulumi refresh --yes --skip-preview`. */
    refresh(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
    /** `pulumi destroy --yes --skip-preview`. */
    destroy(args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
    /** The stack's state, with secrets still encrypted. */
    export(): Promise<StackExport>;
    /** The stack's outputs, secrets in clear. */
    outputs(): Promise<Readonly<Record<string, unknown>>>;
    setConfig(key: string, value: string, options?: { readonly secret?: boolean }): Promise<void>;
    /** Adds or replaces files, by path below the project. */
    write(files: Readonly<Record<string, string | Buffer>>): Promise<void>;
    /** Removes everything from the disk, and nothing from the (emulated) AWS. Also done when this process is interrupted. */
    remove(): Promise<void>;
}

/** Makes a project and its stack. Rejects with the CLI's last lines if that fails. Remove it with `remove()`. */
export async function createPulumiProject(options: ProjectOptions): Promise<PulumiProject> {
    refuseWhenInterrupted();
    const root = await realpath(await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-project-")));
    const remove = atShutdown(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
    try {
        return await fill(root, options, remove);
    } catch (error) {
        await remove();
        throw error;
    }
}

/** The result itself when its exit code is 0; otherwise throws an error with the command and its last 20 lines. */
export function succeeded(result: CommandResult): CommandResult {
    if (result.exitCode !== 0) {
        throw new Error(describeFailure(result));
    }
    return result;
}

async function fill(
    root: string,
    options: ProjectOptions,
    remove: () => Promise<void>,
): Promise<PulumiProject> {
    const folder = join(root, "program");
    const stack = options.stack ?? "dev";
    const write = async (files: Readonly<Record<string, string | Buffer>>) => {
        for (const [path, content] of Object.entries(files)) {
            await mkdir(dirname(join(folder, path)), { recursive: true });
            await writeFile(join(folder, path), content);
        }
    };
    await mkdir(join(root, "state"));
    await mkdir(join(root, "temporary"));
    await write({
        "Pulumi.yaml": `name: ${options.name ?? "test"}\nruntime: nodejs\n`,
        "package.json": `${JSON.stringify({ name: options.name ?? "test", private: true, main: "index.ts" })}\n`,
        // Pulumi's own TypeScript, which compiles where a project has none, is too old for this one.
        ...(options.modules === "none" ? {} : { "tsconfig.json": `${JSON.stringify(tsconfig)}\n` }),
    });
    if (options.template !== undefined) {
        await cp(options.template, folder, {
            recursive: true,
            filter: (source) => !/[\\/](node_modules|Pulumi\.[^\\/]+\.yaml)$/.test(source),
        });
    }
    await write(options.files ?? {});
    if (options.modules !== "none") {
        await linkModules(folder);
    }
    if (options.tarball !== undefined) {
        await unpack(options.tarball, join(folder, "node_modules", "pulumi-lambda-layer"));
    }

    const env = projectEnvironment(root, options);
    const run = (args: readonly string[], command: CommandOptions = {}) =>
        runCommand("pulumi", ["--non-interactive", "--color", "never", ...args], {
            cwd: folder,
            env,
            timeoutMs: 180_000,
            ...command,
        });
    const must = async (args: readonly string[]) => succeeded(await run(args));
    const setConfig: PulumiProject["setConfig"] = async (key, value, { secret = false } = {}) => {
        await must([
            "config",
            "set",
            "--stack",
            stack,
            secret ? "--secret" : "--plaintext",
            key,
            "--",
            value,
        ]);
    };
    const onStack =
        (command: string, flags: readonly string[]) =>
        (args: readonly string[] = [], more: CommandOptions = {}) =>
            run([command, "--stack", stack, ...flags, ...args], more);

    await must(["stack", "init", stack]);
    for (const [key, value] of Object.entries(options.config ?? {})) {
        await setConfig(key, value);
    }
    return {
        folder,
        stack,
        temporaryFolder: join(root, "temporary"),
        environment: env,
        run,
        preview: onStack("preview", []),
        up: onStack("up", ["--yes", "--skip-preview"]),
        refresh: onStack("refresh", ["--yes", "--skip-preview"]),
        destroy: onStack("destroy", ["--yes", "--skip-preview"]),
        export: async () => parseStackExport((await must(["stack", "export", "--stack", stack])).stdout),
        outputs: async () => {
            const printed = await must(["stack", "output", "--stack", stack, "--json", "--show-secrets"]);
            return Object.fromEntries(Object.entries(JSON.parse(printed.stdout)));
        },
        setConfig,
        write,
        remove,
    };
}

const tsconfig = {
    compilerOptions: {
        target: "ES2020",
        module: "commonjs",
        moduleResolution: "node10",
        strict: true,
        skipLibCheck: true,
    },
};

function projectEnvironment(root: string, options: ProjectOptions): Record<string, string> {
    const base = options.environment ?? environment();
    const pulumi = options.pulumi ?? process.env["PLL_PULUMI"];
    if (pulumi === undefined || pulumi === "") {
        throw new Error(
            'PLL_PULUMI is not set: run this through "npm test", which finds the Pulumi CLI and sets it.',
        );
    }
    const uv = process.env["PLL_UV"];
    const folders = options.path ?? (uv === undefined ? [] : [dirname(uv)]);
    return {
        ...base,
        PATH: [pulumi, ...folders, base["PATH"] ?? ""].join(delimiter),
        // Pulumi and its plugins leave a few things in it when they are stopped.
        TMPDIR: join(root, "temporary"),
        PULUMI_HOME: join(root, "home"),
        PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "1",
        ...(options.modules === "none" ? {} : compileCache(base)),
        // A download of a plugin would make a test depend on the network.
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
}

/** Variables with which the Node processes of a run of tests share what they compile, see `compileCache.cjs`. */
export function compileCache(base: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const folder = process.env["PLL_COMPILE_CACHE"];
    if (folder === undefined) return {};
    const hook = `--require ${join(repository, "scripts", "compileCache.cjs")}`;
    const given = base["NODE_OPTIONS"];
    return {
        PLL_COMPILE_CACHE: folder,
        NODE_OPTIONS: given === undefined ? hook : `${given} ${hook}`,
    };
}

/** One link for each package (or scope of packages) of the checkout; the package under test is never among them. */
async function linkModules(folder: string): Promise<void> {
    const from = join(repository, "node_modules");
    const to = join(folder, "node_modules");
    await mkdir(to, { recursive: true });
    const names = (await readdir(from)).filter(
        (name) => !name.startsWith(".") && name !== "pulumi-lambda-layer",
    );
    await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
}

async function unpack(tarball: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await mustRun("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
}
