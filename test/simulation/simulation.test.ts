import assert from "node:assert/strict";
import { extended } from "../../scripts/testStages";
import { describeFinding, explore } from "./explore";
import { playRandomly, type Scenario } from "./generate";
import { createRandom } from "./random";
import { scenarios } from "./scenarios";
import { createStage } from "./script";

/** Other runs: `PLL_SIMULATION_RUNS=20000 PLL_SIMULATION_SEED=5000 npm test -- simulation`. */
const runs = Number(process.env["PLL_SIMULATION_RUNS"] ?? 300);
const first = Number(process.env["PLL_SIMULATION_SEED"] ?? 1);
/** Of the extended tests, after the first ones. */
const moreRuns = 3000;

async function playAll(scenario: Scenario, seeds: { first: number; runs: number }): Promise<void> {
    const finding = await explore(scenario, seeds, scenario.verdict);
    assert.ok(finding === undefined, finding && describeFinding(scenario.title, finding));
}

describe("the ledger, played at random", function () {
    this.timeout(600_000);
    for (const scenario of scenarios) {
        it(scenario.title, () => playAll(scenario, { first, runs }));
        it(`${scenario.title}, ${extended}`, () =>
            playAll(scenario, { first: first + runs, runs: moreRuns }));
    }

    it(`ten thousand steps of one layer's life, ${extended}`, async () => {
        for (const scenario of scenarios) {
            const long = { ...scenario, runs: 10_000, steps: 10_000 };
            await playAll(long, { first, runs: 1 });
        }
    });

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
