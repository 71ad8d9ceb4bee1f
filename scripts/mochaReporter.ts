import { writeFileSync } from "node:fs";
import { type MochaOptions, type Runner, reporters } from "mocha";
import type { Counts } from "./testStages";

/** Mocha's own report for people, which also writes {@link Counts} as JSON into the file that `PLL_COUNTS` names. */
export default class CountingReporter extends reporters.Spec {
    constructor(runner: Runner, options: MochaOptions) {
        super(runner, options);
        runner.once("end", () => {
            const path = process.env["PLL_COUNTS"];
            if (path !== undefined) {
                // Mocha waits for nothing that a reporter does, so this has to be done when the call returns.
                const counts: Counts = { passed: this.stats.passes, failed: this.stats.failures };
                writeFileSync(path, JSON.stringify(counts));
            }
        });
    }
}
