import { readFileSync, writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters, type Test } from "mocha";
import type { Counts } from "./testStages";

/** Mocha's own report for people, which also writes {@link Counts} as JSON into the file that `PLL_COUNTS` names. */
export default class CountingReporter extends reporters.Spec {
    constructor(runner: Runner, options: MochaOptions) {
        super(runner, options);
        runner.once("end", () => {
            const path = process.env["PLL_COUNTS"];
            if (path !== undefined) {
                // Mocha waits for nothing that a reporter does, so this has to be done when the call returns.
                const counts: Counts = {
                    passed: this.stats.passes,
                    failed: this.stats.failures,
                    failures: this.failures.map(describeFailure),
                    cpuSeconds: cpuSeconds(),
                };
                writeFileSync(path, JSON.stringify(counts));
            }
        });
    }
}

/** The CPU time of this process and of all that it started and saw end, in s; 0 where the system does not tell. */
function cpuSeconds(): number {
    try {
        // proc_pid_stat(5): utime, stime, cutime and cstime, in hundredths of a second. Fields are counted after the name's bracket.
        const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
        return fields.slice(11, 15).reduce((total, field) => total + Number(field), 0) / 100;
    } catch {
        return 0;
    }
}

/** Lines of what was thrown that are told: the message, and how far an expected value is from the actual one. */
const mostLines = 40;

function describeFailure(test: Test): string {
    const lines = String(test.err?.stack ?? test.err ?? "no error").split("\n");
    return [`Failed: ${test.fullTitle()}`, ...lines.slice(0, mostLines).map((line) => `    ${line}`)].join(
        "\n",
    );
}
