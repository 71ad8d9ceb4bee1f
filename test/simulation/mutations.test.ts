import assert from "node:assert/strict";
import { extended } from "../../scripts/testStages";
import type * as Explore from "./explore";
import { loadMutated } from "./mutatedModules";
import { mutations } from "./mutations";
import type * as Scenarios from "./scenarios";
import type * as Traces from "./traces";

/** Random runs that a changed line may need to show; each trace is played first. */
const runs = Number(process.env["PLL_SIMULATION_RUNS"] ?? 1500);

describe(`a rule of the ledger, taken out, ${extended}`, function () {
    this.timeout(600_000);
    for (const mutation of mutations) {
        it(mutation.rule, async () => {
            const modules = loadMutated<typeof Traces>("traces.ts", mutation);
            for (const trace of modules.traces) {
                if (modules.differencesOf(trace, await modules.playTrace(trace)).length > 0) {
                    return;
                }
            }
            const { explore } = loadMutated<typeof Explore>("explore.ts", mutation);
            const { scenarios } = loadMutated<typeof Scenarios>("scenarios.ts", mutation);
            const batch = 50;
            for (let first = 1; first < runs; first += batch) {
                for (const scenario of scenarios) {
                    if ((await explore(scenario, { first, runs: batch }, scenario.verdict)) !== undefined) {
                        return;
                    }
                }
            }
            assert.fail("nothing breaks without it");
        });
    }
});
