import assert from "node:assert/strict";
import fc from "fast-check";
import { renderBars } from "../../../provider/commandLine/bars";
import { paintFor } from "../../../provider/commandLine/terminal";

const plain = paintFor(false);
const share = (name: string, uncompressedSize: number) => ({ name, version: "1.0", uncompressedSize });

describe("renderBars", () => {
    it("draws the largest first, to the eighth of a column", () => {
        const bars = renderBars(
            [share("small", 1), share("half", 50_000_000), share("whole", 100_000_000)],
            51,
            plain,
        );
        assert.deepEqual(bars, [
            "whole 1.0  ███████████████████████  100.0 MB   67 %",
            "half 1.0   ███████████▌              50.0 MB   33 %",
            "small 1.0  ▏                             1 B   <1 %",
        ]);
    });

    it("gathers what is after the twentieth, unless all are wanted", () => {
        const shares = Array.from({ length: 30 }, (_, index) => share(`p${index}`, 1000 + index));
        assert.equal(renderBars(shares, 80, plain).length, 20);
        assert.match(renderBars(shares, 80, plain).at(-1) ?? "", /^11 more {2}/);
        assert.equal(renderBars(shares, 80, plain, true).length, 30);
    });

    it("has lines of one width that fits the terminal, whatever the sizes", () => {
        const shares = fc.array(
            fc.record({ name: fc.stringMatching(/^[a-z]{1,20}$/), size: fc.nat(262_144_000) }),
            {
                minLength: 1,
                maxLength: 40,
            },
        );
        fc.assert(
            fc.property(shares, fc.integer({ min: 60, max: 200 }), (given, width) => {
                const lines = renderBars(
                    given.map(({ name, size }) => share(name, size)),
                    width,
                    plain,
                );
                assert.equal(new Set(lines.map(({ length }) => length)).size, 1);
                assert.ok((lines[0]?.length ?? 0) <= width);
            }),
        );
    });
});
