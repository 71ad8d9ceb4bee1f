import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";

const pythonVersion = new pulumi.Config().require("pythonVersion");

// The records of the layer's versions are in the bucket, and AWS deletes only empty ones.
const artifacts = new aws.s3.Bucket("artifacts", { forceDestroy: true });

const deps = new PythonLayer("deps", {
    manifest: "uv.lock",
    bucket: artifacts.bucket,
    pythonVersion,
    architecture: "x86_64",
});

const role = new aws.iam.Role("api", {
    assumeRolePolicy: aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" }),
});
new aws.iam.RolePolicyAttachment("logs", {
    role: role.name,
    policyArn: aws.iam.ManagedPolicy.AWSLambdaBasicExecutionRole,
});

const api = new aws.lambda.Function("api", {
    runtime: `python${pythonVersion}`,
    architectures: ["x86_64"],
    handler: "handler.handler",
    role: role.arn,
    code: new pulumi.asset.FileArchive("app"),
    layers: [deps.layerVersionArn],
    timeout: 10,
});

export const layerVersionArn = deps.layerVersionArn;
export const dependencies = deps.dependencies;
export const functionName = api.name;
