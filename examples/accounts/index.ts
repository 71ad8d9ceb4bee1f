import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { LambdaLayerProvider, PythonLayer } from "pulumi-lambda-layer";

interface Target {
    readonly name: string;
    readonly region: aws.Region;
    readonly roleArn: string;
}

const targets = new pulumi.Config().requireObject<Target[]>("targets");

export const arns: Record<string, pulumi.Output<string>> = {};

for (const { name, region, roleArn } of targets) {
    const assumeRoles = [{ roleArn, sessionName: pulumi.getProject() }];
    // The same settings twice: each kind of resource has a provider of its own kind.
    const provider = new aws.Provider(name, { region, assumeRoles });
    const layerProvider = new LambdaLayerProvider(name, { region, assumeRoles });

    const artifacts = new aws.s3.Bucket(name, { forceDestroy: true }, { provider });
    const deps = new PythonLayer(
        name,
        { manifest: "uv.lock", bucket: artifacts.bucket, layerName: "deps", pythonVersion: "3.13" },
        { provider: layerProvider },
    );
    arns[name] = deps.layerVersionArn;
}
