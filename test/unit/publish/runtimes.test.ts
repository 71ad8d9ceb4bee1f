import assert from "node:assert/strict";
import { Runtime } from "@aws-sdk/client-lambda";
import { unknownRuntime } from "../../../provider/publish/runtimes";

describe("a runtime", () => {
    it("is known when the AWS SDK has it", () => {
        assert.deepEqual(
            Object.values(Runtime).filter((each) => unknownRuntime(each) !== undefined),
            [],
        );
    });

    it("that is not known is told with those of its language", () => {
        assert.match(
            unknownRuntime("python9.9") ?? "",
            /names "python9\.9".*It knows python3\.9, .*python3\.13/,
        );
        assert.doesNotMatch(unknownRuntime("python9.9") ?? "", /nodejs|python2\.7/);
    });
});
