import { access, chmod, constants, mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { cacheFolder, isComplete, makeOnce } from "./cacheFolder";
import { mustRun, runCommand } from "./command";

/** A Pulumi CLI that can run Node.js programs. */
export interface PulumiCli {
    /** The folder to put first on PATH: `pulumi`, its Node.js language host and its dynamic provider plugin are there. */
    readonly folder: string;
    readonly executable: string;
    /** Without a leading `v`, such as `3.250.0`. */
    readonly version: string;
    /** Found on PATH, downloaded by the npm package `pulumi`, or built from Go modules. */
    readonly origin: "path" | "npm" | "go";
}

/** The version that is downloaded or built. Not every later one can be had as Go modules. */
export const pulumiVersion = "3.250.0";

/** The oldest CLI on PATH that is used; the package's peer range for `@pulumi/pulumi` begins there too. */
export const oldestPulumiVersion = "3.216.0";

/** The last line of SDK modules that holds the Node.js language host. Engines as new as {@link pulumiVersion} take it. */
const languageHostVersion = "3.68.0";

/**
 * Finds a Pulumi CLI, or gets one, and says on one line which it took: the one on PATH; one got by an earlier run; the
 * npm package `pulumi`, which downloads it; one built from Go modules. Rejects with what to install when all fail.
 */
export async function findPulumiCli(say: (line: string) => void = console.log): Promise<PulumiCli> {
    const cli = (await onPath(say)) ?? (await gotEarlier()) ?? (await getCli(say));
    const origins = {
        path: "on PATH",
        npm: "from the npm package",
        go: "built from Go modules",
    } as const;
    say(`Pulumi CLI ${cli.version}, ${origins[cli.origin]}: ${cli.folder}`);
    return cli;
}

/** The version in what `pulumi version` prints, without its `v`; undefined when there is none. */
export function parseVersion(text: string): string | undefined {
    return /^\s*v?(\d+\.\d+\.\d+)(?:[-+]\S*)?\s*$/m.exec(text)?.[1];
}

/** Whether a version is another one or newer, by its three numbers. */
export function isAtLeast(version: string, oldest: string): boolean {
    return version.localeCompare(oldest, "en", { numeric: true }) >= 0;
}

const npmRoot = () => join(cacheFolder(), `pulumi-npm-${pulumiVersion}`);
// Where the npm package puts it, below the home that it is given.
const npmFolder = () => join(npmRoot(), "versions", pulumiVersion, "bin");
const goFolder = () => join(cacheFolder(), `pulumi-${pulumiVersion}`);

async function onPath(say: (line: string) => void): Promise<PulumiCli | undefined> {
    const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
    const folder = await firstWith(folders, "pulumi");
    if (folder === undefined) {
        return undefined;
    }
    const executable = join(folder, "pulumi");
    const result = await runCommand(executable, ["version"], { env: quiet(), timeoutMs: 20_000 });
    const version = parseVersion(result.stdout);
    if (version === undefined || !isAtLeast(version, oldestPulumiVersion)) {
        say(
            `Not used: ${executable}, version ${version ?? "unknown"}; ${oldestPulumiVersion} or newer is needed.`,
        );
        return undefined;
    }
    if ((await firstWith([folder, ...folders], "pulumi-language-nodejs")) === undefined) {
        say(`Not used: ${executable}, which has no Node.js language host (pulumi-language-nodejs).`);
        return undefined;
    }
    return { folder, executable, version, origin: "path" };
}

async function gotEarlier(): Promise<PulumiCli | undefined> {
    if (await isComplete(npmRoot())) {
        return cliIn(npmFolder(), "npm");
    }
    return (await isComplete(goFolder())) ? cliIn(goFolder(), "go") : undefined;
}

async function getCli(say: (line: string) => void): Promise<PulumiCli> {
    say(`No Pulumi CLI on PATH. Trying the npm package pulumi@${pulumiVersion}, which downloads it …`);
    try {
        await makeOnce(npmRoot(), download);
        return cliIn(npmFolder(), "npm");
    } catch (error) {
        say(`  It could not: ${lastLine(error)}`);
    }
    const go = await runCommand("go", ["version"]).catch(() => undefined);
    if (go?.exitCode !== 0) {
        throw new Error(
            `No Pulumi CLI: none of ${oldestPulumiVersion} or newer on PATH, no download, and no Go to build it with.\n` +
                "Install the Pulumi CLI and put it on PATH, or install Go and run this again.",
        );
    }
    say(
        `Building the Pulumi CLI ${pulumiVersion} from Go modules, once: about 5 minutes and 1.5 GB in Go's own caches …`,
    );
    await makeOnce(goFolder(), (folder) => build(folder, say));
    return cliIn(goFolder(), "go");
}

const cliIn = (folder: string, origin: PulumiCli["origin"]): PulumiCli => ({
    folder,
    executable: join(folder, "pulumi"),
    version: pulumiVersion,
    origin,
});

/** Lets the npm package install itself below our folder. It gives up within seconds where it reaches no download site. */
async function download(root: string): Promise<void> {
    const env = { ...quiet(), PULUMI_HOME: root, PULUMI_VERSION: pulumiVersion };
    await mustRun("npx", ["--yes", `pulumi@${pulumiVersion}`, "version"], {
        cwd: root,
        env,
        timeoutMs: 180_000,
    });
    await access(join(npmFolder(), "pulumi-language-nodejs"), constants.X_OK);
}

async function build(folder: string, say: (line: string) => void): Promise<void> {
    const scratch = `${folder}.build`;
    const module = "github.com/pulumi/pulumi";
    try {
        await goBuild(join(scratch, "cli"), join(folder, "pulumi"), {
            package: `${module}/pkg/v3/cmd/pulumi`,
            version: pulumiVersion,
            // The CLI's version comes from the linker; the Automation API refuses a CLI without one.
            linkerFlags: `-s -w -X ${module}/sdk/v3/go/common/version.Version=v${pulumiVersion}`,
            say,
        });
        await goBuild(join(scratch, "host"), join(folder, "pulumi-language-nodejs"), {
            package: `${module}/sdk/v3/nodejs/cmd/pulumi-language-nodejs`,
            version: languageHostVersion,
            linkerFlags: "-s -w",
            say,
        });
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
    const script = join(folder, "pulumi-resource-pulumi-nodejs");
    await writeFile(script, dynamicProviderScript);
    await chmod(script, 0o755);
}

/** What the official distribution has beside its CLI: starts the dynamic provider of the program's own SDK. */
const dynamicProviderScript = `#!/bin/sh
exec node "$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')")" "$@"
`;

/** `go install package@version` is refused (replace directives), so the package is built from a module that needs it. */
async function goBuild(
    scratch: string,
    destination: string,
    what: { package: string; version: string; linkerFlags: string; say: (line: string) => void },
): Promise<void> {
    const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=mod" };
    const options = { cwd: scratch, env, timeoutMs: 30 * 60_000 };
    await mkdir(scratch, { recursive: true });
    await writeFile(join(scratch, "go.mod"), "module scratch\n");
    what.say(`  downloading the modules of ${what.package.slice(what.package.lastIndexOf("/") + 1)} …`);
    await mustRun("go", ["get", `${what.package}@v${what.version}`], options);
    what.say("  compiling …");
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags", what.linkerFlags];
    await mustRun("go", ["build", ...flags, "-o", destination, what.package], options);
}

/** No questions and no look for updates. */
const quiet = (): NodeJS.ProcessEnv => ({ ...process.env, PULUMI_SKIP_UPDATE_CHECK: "1", CI: "true" });

async function firstWith(folders: readonly string[], name: string): Promise<string | undefined> {
    for (const folder of folders) {
        const found = await access(join(folder, name), constants.X_OK).then(
            () => true,
            () => false,
        );
        if (found) {
            return folder;
        }
    }
    return undefined;
}

const lastLine = (error: unknown): string =>
    (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1)?.trim() ?? "";
