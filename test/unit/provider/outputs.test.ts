import assert from "node:assert/strict";
import fc from "fast-check";
import { readOutputs } from "../../../provider/outputs";

describe("readOutputs", () => {
    const written = {
        codeSha256: "c2hh",
        codeSize: 10,
        uncompressedSize: 30,
        createdDate: "2026-01-01T00:00:00.000+0000",
        createId: "c",
        epoch: "e",
        artifactKey: "a",
        manifestUri: "s3://bucket/manifest",
    };

    it("reads what a release wrote, and passes over what it does not know", () => {
        assert.deepEqual(readOutputs({ ...written, fromTheFuture: { a: 1 }, manifest: "uv.lock" }), written);
    });

    it("never trusts a shape: whatever stands in the state, each output is of its type or absent", () => {
        const state = fc.record(
            Object.fromEntries(Object.keys(written).map((name) => [name, fc.jsonValue()])),
            { requiredKeys: [] },
        );
        fc.assert(
            fc.property(state, (props) => {
                const read: Record<string, unknown> = { ...readOutputs(props) };
                for (const [name, value] of Object.entries(written)) {
                    assert.ok(read[name] === undefined || typeof read[name] === typeof value, name);
                }
            }),
        );
    });
});
