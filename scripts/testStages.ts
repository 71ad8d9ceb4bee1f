/** In the order in which `npm test` runs them. */
export const stageNames = [
    "types",
    "lint",
    "unit",
    "docs",
    "lifecycle",
    "engine",
    "examples",
    "install",
] as const;

export type StageName = (typeof stageNames)[number];

/** How many tests passed and failed. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    /** Each failed test's full title, and below it what was thrown. */
    readonly failures: readonly string[];
}

/**
 * What a run ends with: each stage's line, every failure once more where only the end of a long log is kept, and the line
 * `N passed, N failed`.
 */
export function summarize(stages: readonly string[], { passed, failed, failures }: Counts): string {
    const lines = [
        ...failures.map((failure) => `${failure}\n`),
        ...stages,
        `${passed} passed, ${failed} failed`,
    ];
    return lines.join("\n");
}

const isStageName = (text: string): text is StageName => stageNames.some((name) => name === text);

/**
 * What `npm test -- <stages> <options>` asks for: leading stage names choose stages (none: all), the
 * rest goes to mocha. Throws an Error that lists the stages when the first word is none and no option.
 */
export function parseTestArguments(args: readonly string[]): {
    stages: readonly StageName[];
    mochaArguments: readonly string[];
} {
    const named = args.findIndex((argument) => !isStageName(argument));
    const count = named === -1 ? args.length : named;
    const first = args[count];
    if (first !== undefined && !first.startsWith("-")) {
        throw new Error(`There is no stage "${first}". The stages are ${stageNames.join(", ")}.`);
    }
    const asked = args.slice(0, count);
    return {
        stages: asked.length === 0 ? stageNames : stageNames.filter((name) => asked.includes(name)),
        mochaArguments: args.slice(count),
    };
}
