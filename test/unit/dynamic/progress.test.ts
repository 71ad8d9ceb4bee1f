import assert from "node:assert/strict";
import { limitProgress } from "../../../provider/dynamic/progress";

describe("progress", () => {
    it("is said once for each step, and every ten seconds within one", () => {
        let time = 0;
        const said: string[] = [];
        const status = limitProgress(
            (text) => said.push(text),
            () => time,
        );
        const at: [number, string][] = [
            [0, "1 of 19 wheels"],
            [100, "2 of 19 wheels"],
            [9_999, "17 of 19 wheels"],
            [10_000, "18 of 19 wheels"],
            [10_100, "packed 4.2 MB in 0.3 s"],
            [10_200, "uploading 3 %"],
            [20_300, "uploading 97 %"],
        ];
        for (const [now, text] of at) {
            time = now;
            status(text);
        }
        assert.deepEqual(said, [
            "1 of 19 wheels",
            "18 of 19 wheels",
            "packed 4.2 MB in 0.3 s",
            "uploading 3 %",
            "uploading 97 %",
        ]);
    });
});
