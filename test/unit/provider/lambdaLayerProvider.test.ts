import assert from "node:assert/strict";
import { LambdaLayerProvider, type LambdaLayerProviderArgs } from "../../../provider";

describe("LambdaLayerProvider", () => {
    it("refuses an argument that there is not, with the one that was meant: it may be a guard", () => {
        const misspelt = { region: "eu-central-1", allowedAccountId: ["111111111111"] };
        assert.throws(() => new LambdaLayerProvider("p", misspelt), {
            message:
                /^ARGUMENT_INVALID: The LambdaLayerProvider "p" has no argument allowedAccountId\.\n.*→ Rename it to allowedAccountIds\.$/,
        });
        const foreign: LambdaLayerProviderArgs = Object({ skipMetadataApiCheck: true });
        assert.throws(() => new LambdaLayerProvider("p", foreign), /→ Use region, profile/);
    });
});
