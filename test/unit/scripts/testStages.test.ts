import assert from "node:assert/strict";
import { parseTestArguments, stageNames } from "../../../scripts/testStages";

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
});
