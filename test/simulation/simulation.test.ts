import assert from "node:assert/strict";
import { describeFinding, explore, type Verdict } from "./explore";
import { scenarios } from "./scenarios";

const runs = Number(process.env["PLL_SIMULATION_RUNS"] ?? 300);
const first = Number(process.env["PLL_SIMULATION_SEED"] ?? 1);

/** Without a fault and with one state for each owner, what is held is what the states have and `keepVersions` keeps. */
const isAsExpected: Verdict = ({ disturbed, stacks, expectations, world }) => {
    const failed = stacks.find(({ error }) => error !== undefined);
    return disturbed
        ? undefined
        : failed === undefined
          ? expectations.differences(world)[0]
          : `${failed.name} failed: ${String(failed.error)}`;
};

describe("the ledger, played at random", function () {
    this.timeout(600_000);
    for (const scenario of scenarios) {
        it(scenario.title, async () => {
            const owners = Object.values(scenario.stacks);
            const isUnique = new Set(owners).size === owners.length;
            const finding = await explore(scenario, { first, runs }, isUnique ? isAsExpected : undefined);
            assert.ok(finding === undefined, finding && describeFinding(scenario.title, finding));
        });
    }
});
