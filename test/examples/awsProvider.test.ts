import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LambdaLayerProvider, LayerVersion, PythonLayer } from "../../provider";

const args = { manifest: "uv.lock", bucket: "artifacts", pythonVersion: aws.lambda.Runtime.Python3d13 };

describe("a layer beside resources of @pulumi/aws", function () {
    this.timeout(60_000);
    /** What was registered, by name: its provider, as the engine gets it. */
    const providers = new Map<string, string | undefined>();
    before(() =>
        pulumi.runtime.setMocks(
            {
                newResource: ({ name, provider, inputs }) => {
                    providers.set(name, provider);
                    return { id: `${name}-id`, state: inputs };
                },
                call: ({ inputs }) => inputs,
            },
            "shop",
            "dev",
        ),
    );

    it("refuses a provider of @pulumi/aws, which would never see it, and says what to give instead", () => {
        const provider = new aws.Provider("tokyo", { region: "ap-northeast-1" });
        const words =
            /The layer "deps" was given a provider of "aws", .*Give it a LambdaLayerProvider .* or leave the option out/;
        assert.throws(() => new PythonLayer("deps", args, { provider }), words);
        const version = { layerName: "deps", content: { zipFile: "layer.zip" }, manifest: "uv.lock" };
        assert.throws(() => new LayerVersion("deps", version, { provider }), words);
    });

    it("takes a LambdaLayerProvider with the settings of one of @pulumi/aws", async () => {
        const settings = { region: aws.Region.APNortheast1, profile: "production" };
        const provider = new LambdaLayerProvider("osaka", settings);
        new aws.Provider("osaka-aws", settings);
        await arrived(new PythonLayer("explicit", args, { provider }));
        assert.match(providers.get("explicit") ?? "", /pulumi:providers:pulumi-nodejs::osaka/);
    });

    it("does not mind a parent that has a provider of @pulumi/aws, nor gets it", async () => {
        const provider = new aws.Provider("inherited", { region: "ap-northeast-1" });
        const parent = new pulumi.ComponentResource(
            "shop:index:Api",
            "api",
            {},
            { providers: { aws: provider } },
        );
        await arrived(new PythonLayer("child", args, { parent }));
        assert.ok(!(providers.get("child") ?? "").includes("inherited"));
    });

    it("takes what resources of @pulumi/aws put out, and gives a function what it takes", async () => {
        const bucket = new aws.s3.Bucket("artifacts", {});
        const layer = new PythonLayer("wired", { ...args, bucket: bucket.id });
        const api = new aws.lambda.Function("api", {
            role: "arn:aws:iam::123456789012:role/api",
            layers: [layer.layerVersionArn],
        });
        assert.deepEqual(await value(api.layers), ["wired-id"]);
    });
});

const value = <T>(output: pulumi.Output<T>): Promise<T> =>
    new Promise((resolve) => {
        output.apply(resolve);
    });

const arrived = (layer: PythonLayer): Promise<string> => value(layer.layerVersionArn);
