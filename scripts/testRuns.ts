import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { repository } from "./cacheFolder";
import { runAttached, runCommand } from "./command";
import { atShutdown } from "./shutdown";
import { type Counts, selectTests, type TestArguments, type TestFolder } from "./testStages";

/** Where the tests and all that they call are compiled to. */
export const compiled = join(repository, "compiled");

/** One process of mocha: its files share nothing with those of another, neither home nor folder, port or environment. */
export interface TestRun {
    readonly stage: TestFolder;
    readonly title: string;
    readonly files: readonly string[];
}

/** How long a test of a stage may take, in ms. */
const timeouts: Record<TestFolder, number> = {
    unit: 60_000,
    simulation: 600_000,
    docs: 60_000,
    lifecycle: 300_000,
    engine: 300_000,
    examples: 300_000,
    install: 600_000,
};

/**
 * The runs of the stages, those first that may take long. A file is a run; in `unit`, where a process would take longer to start than
 * most files take, a folder is one. With options for mocha each stage is one run.
 */
export async function planRuns(
    stages: readonly TestFolder[],
    { mochaArguments }: TestArguments,
): Promise<TestRun[]> {
    const runs: TestRun[] = [];
    for (const stage of [...stages].reverse()) {
        const names = await readdir(join(compiled, "test", stage), { recursive: true }).catch(() => []);
        const files = names.filter((name) => name.endsWith(".test.js")).sort();
        if (files.length === 0) throw new Error(`No tests in test/${stage}.`);
        const nameOf = (file: string) => {
            if (mochaArguments.length > 0) return stage;
            return `${stage}: ${stage === "unit" ? dirname(file) : basename(file, ".test.js")}`;
        };
        for (const title of new Set(files.map(nameOf))) {
            const own = files.filter((file) => nameOf(file) === title);
            runs.push({ stage, title, files: own.map((file) => join("compiled", "test", stage, file)) });
        }
    }
    return runs;
}

/** How many runs go on at once: one more than there are cores, since tests of time-outs and of many publishers wait now and then. */
export const lanes = Math.min(4, availableParallelism() + 1);

/** Does runs, several at a time, and prints what each said when it has ended. */
export async function doRuns(
    runs: readonly TestRun[],
    args: TestArguments,
    env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<TestRun, Counts>> {
    const done = new Map<TestRun, Counts>();
    const due = [...runs];
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-compiled-"));
    const remove = atShutdown(() => rm(folder, { recursive: true, force: true }));
    const shared = {
        ...env,
        PLL_COMPILE_CACHE: folder,
        NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --require ${join(repository, "scripts", "compileCache.cjs")}`,
    };
    const lane = async () => {
        for (let run = due.shift(); run !== undefined; run = due.shift()) {
            done.set(run, await mocha(run, args, shared, runs.length === 1));
        }
    };
    await Promise.all(Array.from({ length: lanes }, lane)).finally(remove);
    return done;
}

/** A run that ends before its report, or badly with no failed test, is one failure. */
async function mocha(
    { stage, title, files }: TestRun,
    args: TestArguments,
    env: NodeJS.ProcessEnv,
    attached: boolean,
): Promise<Counts> {
    const temporary = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    const remove = atShutdown(() => rm(temporary, { recursive: true, force: true }));
    const countsPath = join(temporary, "counts.json");
    const command = join(repository, "node_modules", ".bin", "mocha");
    const options = [
        ...["--enable-source-maps", "--no-config", "--timeout", String(timeouts[stage])],
        ...["isolated", "propertySeed"].flatMap((name) => [
            "--require",
            join(compiled, "test", `${name}.js`),
        ]),
        ...["--reporter", join(compiled, "scripts", "mochaReporter.js")],
        ...selectTests(args),
        ...files,
    ];
    const place = { cwd: repository, env: { ...env, PLL_COUNTS: countsPath } };
    const started = performance.now();
    try {
        let exitCode: number | null;
        let output = "";
        if (attached) exitCode = await runAttached(command, options, place);
        else ({ exitCode, output } = await runCommand(command, options, { ...place, timeoutMs: 3_600_000 }));
        const seconds = ((performance.now() - started) / 1000).toFixed(1);
        const counts: Counts | undefined = await readFile(countsPath, "utf8").then(
            JSON.parse,
            () => undefined,
        );
        if (counts === undefined || counts.passed + counts.failed > 0 || exitCode !== 0) {
            console.log(`\n=== ${title}\n${output.trimEnd()}`);
        }
        if (counts === undefined) {
            const failures = [`Failed: ${title} ended before its report.`];
            return { passed: 0, failed: 1, failures, cpuSeconds: 0 };
        }
        const { passed, failed, cpuSeconds } = counts;
        if (passed + failed > 0) {
            console.log(
                `--- ${title}: ${passed} passed, ${failed} failed, ${seconds} s, ${cpuSeconds.toFixed(1)} s CPU`,
            );
        }
        return exitCode !== 0 && failed === 0
            ? { ...counts, failed: 1, failures: [`Failed: ${title} ended with exit code ${exitCode}.`] }
            : counts;
    } finally {
        await remove();
    }
}
