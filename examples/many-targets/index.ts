import * as pulumi from "@pulumi/pulumi";
import { type Architecture, PythonLayer } from "pulumi-lambda-layer";

const bucket = new pulumi.Config().require("bucket");

const pythonVersions = ["3.12", "3.13"];
const architectures: Architecture[] = ["x86_64", "arm64"];
const regions = ["eu-central-1", "us-east-1"];

/** By region, runtime and architecture: `arns["eu-central-1"]["python3.13"]["arm64"]`. */
export const arns: Record<string, Record<string, Record<string, pulumi.Output<string>>>> = {};

for (const region of regions) {
    for (const pythonVersion of pythonVersions) {
        for (const architecture of architectures) {
            const { layerVersionArn } = new PythonLayer(`deps-${region}-${pythonVersion}-${architecture}`, {
                manifest: "uv.lock",
                bucket,
                // One layer for each target: a version's number then counts that target's changes alone.
                layerName: `deps-python${pythonVersion.replace(".", "")}-${architecture}`,
                pythonVersion,
                architecture,
                region,
            });
            arns[region] ??= {};
            arns[region][`python${pythonVersion}`] ??= {};
            arns[region][`python${pythonVersion}`][architecture] = layerVersionArn;
        }
    }
}
