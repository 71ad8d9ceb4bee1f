/** In the order in which the summary has them. */
export const stageNames = [
    "types",
    "lint",
    "unit",
    "simulation",
    "docs",
    "lifecycle",
    "engine",
    "examples",
    "install",
] as const;

export type StageName = (typeof stageNames)[number];

/** The stages that run mocha on the folder of their name. */
export type TestFolder = Exclude<StageName, "types" | "lint">;

export const isTestFolder = (name: StageName): name is TestFolder => name !== "types" && name !== "lint";

/**
 * In the title of a test or of a suite: `npm run test:extended` runs it, and `npm test` does not. For the second emulator, other
 * ways to install, and long runs.
 */
export const extended = "[extended]";

/** How many tests passed and failed. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    /** Each failed test's full title, and below it what was thrown. */
    readonly failures: readonly string[];
    /** CPU time of the run and of all that it started, in s; 0 where the system does not tell. */
    readonly cpuSeconds: number;
}

/** Several runs as one. */
export const sum = (runs: readonly Counts[]): Counts => ({
    passed: runs.reduce((total, { passed }) => total + passed, 0),
    failed: runs.reduce((total, { failed }) => total + failed, 0),
    failures: runs.flatMap(({ failures }) => failures),
    cpuSeconds: runs.reduce((total, { cpuSeconds }) => total + cpuSeconds, 0),
});

/**
 * What a run ends with: each stage's line, every failure once more where only the end of a long log is kept, and the line
 * `N passed, N failed`.
 */
export function summarize(
    stages: readonly string[],
    { passed, failed, failures }: Pick<Counts, "passed" | "failed" | "failures">,
): string {
    const lines = [
        ...failures.map((failure) => `${failure}\n`),
        ...stages,
        `${passed} passed, ${failed} failed`,
    ];
    return lines.join("\n");
}

/** What is asked for on the command line. */
export interface TestArguments {
    readonly stages: readonly StageName[];
    /** The tests marked {@link extended} instead of all others. */
    readonly extended: boolean;
    /** What follows the stages, for mocha. */
    readonly mochaArguments: readonly string[];
}

const isStageName = (text: string): text is StageName => stageNames.some((name) => name === text);

/**
 * What `npm test -- <stages> <options>` asks for: leading stage names choose stages (none: all), the
 * rest goes to mocha. `npm run test:extended` puts `--extended` first. Throws an Error that lists the stages when the first word is
 * none and no option.
 */
export function parseTestArguments(args: readonly string[]): TestArguments {
    const isExtended = args[0] === "--extended";
    const words = isExtended ? args.slice(1) : args;
    const named = words.findIndex((argument) => !isStageName(argument));
    const count = named === -1 ? words.length : named;
    const first = words[count];
    if (first !== undefined && !first.startsWith("-")) {
        throw new Error(`There is no stage "${first}". The stages are ${stageNames.join(", ")}.`);
    }
    const asked = words.slice(0, count);
    const all = isExtended ? stageNames.filter(isTestFolder) : stageNames;
    return {
        stages: asked.length === 0 ? all : stageNames.filter((name) => asked.includes(name)),
        extended: isExtended,
        mochaArguments: words.slice(count),
    };
}

/** Mocha's arguments with which only tests with or without {@link extended} run, those that `-g` chooses among them. */
export function selectTests({ extended: isExtended, mochaArguments }: TestArguments): string[] {
    const marked = `^(?${isExtended ? "=" : "!"}.*${extended.replace(/[[\]]/g, "\\$&")})`;
    const at = mochaArguments.findIndex((argument) => argument === "-g" || argument === "--grep");
    const pattern = at === -1 ? undefined : mochaArguments[at + 1];
    if (pattern === undefined) return ["--grep", marked, ...mochaArguments];
    return [
        ...mochaArguments.slice(0, at),
        "--grep",
        `${marked}.*(?:${pattern})`,
        ...mochaArguments.slice(at + 2),
    ];
}
