import assert from "node:assert/strict";
import { parseTestArguments, stageNames, summarize } from "../../../scripts/testStages";

describe("test stages", () => {
    it("are all when none is named", () => {
        assert.deepEqual(parseTestArguments([]), { stages: stageNames, mochaArguments: [] });
        assert.deepEqual(parseTestArguments(["-g", "unit"]), {
            stages: stageNames,
            mochaArguments: ["-g", "unit"],
        });
    });

    it("run in their own order, each once, with the rest for mocha", () => {
        assert.deepEqual(parseTestArguments(["unit", "types", "unit", "--grep", "zip"]), {
            stages: ["types", "unit"],
            mochaArguments: ["--grep", "zip"],
        });
    });

    it("are listed for one that is unknown", () => {
        assert.throws(
            () => parseTestArguments(["unti"]),
            /no stage "unti".*types, lint, unit, docs, lifecycle, engine, .*install/,
        );
    });

    it("end with what failed, their lines and one sum", () => {
        const stages = ["unit: 1 passed, 0 failed, 2.0 s", "engine: 1 passed, 1 failed, 3.0 s"];
        assert.equal(
            summarize(stages, { passed: 2, failed: 1, failures: ["Failed: a layer is made\n    Error: no"] }),
            ["Failed: a layer is made\n    Error: no\n", ...stages, "2 passed, 1 failed"].join("\n"),
        );
    });
});
