import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPythonRival } from "../bench/rivalTools";
import { repository } from "./cacheFolder";
import { runAttached } from "./command";
import { findPulumiCli } from "./pulumiCli";
import { pythonTools, toolVariables } from "./pythonTools";
import { atShutdown } from "./shutdown";
import { type Counts, parseTestArguments, type StageName, summarize } from "./testStages";

/** What a stage does with the environment that has the tools; null when it counts no tests, only fails or not. */
type Stage = (environment: NodeJS.ProcessEnv, mochaArguments: readonly string[]) => Promise<Counts | boolean>;

/** Where the tests and all that they call are compiled to. */
const compiled = join(repository, "compiled");

const bin = (name: string) => join(repository, "node_modules", ".bin", name);

const stages: Record<StageName, Stage> = {
    types: async (env) => compile(env, []),
    lint: async (env) => (await attached(bin("biome"), ["check", "."], env)) === 0,
    unit: (env, args) => mocha("unit", ["--timeout", "60000", ...args], env),
    docs: (env, args) => mocha("docs", ["--timeout", "60000", ...args], env),
    lifecycle: (env, args) => mocha("lifecycle", ["--timeout", "300000", ...args], env),
    engine: (env, args) => mocha("engine", ["--timeout", "300000", ...args], env),
    examples: (env, args) => mocha("examples", ["--timeout", "300000", ...args], env),
    install: (env, args) => mocha("install", ["--timeout", "600000", ...args], env),
};

/** Runs the stages that the arguments name, or all, and ends with the line `N passed, N failed`. */
async function main(): Promise<number> {
    const { stages: chosen, mochaArguments } = parseTestArguments(process.argv.slice(2));
    const env: NodeJS.ProcessEnv = { ...process.env };
    if (chosen.some((name) => name !== "types" && name !== "lint")) {
        const tools = await pythonTools();
        Object.assign(env, toolVariables(tools));
        if (chosen.includes("engine") || chosen.includes("lifecycle")) {
            const builder = await installPythonRival("seed", tools);
            // A test that needs it says what is missing.
            if ("path" in builder) env["PLL_ARTIFACT_BUILDER"] = builder.path;
            else console.log(`aws-lambda-artifact-builder: ${builder.unavailable}`);
        }
    }
    if (chosen.some((name) => ["engine", "examples", "install"].includes(name))) {
        env["PLL_PULUMI"] = (await findPulumiCli()).folder;
    }
    if (!chosen.includes("types") && chosen.some((name) => name !== "lint")) {
        await compile(env, ["--noCheck"]);
    }
    let passed = 0;
    let failed = 0;
    const failures: string[] = [];
    const summary: string[] = [];
    for (const name of chosen) {
        console.log(`\n=== ${name} ===`);
        const started = performance.now();
        const result = await stages[name](env, mochaArguments);
        const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
        if (typeof result === "boolean") {
            failed += result ? 0 : 1;
            summary.push(`${name}: ${result ? "ok" : "failed"}, ${seconds}`);
        } else {
            passed += result.passed;
            failed += result.failed;
            failures.push(...result.failures);
            summary.push(`${name}: ${result.passed} passed, ${result.failed} failed, ${seconds}`);
        }
        console.log(`--- ${summary.at(-1)}`);
    }
    console.log(`\n${summarize(summary, { passed, failed, failures })}`);
    return failed === 0 ? 0 : 1;
}

/** Compiles everything once for all stages, also where types do not fit; answers whether they do. */
async function compile(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<boolean> {
    await rm(compiled, { recursive: true, force: true });
    const exitCode = await attached(bin("tsc"), ["-p", "tsconfig.test.json", ...args], env);
    // The package reads its version from beside its folder, as it does where it is installed.
    await copyFile(join(repository, "package.json"), join(compiled, "package.json"));
    return exitCode === 0;
}

/** Runs one folder of tests. A run that ends before its report, or badly with no failed test, is one failure. */
async function mocha(folder: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Counts> {
    const tests = await readdir(join(compiled, "test", folder), { recursive: true }).catch(() => []);
    if (!tests.some((name) => name.endsWith(".test.js"))) {
        console.log(`No tests in test/${folder}.`);
        return { passed: 0, failed: 1, failures: [] };
    }
    const temporary = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    const remove = atShutdown(() => rm(temporary, { recursive: true, force: true }));
    const countsPath = join(temporary, "counts.json");
    try {
        const reporter = join(compiled, "scripts", "mochaReporter.js");
        const exitCode = await attached(
            bin("mocha"),
            [
                ...["--enable-source-maps", "--no-config"],
                ...["isolated", "propertySeed"].flatMap((name) => [
                    "--require",
                    join(compiled, "test", `${name}.js`),
                ]),
                ...["--reporter", reporter, ...args, `compiled/test/${folder}/**/*.test.js`],
            ],
            { ...env, PLL_COUNTS: countsPath },
        );
        const counts: Counts | undefined = await readFile(countsPath, "utf8").then(
            JSON.parse,
            () => undefined,
        );
        if (counts === undefined) {
            return { passed: 0, failed: 1, failures: [`Failed: ${folder} ended before its report.`] };
        }
        return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
    } finally {
        await remove();
    }
}

const attached = (command: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
    runAttached(command, args, { cwd: repository, env });

main().then(
    (exitCode) => {
        process.exitCode = exitCode;
    },
    (error) => {
        console.error(error instanceof Error ? error.message : error);
        console.log("0 passed, 1 failed");
        process.exitCode = 1;
    },
);
