import assert from "node:assert/strict";
import fc from "fast-check";
import { drawLine, positionAt, quote } from "../../../provider/manifest/position";

describe("drawLine", () => {
    const at = (line: number, column: number) => ({ file: "f", line, column });

    it("puts the caret under the column", () => {
        assert.deepEqual(drawLine("a\nbcd\n", at(2, 2)), ["2: bcd", "    ^"]);
        assert.deepEqual(drawLine("a\r\n\tbcd", at(2, 2)), ["2:  bcd", "    ^"]);
    });

    it("crops a long line around the caret", () => {
        const [line = "", caret = ""] = drawLine(`${"x".repeat(5000)}Y${"z".repeat(5000)}`, at(1, 5001));
        assert.ok(line.length < 110);
        assert.equal(line[caret.indexOf("^")], "Y");
        assert.ok(line.startsWith("1: …") && line.endsWith("…"));
    });

    it("never draws user info or control characters", () => {
        const [line = ""] = drawLine("x https://user:password@host/\u001b[31m", at(1, 1));
        assert.equal(line, "1: x https://*************@host/�[31m");
        assert.ok(!quote("https://user:password@host/").includes("password"));
    });

    it("draws nothing for a line that is not there", () => {
        assert.deepEqual(drawLine("a", at(7, 1)), []);
    });

    it("points at the character that positionAt was asked for", () => {
        fc.assert(
            fc.property(
                fc.array(fc.constantFrom("a", "b", "\n", "\r\n", "\r"), { maxLength: 40 }),
                fc.nat(),
                (parts, n) => {
                    const text = `${parts.join("")}X`;
                    const offset = n % text.length;
                    const position = positionAt("f", text, offset);
                    const line = text.split(/\r\n|\n|\r/)[position.line - 1];
                    const character = text[offset] ?? "";
                    assert.ok(/[\r\n]/.test(character) || line?.[position.column - 1] === character);
                },
            ),
        );
    });
});
