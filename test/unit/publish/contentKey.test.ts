import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, contentKey } from "../../../provider/publish/contentKey";
import { settingsDigest, versionKey } from "../../../provider/publish/ledger/versionKey";

/** The same JSON value with the properties of every object in another order. */
function shuffled(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(shuffled);
    }
    return typeof value === "object" && value !== null
        ? Object.fromEntries(
              Object.entries(value)
                  .map(([name, member]) => [name, shuffled(member)])
                  .reverse(),
          )
        : value;
}

describe("contentKey", () => {
    it("is the same whatever the order of properties", () => {
        fc.assert(
            fc.property(fc.jsonValue(), (value) => {
                assert.match(contentKey(value), /^[0-9a-f]{64}$/);
                assert.equal(contentKey(shuffled(value)), contentKey(value));
                assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
            }),
        );
    });

    it("counts undefined as absent and tells everything else apart", () => {
        assert.equal(contentKey({ a: undefined, b: 1 }), contentKey({ b: 1 }));
        const values = [null, 0, "", "0", [], {}, [[]], { a: null }, { a: 0 }, { a: "0" }, [1, 2], [2, 1]];
        assert.equal(new Set(values.map(contentKey)).size, values.length);
    });

    it("has not moved since the first release: state and buckets hold such keys", () => {
        assert.equal(
            contentKey({ b: [1, "ü"], a: { d: null, c: true } }),
            "8240f19dc5bb4ccc3f32b62edc0dd0e25aae74467fc8a36e3ad90bd28a8da4b7",
        );
    });
});

describe("versionKey", () => {
    const settings = {
        description: undefined,
        licenseInfo: undefined,
        compatibleRuntimes: ["python3.12", "python3.13"],
        compatibleArchitectures: ["x86_64", "arm64"],
    };
    const wanted = {
        layer: "arn:aws:lambda:eu-central-1:123456789012:layer:deps",
        settings: settingsDigest(settings),
        triggers: "",
    };

    it("does not depend on the order of runtimes and architectures, nor on an empty text", () => {
        const same = {
            description: "",
            licenseInfo: "",
            compatibleRuntimes: ["python3.13", "python3.12"],
            compatibleArchitectures: ["arm64", "x86_64"],
        };
        assert.equal(settingsDigest(same), wanted.settings);
    });

    it("differs when anything does that makes another version", () => {
        const others = [
            versionKey(wanted, "b"),
            versionKey({ ...wanted, layer: wanted.layer.replace("central", "west") }, "a"),
            versionKey({ ...wanted, layer: wanted.layer.replace("1234", "4321") }, "a"),
            versionKey({ ...wanted, triggers: "1" }, "a"),
            ...[
                { description: "x" },
                { licenseInfo: "x" },
                { compatibleRuntimes: ["python3.12"] },
                { compatibleArchitectures: ["arm64"] },
            ].map((more) =>
                versionKey({ ...wanted, settings: settingsDigest({ ...settings, ...more }) }, "a"),
            ),
        ];
        assert.equal(new Set([versionKey(wanted, "a"), ...others]).size, others.length + 1);
    });
});
