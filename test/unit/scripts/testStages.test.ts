import assert from "node:assert/strict";
import { defaultStages, parseTestArguments } from "../../../scripts/testStages";

describe("test stages", () => {
    it("are the default ones when none is named, without those that take many minutes", () => {
        assert.deepEqual(parseTestArguments([]), { stages: defaultStages, mochaArguments: [] });
        assert.deepEqual(parseTestArguments(["-g", "unit"]), {
            stages: defaultStages,
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
            /no stage "unti".*types, lint, unit, lifecycle, engine, install/,
        );
    });
});
