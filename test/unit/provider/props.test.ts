import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonProps, sameValue, textOf, textsOf } from "../../../provider/props";

/** Anything JSON can say, with `undefined` strewn in wherever JavaScript allows it. */
const loose = fc.object({
    maxDepth: 4,
    key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString")),
    values: [
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.constant(undefined),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
    ],
});

function hasUndefined(value: unknown): boolean {
    return (
        value === undefined ||
        (typeof value === "object" && value !== null && Object.values(value).some(hasUndefined))
    );
}

describe("jsonProps", () => {
    it("leaves no undefined at any depth, and what JSON would say otherwise", () => {
        fc.assert(
            fc.property(loose, (value) => {
                const kept = jsonProps({ ...value });
                assert.equal(hasUndefined(kept), false);
                assert.deepEqual(JSON.parse(JSON.stringify(kept)), JSON.parse(JSON.stringify(value)));
            }),
        );
    });

    it("refuses what state would silently lose", () => {
        for (const value of [
            1n,
            () => 1,
            Symbol("s"),
            new Date(0),
            new Map(),
            Number.NaN,
            Infinity,
            Buffer.from("x"),
        ]) {
            assert.throws(() => jsonProps({ nested: [{ value }] }), TypeError, String(value));
        }
    });

    it("keeps the places of a list", () => {
        assert.deepEqual(jsonProps({ list: [1, undefined, 3] }), { list: [1, null, 3] });
    });
});

describe("sameValue", () => {
    it("finds a value the same as itself taken over the wire", () => {
        fc.assert(
            fc.property(fc.jsonValue(), (value) => sameValue(value, JSON.parse(JSON.stringify(value)))),
        );
    });

    it("agrees with deep equality of JSON", () => {
        const small = fc.jsonValue({ maxDepth: 2 });
        fc.assert(
            fc.property(small, small, (left, right) => {
                let equal = true;
                try {
                    assert.deepEqual(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right)));
                } catch {
                    equal = false;
                }
                assert.equal(sameValue(left, right), equal);
            }),
        );
    });

    it("ignores the order of properties and properties that are undefined", () => {
        assert.ok(sameValue({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2, e: undefined }], a: 1 }));
        assert.ok(!sameValue([1, 2], [2, 1]));
        assert.ok(!sameValue([], {}));
    });

    it("takes a property named like one that every object has for a property", () => {
        assert.ok(!sameValue(JSON.parse('{ "__proto__": {} }'), { other: {} }));
        assert.ok(!sameValue({ constructor: {} }, { other: {} }));
    });
});

describe("textOf and textsOf", () => {
    it("answer with texts only", () => {
        assert.equal(textOf({ a: "x" }, "a"), "x");
        for (const value of ["", 1, null, undefined, ["x"]]) {
            assert.equal(textOf({ a: value }, "a"), undefined);
        }
        assert.deepEqual(textsOf({ a: ["x", 1, null, "y"] }, "a"), ["x", "y"]);
        assert.deepEqual(textsOf({ a: "x" }, "a"), []);
    });
});
