import assert from "node:assert/strict";
import { killEverywhere, killedRuns } from "./kills";

describe("a run that is killed at each of its steps, and given again", () => {
    for (const run of killedRuns) {
        const ghosts = run.ghosts.length === 0 ? "" : `; a ghost at: ${run.ghosts.join(", ")}`;
        it(`${run.title}: as if nobody had been killed${ghosts}`, async () => {
            const differences = await killEverywhere(run);
            const left = [run.ghost, `without ${run.ghost.replace(/, deps current$/, "")}`];
            const wanted = run.ghosts.map((point) => ({ point, left, told: true }));
            assert.deepEqual(differences, wanted);
        });
    }
});
