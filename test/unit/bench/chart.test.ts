import assert from "node:assert/strict";
import { type Bar, drawChart } from "../../../bench/chart";
import { layOut, megabytes, range, seconds } from "../../../bench/table";

const bar = (label: string, value: number, highlighted = false): Bar => ({
    label,
    value,
    note: `${value} s`,
    highlighted,
});

const draw = (...bars: Bar[]) =>
    drawChart({ title: "Packing", subtitle: "seconds", bars, footnote: "shorter is better" });

/** The drawn lengths of the bars, in their order. */
const lengths = (svg: string) =>
    [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe("bench chart", () => {
    it("draws each bar as long as its value says, and the least one still visible", () => {
        const [longest = 0, half = 0, least = 0] = lengths(draw(bar("a", 20), bar("b", 10), bar("c", 0.001)));
        assert.ok(longest > 0);
        assert.equal(half, longest / 2);
        assert.equal(least, 2);
        assert.equal(lengths(draw(bar("nothing", 0))).length, 1);
    });

    it("keeps all that it draws inside the picture", () => {
        const svg = draw(...Array.from({ length: 9 }, (_, index) => bar(`tool ${index}`, index)));
        const [, width = "", height = ""] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
        for (const [, x = "", y = ""] of svg.matchAll(/ x="([\d.]+)" y="([\d.]+)"/g)) {
            assert.ok(Number(x) < Number(width) && Number(y) < Number(height), `${x}, ${y}`);
        }
        assert.ok(Math.max(...lengths(svg)) < Number(width));
    });

    it("marks one bar, and escapes texts", () => {
        const svg = draw(bar("us", 1, true), bar('<a & "b">', 2));
        assert.equal(svg.match(/<rect class="own"/g)?.length, 1);
        assert.ok(svg.includes("&lt;a &amp; &quot;b&quot;&gt;") && !svg.includes("<a &"));
    });
});

describe("bench table", () => {
    it("has columns as wide as their widest cell, numbers to the right", () => {
        assert.deepEqual(
            layOut([
                ["tool", "s"],
                ["a long name", "10.5"],
            ]),
            ["tool             s", "a long name   10.5"],
        );
    });

    it("writes the range behind the median of several runs, and a dash for none", () => {
        assert.equal(range({ median: 1, min: 0.5, max: 12, runs: 3 }), "1.00 (0.50–12.0)");
        assert.equal(range({ median: 1, min: 1, max: 1, runs: 1 }), "1.00");
        assert.equal(range(undefined), "–");
        assert.deepEqual([seconds(9.999), seconds(123.45)], ["10.00", "123.5"]);
        assert.deepEqual([megabytes(799_000), megabytes(46_900_000)], ["0.80", "46.9"]);
    });
});
