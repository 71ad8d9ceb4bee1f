import assert from "node:assert/strict";
import { describeFinding, explore } from "./explore";
import { playRandomly } from "./generate";
import { createRandom } from "./random";
import { scenarios } from "./scenarios";
import { createStage } from "./script";

/** More runs, or others: `PLL_SIMULATION_RUNS=20000 PLL_SIMULATION_SEED=5000 npx mocha test/simulation/simulation.test.ts`. */
const runs = Number(process.env["PLL_SIMULATION_RUNS"] ?? 300);
const first = Number(process.env["PLL_SIMULATION_SEED"] ?? 1);

describe("the ledger, played at random", function () {
    this.timeout(600_000);
    for (const scenario of scenarios) {
        it(scenario.title, async () => {
            const finding = await explore(scenario, { first, runs }, scenario.verdict);
            assert.ok(finding === undefined, finding && describeFinding(scenario.title, finding));
        });
    }

    it("is the same for the same seed", async () => {
        const [, , , scenario] = scenarios;
        assert.ok(scenario !== undefined);
        const playOnce = async () => {
            const stage = createStage(Object.keys(scenario.stacks));
            await playRandomly(stage, scenario, createRandom(first));
            const { played, world } = stage.result();
            return { played, ledgers: [...world.ledgers.values()].map(({ text }) => text) };
        };
        assert.deepEqual(await playOnce(), await playOnce());
    });
});
