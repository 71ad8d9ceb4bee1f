import assert from "node:assert/strict";
import { isAtLeast, oldestPulumiVersion, parseVersion, pulumiVersion } from "../../../scripts/pulumiCli";

describe("Pulumi CLI version", () => {
    it("is read with and without a v, a suffix and other lines", () => {
        assert.equal(parseVersion("v3.250.0\n"), "3.250.0");
        assert.equal(parseVersion("3.216.1"), "3.216.1");
        assert.equal(parseVersion("v3.251.0-alpha.1+dirty\n"), "3.251.0");
        assert.equal(parseVersion("warning: a new version is there\nv3.220.3\n"), "3.220.3");
    });

    it("is undefined in a build that does not know its own", () => {
        for (const text of ["", "\n", "dev", "pulumi 3"]) {
            assert.equal(parseVersion(text), undefined, JSON.stringify(text));
        }
    });

    it("is compared by numbers, not by letters", () => {
        assert.equal(isAtLeast("3.216.0", "3.216.0"), true);
        assert.equal(isAtLeast("3.1000.0", "3.216.0"), true);
        assert.equal(isAtLeast("4.0.0", "3.216.0"), true);
        assert.equal(isAtLeast("3.68.0", "3.216.0"), false);
        assert.equal(isAtLeast("3.215.99", "3.216.0"), false);
    });

    it("that is downloaded or built is new enough", () => {
        assert.equal(isAtLeast(pulumiVersion, oldestPulumiVersion), true);
    });
});
