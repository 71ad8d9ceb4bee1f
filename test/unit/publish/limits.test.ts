import assert from "node:assert/strict";
import {
    bucketProblem,
    compatibleArchitecturesProblem,
    compatibleRuntimesProblem,
    descriptionProblem,
    layerNameProblem,
    licenseInfoProblem,
    objectKeyProblem,
    parseLayerArn,
} from "../../../provider/publish/limits";

/** Each limit with values right at it and right beyond it. */
const limits: readonly {
    readonly name: string;
    readonly problem: (value: never) => string | undefined;
    readonly taken: readonly unknown[];
    readonly refused: readonly (readonly [unknown, RegExp])[];
}[] = [
    {
        name: "layerNameProblem",
        problem: layerNameProblem,
        taken: [
            "a",
            "My_layer-1",
            "x".repeat(140),
            "arn:aws:lambda:eu-west-1:123456789012:layer:deps",
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer:deps",
            "arn:aws-cn:lambda:cn-north-1:123456789012:layer:deps",
        ],
        refused: [
            ["", /1 to 140/],
            ["x".repeat(141), /1 to 140/],
            ["a/b", /"a\/b"/],
            ["a b", /"a b"/],
            ["a\n", /a\\n/],
            ["arn:aws:lambda:eu-west-1:123456789012:layer:deps:1", /layer ARN/],
            ["arn:aws:lambda:eu-west-1:12345:layer:deps", /layer ARN/],
        ],
    },
    {
        name: "descriptionProblem",
        problem: descriptionProblem,
        taken: ["", "x".repeat(256)],
        refused: [["x".repeat(257), /at most 256 characters, but has 257/]],
    },
    {
        name: "licenseInfoProblem",
        problem: licenseInfoProblem,
        taken: ["MIT", "x".repeat(512)],
        refused: [["x".repeat(513), /at most 512 characters, but has 513/]],
    },
    {
        name: "compatibleRuntimesProblem",
        problem: compatibleRuntimesProblem,
        taken: [
            [],
            ["python3.13"],
            ["provided.al2023", "nodejs22.x", "java8.al2", "dotnet8", "dotnetcore3.1", "go1.x", "ruby3.4"],
            Array.from({ length: 15 }, (_, index) => `python3.${index}`),
        ],
        refused: [
            [
                Array.from({ length: 16 }, (_, index) => `python3.${index}`),
                /at most 15 runtimes, but names 16/,
            ],
            [["3.13"], /"3\.13" is none/],
            [["python3.13", "python3.13"], /twice/],
        ],
    },
    {
        name: "compatibleArchitecturesProblem",
        problem: compatibleArchitecturesProblem,
        taken: [[], ["x86_64"], ["arm64", "x86_64"]],
        refused: [
            [["aarch64"], /"aarch64" is neither/],
            [["arm64", "arm64"], /twice/],
        ],
    },
    {
        name: "bucketProblem",
        problem: bucketProblem,
        taken: ["abc", "my.bucket-1", "x".repeat(63)],
        refused: [
            ["ab", /3 to 63/],
            ["x".repeat(64), /3 to 63/],
            ["s3://bucket", /"s3:\/\/bucket"/],
            ["-abc", /3 to 63/],
            ["arn:aws:s3:::bucket", /3 to 63/],
        ],
    },
    {
        name: "objectKeyProblem",
        problem: objectKeyProblem,
        taken: ["k", "x".repeat(1024), "ü".repeat(512)],
        refused: [
            ["x".repeat(1025), /1 to 1024 bytes, but has 1025/],
            ["ü".repeat(513), /1026/],
        ],
    },
];

for (const { name, problem, taken, refused } of limits) {
    describe(name, () => {
        it("takes what Lambda takes, up to the limit", () => {
            for (const value of taken) {
                assert.equal(problem(value as never), undefined, JSON.stringify(value));
            }
        });

        it("says what is wrong with the rest, in words that follow the argument's name", () => {
            for (const [value, reason] of refused) {
                const said = problem(value as never);
                assert.match(said ?? "nothing", reason);
                assert.match(said ?? "", /^must /);
                assert.ok((said ?? "").length < 250);
            }
        });
    });
}

describe("parseLayerArn", () => {
    it("reads a layer's ARN and no version's", () => {
        assert.deepEqual(parseLayerArn("arn:aws:lambda:us-iso-east-1:123456789012:layer:deps"), {
            region: "us-iso-east-1",
            account: "123456789012",
            name: "deps",
        });
        assert.equal(parseLayerArn("deps"), undefined);
        assert.equal(parseLayerArn("arn:aws:lambda:us-east-1:123456789012:layer:deps:3"), undefined);
    });
});
