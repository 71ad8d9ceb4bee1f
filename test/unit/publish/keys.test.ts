import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, contentKey, type VersionIdentity, versionKey } from "../../../provider/publish/keys";

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
    const identity: VersionIdentity = {
        artifactKey: "a",
        account: "123456789012",
        region: "eu-central-1",
        layerName: "deps",
        description: undefined,
        licenseInfo: undefined,
        compatibleRuntimes: ["python3.12", "python3.13"],
        compatibleArchitectures: ["x86_64"],
        triggers: undefined,
    };

    it("does not depend on the order of runtimes and architectures", () => {
        assert.equal(
            versionKey({ ...identity, compatibleRuntimes: ["python3.13", "python3.12"] }),
            versionKey(identity),
        );
    });

    it("differs with every part", () => {
        const changes: Partial<VersionIdentity>[] = [
            {},
            { artifactKey: "b" },
            { account: "000000000000" },
            { region: "eu-west-1" },
            { layerName: "other" },
            { description: "d" },
            { licenseInfo: "d" },
            { compatibleRuntimes: [] },
            { compatibleArchitectures: ["arm64"] },
            { triggers: ["1"] },
            { triggers: [1] },
        ];
        assert.equal(
            new Set(changes.map((change) => versionKey({ ...identity, ...change }))).size,
            changes.length,
        );
    });
});
