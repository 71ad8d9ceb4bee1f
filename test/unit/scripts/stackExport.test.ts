import assert from "node:assert/strict";
import { parseStackExport } from "../../../scripts/stackExport";

describe("stack export", () => {
    it("has no resources in a new stack", () => {
        assert.deepEqual(parseStackExport('{"version":3,"deployment":{"manifest":{}}}').resources, []);
    });

    it("gives each resource's identity, inputs and outputs", () => {
        const text = JSON.stringify({
            deployment: {
                resources: [
                    { urn: "urn:a", type: "pulumi:pulumi:Stack" },
                    { urn: "urn:b", type: "t", id: "arn", inputs: { n: 1 }, outputs: { m: 2 }, delete: true },
                ],
            },
        });
        assert.deepEqual(parseStackExport(text).resources, [
            {
                urn: "urn:a",
                type: "pulumi:pulumi:Stack",
                id: undefined,
                inputs: {},
                outputs: {},
                pendingDelete: false,
            },
            { urn: "urn:b", type: "t", id: "arn", inputs: { n: 1 }, outputs: { m: 2 }, pendingDelete: true },
        ]);
    });

    it("is refused when it is something else", () => {
        assert.throws(() => parseStackExport("[]"), /not an object/);
        assert.throws(() => parseStackExport("{}"), /its deployment is not an object/);
        assert.throws(() => parseStackExport('{"deployment":{"resources":{}}}'), /not a list/);
    });
});
