import assert from "node:assert/strict";
import { parseTestArguments, selectTests, stageNames, sum, summarize } from "../../../scripts/testStages";

describe("test stages", () => {
    it("are all when none is named", () => {
        assert.deepEqual(parseTestArguments([]), { stages: stageNames, extended: false, mochaArguments: [] });
        assert.deepEqual(parseTestArguments(["-g", "unit"]), {
            stages: stageNames,
            extended: false,
            mochaArguments: ["-g", "unit"],
        });
    });

    it("run in their own order, each once, with the rest for mocha", () => {
        assert.deepEqual(parseTestArguments(["unit", "types", "unit", "--grep", "zip"]), {
            stages: ["types", "unit"],
            extended: false,
            mochaArguments: ["--grep", "zip"],
        });
    });

    it("are all that run tests in the extended run, or those that are named", () => {
        const tests = stageNames.filter((name) => name !== "types" && name !== "lint");
        assert.deepEqual(parseTestArguments(["--extended"]).stages, tests);
        assert.deepEqual(parseTestArguments(["--extended", "engine"]), {
            stages: ["engine"],
            extended: true,
            mochaArguments: [],
        });
    });

    it("choose tests by the mark in their titles, and by what mocha is asked for among them", () => {
        const titles = ["a zip", "a zip (moto, [extended])", "a lock", "a lock, [extended]"];
        const chosen = (...words: string[]) => {
            const args = selectTests(parseTestArguments(words));
            assert.equal(args[0], "--grep");
            return titles.filter((title) => new RegExp(args[1] ?? "").test(title));
        };
        assert.deepEqual(chosen(), ["a zip", "a lock"]);
        assert.deepEqual(chosen("--extended"), ["a zip (moto, [extended])", "a lock, [extended]"]);
        assert.deepEqual(chosen("-g", "zip|nothing"), ["a zip"]);
        assert.deepEqual(chosen("--extended", "unit", "--grep", "^a lock"), ["a lock, [extended]"]);
    });

    it("are listed for one that is unknown", () => {
        assert.throws(
            () => parseTestArguments(["unti"]),
            /no stage "unti".*types, lint, unit, simulation, docs, lifecycle, engine, .*install/,
        );
    });

    it("end with what failed, their lines and one sum", () => {
        const stages = ["unit: 1 passed, 0 failed, 2 s CPU", "engine: 1 passed, 1 failed, 3 s CPU"];
        const runs = [
            { passed: 1, failed: 0, failures: [], cpuSeconds: 2 },
            { passed: 1, failed: 1, failures: ["Failed: a layer is made\n    Error: no"], cpuSeconds: 3 },
        ];
        assert.equal(
            summarize(stages, sum(runs)),
            ["Failed: a layer is made\n    Error: no\n", ...stages, "2 passed, 1 failed"].join("\n"),
        );
    });
});
