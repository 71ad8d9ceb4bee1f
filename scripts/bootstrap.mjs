// Plain Node with no dependency, so that a fresh clone can start here: says what it is about to install, installs the
// npm packages, and hands over to scripts/<task>.ts.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestNode = [20, 19];
const tasks = {
    demo: { python: true, pulumi: true },
    test: { python: true, pulumi: true },
    pulumi: { python: true, pulumi: true },
    bench: { python: true, pulumi: true, rivals: true },
};
const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...args] = process.argv.slice(2);

if (task === undefined || !Object.hasOwn(tasks, task)) {
    fail(`Usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join("|")} [arguments]`);
}
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    fail(`Node.js ${oldestNode.join(".")} or newer is needed; this is ${process.versions.node}.`);
}
if (process.platform === "win32") {
    fail("These scripts need Linux or macOS; on Windows, run them in WSL.");
}

// Standard output is the task's alone where its output may be read by a program: `npm run pulumi -- stack output --json`.
const say = task === "pulumi" ? console.error : console.log;
announce();
if (!packagesAreFresh()) {
    say("Installing npm packages (npm ci) …");
    const npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", npm, { cwd: repository, stdio: ["ignore", 2, 2] });
    if (status !== 0) {
        fail("npm ci failed; its messages are above.");
    }
}
const require = createRequire(import.meta.url);
process.argv = [process.argv[0], join(repository, "scripts", `${task}.ts`), ...args];
// ts-node takes the tsconfig.json of the working folder. Its variable for that would reach the programs we start.
process.chdir(repository);
require("ts-node/register/transpile-only");
require(process.argv[1]);

function announce() {
    const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-lambda-layer");
    const lines = [[join(repository, "node_modules"), packagesAreFresh(), "npm packages (half a minute)"]];
    if (tasks[task].python) {
        const there = cached(cache, "python-tools-") && cached(cache, "python-ministack-");
        lines.push([
            join(cache, "python-*"),
            there,
            "Python environments with uv, poetry, boto3 and two AWS emulators, moto and ministack (1 minute)",
        ]);
    }
    if (tasks[task].pulumi) {
        lines.push([
            join(cache, "pulumi-*"),
            cached(cache, "pulumi-"),
            "the Pulumi CLI, if there is none on PATH: downloaded (1 minute) or built with Go (5 minutes)",
        ]);
    }
    if (tasks[task].rivals) {
        const prefixes = ["bench-seed-", "bench-sam-", "bench-serverless-", "bench-wheels-large-"];
        lines.push([
            join(cache, "bench-*"),
            prefixes.every((prefix) => cached(cache, prefix)),
            "aws-lambda-artifact-builder, AWS SAM CLI, Serverless Framework and wheels to pack (600 MB, 3 minutes)",
        ]);
    }
    say(`\`npm run ${task}\` uses, and first installs what is missing of:`);
    for (const [folder, there, what] of lines) {
        say(`  ${folder}${there ? " (there)" : ""}\n      ${what}`);
    }
}

/** Whether the cache holds a complete folder whose name begins so. scripts/cacheFolder.ts writes the mark. */
function cached(cache, prefix) {
    const names = existsSync(cache) ? readdirSync(cache) : [];
    return names.some((name) => name.startsWith(prefix) && existsSync(join(cache, name, ".complete")));
}

/** npm writes its own list into node_modules last of all, so that one as new as the lock means a complete install. */
function packagesAreFresh() {
    const installed = join(repository, "node_modules", ".package-lock.json");
    const lock = join(repository, "package-lock.json");
    return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs;
}

function fail(message) {
    console.error(message);
    process.exit(1);
}
