import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { installPythonRival } from "../bench/rivalTools";
import { repository } from "./cacheFolder";
import { runAttached } from "./command";
import { findPulumiCli } from "./pulumiCli";
import { pythonTools, toolVariables } from "./pythonTools";
import { compiled, doRuns, planRuns } from "./testRuns";
import { isTestFolder, parseTestArguments, type StageName, sum, summarize } from "./testStages";

const bin = (name: string) => join(repository, "node_modules", ".bin", name);

const attached = (command: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
    runAttached(command, args, { cwd: repository, env });

/** Runs the stages that the arguments name, or all, and ends with the line `N passed, N failed`. */
async function main(): Promise<number> {
    const args = parseTestArguments(process.argv.slice(2));
    const folders = args.stages.filter(isTestFolder);
    const env = await environment(args.stages);
    const lines: string[] = [];
    let failedChecks = 0;
    const note = (line: string) => {
        lines.push(line);
        console.log(`--- ${line}`);
    };
    const check = async (name: StageName, work: () => Promise<boolean>) => {
        console.log(`\n=== ${name}`);
        const started = performance.now();
        const fine = await work();
        failedChecks += fine ? 0 : 1;
        note(`${name}: ${fine ? "ok" : "failed"}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    };
    if (args.stages.includes("types")) await check("types", () => compile(env, []));
    else if (folders.length > 0) await compile(env, ["--noCheck"]);
    if (args.stages.includes("lint")) {
        await check("lint", async () => (await attached(bin("biome"), ["check", "."], env)) === 0);
    }
    const started = performance.now();
    const done = await doRuns(await planRuns(folders, args), args, env);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    for (const folder of folders) {
        const { passed, failed, cpuSeconds } = sum(
            [...done].flatMap(([{ stage }, counts]) => (stage === folder ? [counts] : [])),
        );
        lines.push(`${folder}: ${passed} passed, ${failed} failed, ${cpuSeconds.toFixed(0)} s CPU`);
    }
    const total = sum([...done.values()]);
    if (folders.length > 1) lines.push(`together: ${seconds} s, ${total.cpuSeconds.toFixed(0)} s CPU`);
    const failed = total.failed + failedChecks;
    console.log(`\n${summarize(lines, { ...total, failed })}`);
    return failed === 0 ? 0 : 1;
}

/** This process's environment, with the tools that the stages need, which are installed where they are missing. */
async function environment(stages: readonly StageName[]): Promise<NodeJS.ProcessEnv> {
    const env: NodeJS.ProcessEnv = { ...process.env };
    const needs = (...names: StageName[]) => names.some((name) => stages.includes(name));
    if (stages.some(isTestFolder)) {
        const tools = await pythonTools();
        Object.assign(env, toolVariables(tools));
        if (needs("engine", "lifecycle")) {
            const builder = await installPythonRival("seed", tools);
            // A test that needs it says what is missing.
            if ("path" in builder) env["PLL_ARTIFACT_BUILDER"] = builder.path;
            else console.log(`aws-lambda-artifact-builder: ${builder.unavailable}`);
        }
    }
    if (needs("engine", "examples", "install")) env["PLL_PULUMI"] = (await findPulumiCli()).folder;
    return env;
}

/** Compiles everything once for all stages, also where types do not fit; answers whether they do. */
async function compile(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<boolean> {
    await rm(compiled, { recursive: true, force: true });
    const exitCode = await attached(bin("tsc"), ["-p", "tsconfig.test.json", ...args], env);
    // The package reads its version from beside its folder, as it does where it is installed.
    await copyFile(join(repository, "package.json"), join(compiled, "package.json"));
    return exitCode === 0;
}

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
