import assert from "node:assert/strict";
import { layerArnOf, parseLayerVersionArn, versionOf } from "../../../provider/layerVersionArn";

describe("parseLayerVersionArn", () => {
    it("reads region, account, name and version, in any partition", () => {
        assert.deepEqual(
            parseLayerVersionArn("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer:my_deps:17"),
            {
                region: "us-gov-west-1",
                account: "123456789012",
                layerName: "my_deps",
                version: 17,
            },
        );
    });

    it("refuses an id that is none, and says how to get rid of it", () => {
        for (const id of [
            "",
            "17",
            "arn:aws:lambda:eu-west-1:123456789012:layer:deps",
            "arn:aws:s3:::bucket",
        ]) {
            assert.throws(() => parseLayerVersionArn(id), /ARGUMENT_INVALID[\s\S]*pulumi state delete/, id);
        }
    });
});

describe("layerArnOf and versionOf", () => {
    const layer = "arn:aws-cn:lambda:cn-north-1:123456789012:layer:deps-2";

    it("take a layer version's ARN apart", () => {
        assert.equal(layerArnOf(`${layer}:17`), layer);
        assert.equal(versionOf(`${layer}:17`), 17);
    });

    it("leave an id of mocks as it is, which has no number", () => {
        assert.equal(layerArnOf("deps-id"), "deps-id");
        for (const id of ["deps-id", "deps-2", ""]) {
            assert.ok(Number.isNaN(versionOf(id)), id);
        }
    });
});
