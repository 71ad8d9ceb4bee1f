import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheFolder, cacheKey, repository } from "./cacheFolder";
import { mustRun, runAttached } from "./command";
import { packageTarball } from "./packageTarball";
import { findPulumiCli } from "./pulumiCli";
import { pythonTools } from "./pythonTools";

/** Commands that have nothing to do with a stack, or choose where stacks are. */
const commandsWithoutStack = ["login", "logout", "whoami", "version", "about", "help"];

const quickstart = join(repository, "examples", "quickstart");

/** `npm run pulumi -- <arguments>`: the Pulumi CLI that was found, at the root of this checkout. */
async function main(): Promise<number> {
    // Pulumi's own output is on standard output; ours must not get into `stack output --json`.
    const say = (line: string) => console.error(line);
    const cli = await findPulumiCli(say);
    const args = process.argv.slice(2);
    const env: NodeJS.ProcessEnv = {
        ...process.env,
        PATH: [cli.folder, process.env["PATH"] ?? ""].join(delimiter),
        PULUMI_SKIP_UPDATE_CHECK: "1",
    };
    if (args[0] !== undefined && !commandsWithoutStack.includes(args[0])) {
        await installQuickstart(say);
        await lockQuickstart(say);
        if (!(await isLoggedIn())) {
            Object.assign(env, await localBackend(say, env));
        }
    }
    return runAttached(cli.executable, args, { cwd: repository, env });
}

/** Installs the program's packages as a user would have them, this package from its tarball, unless they are there. */
async function installQuickstart(say: (line: string) => void): Promise<void> {
    const tarball = await packageTarball(say);
    const mark = join(quickstart, "node_modules", ".installed");
    const key = cacheKey([tarball, await readFile(join(quickstart, "package.json"))]);
    if ((await readFile(mark, "utf8").catch(() => "")) === key) {
        return;
    }
    say("Installing the packages of examples/quickstart …");
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
    await mustRun("npm", ["install", ...quiet, tarball], { cwd: quickstart });
    await writeFile(mark, key);
}

/** Makes the manifest of the program, which is not in the repository: a lock names the index of who made it. */
async function lockQuickstart(say: (line: string) => void): Promise<void> {
    const locked = await access(join(quickstart, "uv.lock")).then(
        () => true,
        () => false,
    );
    if (!locked) {
        const { uv } = await pythonTools(say);
        say("Locking the dependencies of examples/quickstart (uv lock) …");
        await mustRun(uv, ["lock"], { cwd: quickstart });
    }
}

/** Whether the user has chosen a place for state, by a variable or by `pulumi login`. */
async function isLoggedIn(): Promise<boolean> {
    if (process.env["PULUMI_BACKEND_URL"] || process.env["PULUMI_ACCESS_TOKEN"]) {
        return true;
    }
    const home = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
    return access(join(home, "credentials.json")).then(
        () => true,
        () => false,
    );
}

/** Without a login, state goes into the cache folder, in a stack of its own, so that a newcomer's preview just works. */
async function localBackend(say: (line: string) => void, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
    const folder = join(cacheFolder(), "pulumi-state", cacheKey([repository]));
    say(`Not logged in to a Pulumi backend: state is kept in ${folder}`);
    await mkdir(folder, { recursive: true });
    const local = {
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: process.env["PULUMI_CONFIG_PASSPHRASE"] ?? "",
    };
    const options = { cwd: repository, env: { ...env, ...local } };
    await mustRun("pulumi", ["--non-interactive", "stack", "select", "--create", "dev"], options);
    return local;
}

main().then(
    (exitCode) => {
        process.exitCode = exitCode;
    },
    (error) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
    },
);
