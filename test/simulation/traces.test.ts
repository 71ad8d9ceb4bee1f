import assert from "node:assert/strict";
import { describeLedgers, differencesOf, playTrace, traces } from "./traces";

describe("the ledger, traces that broke a draft of it", () => {
    for (const trace of traces) {
        it(trace.title, async () => {
            assert.deepEqual(differencesOf(trace, await playTrace(trace)), []);
        });
    }

    // What can't be had: a version does not say where it came from. With any other version that the first ledger does not know, or half a minute
    // more, it would be doubtful: see the traces of two ledgers.
    it("coincidence: the first version of another ledger, with equal bytes, right after a publisher died, is taken for that one's", async () => {
        const stage = await playTrace({
            lines: [
                "A up lock=e bucket=s",
                "A until publish",
                "A dies",
                "B up lock=e bucket=t",
                "B done",
                "wait 31000",
                "C up lock=e bucket=s owner=other",
                "C done",
            ],
        });
        assert.deepEqual(describeLedgers(stage), [
            "s/l 1 published: other current",
            "t/l 1 published: deps current",
        ]);
    });
});
