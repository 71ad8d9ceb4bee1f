import assert from "node:assert/strict";
import { compiledPackage, runProgram } from "./compiledPackage";

/** Layers in every place that a program can put them, each with the URN that Pulumi gives it. */
const program = `
    const pulumi = require("@pulumi/pulumi");
    const { LayerVersion, PythonLayer } = require("pulumi-lambda-layer");
    const owners = new Map();
    pulumi.runtime.setMocks({
        newResource: ({ name, inputs }) => {
            owners.set(name, inputs.__layer?.owner);
            return { id: "arn:aws:lambda:eu-west-1:123456789012:layer:deps:7", state: inputs };
        },
        call: () => ({}),
    }, "shop", "prod", false, "acme");
    const args = { manifest: "uv.lock", bucket: "b", pythonVersion: "3.13" };
    const api = new pulumi.ComponentResource("app:Api", "api");
    const outer = new PythonLayer("in the stack", args);
    const layers = [
        outer,
        new PythonLayer("in a component", args, { parent: api }),
        new LayerVersion("below a layer", { manifest: "m", layerName: "l", content: { zipFile: "z" } }, { parent: outer }),
    ];
    pulumi.all(layers.map(({ urn, layerArn, version }) => pulumi.all([urn, layerArn, version]))).apply((all) => {
        console.log(JSON.stringify({ all, owners: [...owners].filter(([, owner]) => owner !== undefined) }));
    });`;

describe("a resource's owner", function () {
    this.timeout(60_000);

    it("is the organisation and the URN that Pulumi gives the resource, wherever it is", async () => {
        const { folder } = await compiledPackage();
        const { all, owners } = JSON.parse(await runProgram(folder, program));
        assert.deepEqual(
            owners.map(([, owner]: [string, string]) => owner).sort(),
            all.map(([urn]: [string]) => `acme/${urn}`).sort(),
        );
        assert.equal(owners.length, 3);
    });
});

describe("a layer's ARN and its version's number", function () {
    this.timeout(60_000);

    it("come from the id", async () => {
        const { folder } = await compiledPackage();
        const { all } = JSON.parse(await runProgram(folder, program));
        for (const [, layerArn, version] of all) {
            assert.deepEqual([layerArn, version], ["arn:aws:lambda:eu-west-1:123456789012:layer:deps", 7]);
        }
    });
});
