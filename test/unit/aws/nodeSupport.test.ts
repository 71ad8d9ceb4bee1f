import assert from "node:assert/strict";
import { nodeNotice, withoutSdkWarning } from "../../../provider/aws/nodeSupport";

const silencer = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

describe("an old Node", () => {
    it("is told of in one line, unless the user wants to hear nothing", () => {
        assert.match(nodeNotice({}, "20.20.2") ?? "", /^Node 20\.20\.2 is too old .* Node 22 or newer\.$/);
        assert.equal(nodeNotice({}, "22.0.0"), undefined);
        assert.equal(nodeNotice({ [silencer]: "true" }, "20.20.2"), undefined);
    });

    it("is hidden from the SDK while a client is made, and from nobody afterwards", () => {
        const before = process.env[silencer];
        const seen = () => process.env[silencer];
        for (const value of [undefined, "false"]) {
            if (value === undefined) delete process.env[silencer];
            else process.env[silencer] = value;
            assert.equal(withoutSdkWarning(seen), "true");
            assert.equal(seen(), value);
            assert.throws(() =>
                withoutSdkWarning(() => {
                    throw new Error("no client");
                }),
            );
            assert.equal(seen(), value);
        }
        if (before === undefined) delete process.env[silencer];
        else process.env[silencer] = before;
    });
});
