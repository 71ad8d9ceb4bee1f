import assert from "node:assert/strict";
import { differencesOf, playTrace, traces } from "./traces";

describe("the ledger, traces that broke a draft of it", () => {
    for (const trace of traces) {
        it(trace.title, async () => {
            assert.deepEqual(differencesOf(trace, await playTrace(trace)), []);
        });
    }
});
