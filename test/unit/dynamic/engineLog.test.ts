import assert from "node:assert/strict";
import { connectEngineLog, engineAddress } from "../../../provider/dynamic/engineLog";

describe("the engine's address", () => {
    it("is the argument of the process that Pulumi starts for dynamic resources", () => {
        const script = "/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js";
        assert.equal(engineAddress(["node", script, "127.0.0.1:41234"]), "127.0.0.1:41234");
        assert.equal(engineAddress(["node", script, "[::1]:41234"]), "[::1]:41234");
    });

    it("is nobody's in any other process", () => {
        assert.equal(engineAddress(["node", "/app/mocha.js", "127.0.0.1:41234"]), undefined);
        assert.equal(engineAddress(["node", "/app/dynamic-provider/index.js"]), undefined);
        assert.equal(engineAddress(["node", "/app/dynamic-provider/index.js", "--help"]), undefined);
        assert.equal(connectEngineLog([]), undefined);
    });
});
