import assert from "node:assert/strict";
import { isLayerError } from "../../provider/errors";
import {
    type Architecture,
    deprecationNotice,
    describeTarget,
    pythonVersions,
    targetFor,
} from "../../provider/target";

describe("target", () => {
    it("knows what each runtime is made of", () => {
        assert.deepEqual(targetFor("3.13", "arm64"), {
            pythonFullVersion: "3.13.11",
            patchRelease: "assumed",
            pythonVersion: "3.13",
            runtime: "python3.13",
            architecture: "arm64",
            machine: "aarch64",
            glibc: [2, 34],
        });
        assert.deepEqual(targetFor("3.11", "x86_64").glibc, [2, 26], "Amazon Linux 2");
        assert.deepEqual(targetFor("3.12", "x86_64").glibc, [2, 34], "Amazon Linux 2023");
        assert.equal(targetFor("3.12", "x86_64").machine, "x86_64");
    });

    it("takes a version, a runtime identifier or a full version", () => {
        assert.deepEqual(targetFor("python3.12", "x86_64"), targetFor("3.12", "x86_64"));
        assert.equal(targetFor("3.13.5", "x86_64").pythonFullVersion, "3.13.5");
        assert.equal(targetFor("python3.13.5", "x86_64").runtime, "python3.13");
    });

    it("has a full version of the same minor version for each runtime", () => {
        for (const version of pythonVersions) {
            const target = targetFor(version, "x86_64");
            assert.ok(target.pythonFullVersion.startsWith(`${version}.`));
            assert.equal(target.runtime, `python${version}`);
        }
    });

    const refusals: readonly (readonly [pythonVersion: string, architecture: string, message: RegExp])[] = [
        ["3.8", "x86_64", /no longer creates or updates functions with python3\.8[\s\S]*one of 3\.9, 3\.10/],
        ["2.7", "x86_64", /no longer/],
        ["3.16", "x86_64", /no runtime python3\.16 that this release[\s\S]*or upgrade pulumi-lambda-layer/],
        ["3.5", "x86_64", /no runtime python3\.5\.[\s\S]*one of 3\.9/],
        ["3", "x86_64", /"3" is not a version of Python[\s\S]*"python3\.13"/],
        ["python3.13-slim", "x86_64", /not a version/],
        ["nodejs22.x", "x86_64", /not a version/],
        ["3.13", "aarch64", /no architecture "aarch64"[\s\S]*"arm64"/],
        ["3.13", "toString", /no architecture/],
    ];
    for (const [pythonVersion, architecture, message] of refusals) {
        it(`refuses ${pythonVersion} on ${architecture} and says what exists`, () => {
            assert.throws(
                () => targetFor(pythonVersion, architecture as Architecture),
                (error: unknown) =>
                    isLayerError(error) && error.code === "TARGET_UNSUPPORTED" && message.test(error.message),
            );
        });
    }

    it("tells of a runtime's deprecation from its day on", () => {
        const target = targetFor("3.9", "x86_64");
        assert.equal(deprecationNotice(target, new Date("2025-12-14T23:59:59Z")), undefined);
        assert.match(
            deprecationNotice(target, new Date("2025-12-15T00:00:00Z")) ?? "",
            /python3\.9 on 2025-12-15.*3\.10/,
        );
    });

    it("describes itself by what decides", () => {
        assert.equal(
            describeTarget(targetFor("3.13", "arm64")),
            "python3.13 on arm64 (manylinux_2_34_aarch64 or older)",
        );
    });
});
