import assert from "node:assert/strict";
import fc from "fast-check";
import { renderTable, wrap } from "../../../provider/commandLine/table";

const columns = [{ heading: "NUMBER", align: "right" }, { heading: "TEXT" }] as const;

describe("renderTable", () => {
    it("sets columns, and wraps the last one at the width", () => {
        const rows = [
            ["1", "short"],
            ["1000000", "a text that is too long for the table to have it in one line"],
        ];
        assert.deepEqual(renderTable(columns, rows, 40), [
            " NUMBER  TEXT",
            "      1  short",
            "1000000  a text that is too long for the",
            "         table to have it in one line",
        ]);
    });

    it("has one line a row where nobody looks", () => {
        const rows = [["1", "word ".repeat(100).trim()]];
        assert.equal(renderTable(columns, rows, undefined).length, 2);
    });

    it("paints texts, not their padding", () => {
        const painted = renderTable(
            [
                { heading: "A", align: "right", paint: (text) => `<${text}>` },
                { heading: "B", paint: (text) => `<${text}>` },
            ],
            [
                ["1", "x"],
                ["22", "yy"],
            ],
            undefined,
        );
        assert.deepEqual(painted.slice(1), [" <1>  <x>", "<22>  <yy>"]);
    });
});

describe("wrap", () => {
    it("keeps every word in order, and is too wide for single words only", () => {
        const text = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 });
        fc.assert(
            fc.property(text, fc.integer({ min: 1, max: 60 }), (words, width) => {
                const lines = wrap(words.join(" "), width);
                assert.deepEqual(lines.join(" ").split(" "), words);
                assert.ok(lines.every((line) => line.length <= width || !line.includes(" ")));
            }),
        );
    });
});
