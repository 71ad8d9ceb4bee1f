import assert from "node:assert/strict";
import fc from "fast-check";
import { isProblem, parseLedger, serialiseLedger } from "../../../provider/publish/ledger/format";
import { ledgerFaults } from "../../../provider/publish/ledger/invariants";
import type { Ledger } from "../../../provider/publish/ledger/ledger";

const layer = "arn:aws:lambda:eu-central-1:123456789012:layer:deps";

const sample: Ledger = {
    layer,
    epoch: "epoch",
    sequence: 12,
    versions: new Map([
        [
            6,
            {
                key: "key 6",
                codeSha256: "hash 6",
                artifacts: [],
                origin: "published",
                holders: new Map(),
                policy: { want: 0, done: 0, given: [] },
                deleting: true,
            },
        ],
        [
            7,
            {
                key: "key 7",
                codeSha256: "hash 7",
                artifacts: ["artifact"],
                origin: "published",
                holders: new Map([
                    ["one", { owner: "a", number: 11, use: "current", keep: null, permissions: ["*"] }],
                    ["__proto__", { owner: "b", number: 12, use: "kept", keep: 2, permissions: [] }],
                ]),
                policy: { want: 3, done: 2, given: ["*", "123456789012"] },
                deleting: false,
            },
        ],
        [
            9,
            {
                codeSha256: "hash 9",
                artifacts: [],
                origin: "found",
                holders: new Map(),
                policy: { want: 0, done: 0, given: [] },
                deleting: false,
            },
        ],
    ]),
    publishing: new Map([
        ["key 8", { by: "nonce", since: 1, at: 2, above: 7, codeSha256: "hash 8", settings: "settings" }],
    ]),
};

/** Every place in a JSON value, as the names on the way to it. */
function placesIn(value: unknown, way: readonly string[] = []): (readonly string[])[] {
    const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return [way, ...members.flatMap(([name, member]) => placesIn(member, [...way, name]))];
}

/** A JSON value with another one in a place. */
function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
    if (name === undefined) {
        return by;
    }
    const members = Object.entries(typeof value === "object" && value !== null ? value : {});
    const changed = members.map(([each, member]): [string, unknown] => [
        each,
        each === name ? replaced(member, rest, by) : member,
    ]);
    return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed);
}

describe("a ledger as text", () => {
    it("comes back as it was", () => {
        assert.deepEqual(parseLedger(serialiseLedger(sample), layer), sample);
    });

    it("is refused when it is about another layer, or of a newer format", () => {
        const other = parseLedger(serialiseLedger(sample), `${layer}2`);
        assert.deepEqual(other, { problem: "another layer", layer });
        const newer = serialiseLedger(sample).replace('"format": 1', '"format": 2');
        assert.deepEqual(parseLedger(newer, layer), { problem: "newer format", format: 2 });
    });

    const entry = { codeSha256: "hash", artifacts: [], origin: "found", holders: {} };
    const holder = { owner: "a", use: "current", keep: null, permissions: [] };
    const edits: readonly {
        readonly title: string;
        readonly place: readonly string[];
        readonly by: unknown;
    }[] = [
        { title: "a version number that is none", place: ["versions"], by: { "7.5": entry } },
        { title: "a version number that is too large", place: ["versions"], by: { "1e300": entry } },
        { title: "a version number below one", place: ["versions"], by: { "-1": entry } },
        {
            title: "a holder from the future",
            place: ["versions", "7", "holders", "one"],
            by: { ...holder, number: 13 },
        },
        { title: "a found version that is being deleted", place: ["versions", "6", "origin"], by: "found" },
        {
            title: "a held version that is being deleted",
            place: ["versions", "6", "holders"],
            by: { two: { ...holder, number: 3 } },
        },
        {
            title: "two published versions of one key",
            place: ["versions", "9"],
            by: { ...entry, key: "key 7", origin: "published" },
        },
        {
            title: "a policy that is done before it is wanted",
            place: ["versions", "7", "policy", "done"],
            by: 4,
        },
        { title: "a permission that was never counted", place: ["versions", "7", "policy", "given"], by: [] },
        { title: "a part of it", place: ["publishing"], by: undefined },
    ];
    for (const { title, place, by } of edits) {
        it(`is refused with ${title}`, () => {
            const value: unknown = JSON.parse(serialiseLedger(sample));
            assert.equal(isProblem(parseLedger(JSON.stringify(replaced(value, place, by)), layer)), true);
        });
    }

    it("is believed only where all of it makes sense, whatever somebody writes into it", () => {
        const value: unknown = JSON.parse(serialiseLedger(sample));
        const places = placesIn(value);
        const anything = fc.oneof(
            fc.jsonValue(),
            fc.constantFrom(-1, 1.5, 1e300, "", "published", true, null, {}, []),
        );
        fc.assert(
            fc.property(fc.constantFrom(...places), anything, (place, by) => {
                const read = parseLedger(JSON.stringify(replaced(value, place, by)), layer);
                assert.ok(isProblem(read) || (read.layer === layer && ledgerFaults(read).length === 0));
                if (!isProblem(read)) {
                    assert.deepEqual(parseLedger(serialiseLedger(read), layer), read);
                }
            }),
            { numRuns: 300 },
        );
    });

    it("is refused when it is no ledger at all", () => {
        fc.assert(
            fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
                assert.equal(isProblem(parseLedger(text, layer)), true);
            }),
            { numRuns: 200 },
        );
    });
});
