import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LambdaLayerProvider, LayerVersion, PythonLayer } from "../../provider";
import { readAwsConfiguration } from "../../provider/aws/configuration";

const args = { manifest: "uv.lock", bucket: "artifacts", pythonVersion: aws.lambda.Runtime.Python3d13 };

describe("a layer beside resources of @pulumi/aws", function () {
    this.timeout(60_000);
    /** What was registered, by name: its provider, as the engine gets it. */
    const providers = new Map<string, string | undefined>();
    /** And its inputs; a secret one has its value inside. */
    const inputsOf = new Map<string, pulumi.runtime.MockResourceArgs["inputs"]>();
    before(() =>
        pulumi.runtime.setMocks(
            {
                newResource: ({ name, provider, inputs }) => {
                    providers.set(name, provider);
                    inputsOf.set(name, inputs);
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
            /^ARGUMENT_INVALID: The layer "deps" was given a provider that its hooks never see.*\n.*→ Give it a LambdaLayerProvider .*\n.*→ Or leave the option provider out/;
        assert.throws(() => new PythonLayer("deps", args, { provider }), { message: words });
        const version = { layerName: "deps", content: { zipFile: "layer.zip" }, manifest: "uv.lock" };
        assert.throws(() => new LayerVersion("deps", version, { provider }), { message: words });
    });

    it("takes a LambdaLayerProvider with the settings of one of @pulumi/aws", async () => {
        const settings = { region: aws.Region.APNortheast1, profile: "production" };
        const provider = new LambdaLayerProvider("osaka", settings);
        new aws.Provider("osaka-aws", settings);
        await arrived(new PythonLayer("explicit", args, { provider }));
        assert.match(providers.get("explicit") ?? "", /pulumi:providers:pulumi-nodejs::osaka/);
    });

    it("hands every argument of a LambdaLayerProvider on as the setting of that name", async () => {
        const given = {
            region: aws.Region.APNortheast1,
            profile: "production",
            accessKey: "key",
            secretKey: "secret",
            token: "token",
            assumeRoles: [{ roleArn: "arn:1", sessionName: "s", externalId: "e", duration: "1.5h" }],
            endpoints: { s3: "http://s" },
            s3UsePathStyle: true,
            maxRetries: 3,
            allowedAccountIds: ["012345678901"],
            forbiddenAccountIds: ["222222222222"],
        };
        const guarded = new LambdaLayerProvider("guarded", given);
        await value(guarded.urn);
        const settings = new Map(Object.entries(inputsOf.get("guarded") ?? {}));
        const { duration: _duration, ...role } = given.assumeRoles[0] ?? {};
        const read = readAwsConfiguration((key) => Object(settings.get(key)).value ?? settings.get(key), {});
        const { accessKey, secretKey, token, assumeRoles: _roles, ...others } = given;
        const { keys, assumeRoles, problems } = read;
        assert.deepEqual(keys, { accessKey, secretKey, token });
        assert.deepEqual(JSON.parse(JSON.stringify(assumeRoles)), [{ ...role, durationSeconds: 5400 }]);
        assert.deepEqual(problems, []);
        for (const [name, value] of Object.entries(others)) {
            assert.deepEqual(Reflect.get(read, name), value, name);
        }
    });

    describe("below something that has a provider of @pulumi/aws", () => {
        /** Everything that hands its provider on to what is below it. */
        const parents = () => {
            const provider = new aws.Provider("inherited", { region: "ap-northeast-1" });
            const component = (name: string, opts: pulumi.ComponentResourceOptions) =>
                new pulumi.ComponentResource("shop:index:Api", name, {}, opts);
            const outer = component("outer", { providers: { aws: provider } });
            return {
                provider,
                outer,
                all: [
                    outer,
                    component("listed", { providers: [provider] }),
                    component("single", { provider }),
                    component("inner", { parent: outer }),
                    new aws.s3.Bucket("above", {}, { provider }),
                ],
            };
        };

        it("is refused without a region: the stack's own would be taken in silence", () => {
            const version = { layerName: "deps", content: { zipFile: "layer.zip" }, manifest: "uv.lock" };
            const words =
                /^ARGUMENT_INVALID: The layer "child" is below a resource that has a provider of "aws", .*\n.*→ Give the layer the argument region.*\n.*→ .*LambdaLayerProvider/;
            for (const parent of parents().all) {
                assert.throws(() => new PythonLayer("child", args, { parent }), { message: words });
                assert.throws(() => new LayerVersion("child", version, { parent }), { message: words });
            }
        });

        it("is taken with a region, and does not get that provider", async () => {
            for (const [position, parent] of parents().all.entries()) {
                const name = `with-region-${position}`;
                await arrived(new PythonLayer(name, { ...args, region: "ap-northeast-1" }, { parent }));
                assert.ok(!(providers.get(name) ?? "").includes("inherited"));
            }
        });

        it("is taken with a LambdaLayerProvider, its own or an inherited one", async () => {
            const { provider, outer } = parents();
            const own = new LambdaLayerProvider("own", { region: "ap-northeast-1" });
            await arrived(new PythonLayer("own-provider", args, { parent: outer, provider: own }));
            const both = new pulumi.ComponentResource(
                "shop:index:Api",
                "both",
                {},
                { providers: [provider, own] },
            );
            await arrived(new PythonLayer("inherited-provider", args, { parent: both }));
            for (const name of ["own-provider", "inherited-provider"]) {
                assert.match(providers.get(name) ?? "", /pulumi-nodejs::own/);
            }
        });

        it("does not matter where nothing has one", async () => {
            const parent = new pulumi.ComponentResource("shop:index:Api", "plain");
            await arrived(new PythonLayer("plain-child", args, { parent }));
        });
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
