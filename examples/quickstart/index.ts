import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";

const config = new pulumi.Config();

const deps = new PythonLayer("deps", {
    manifest: "uv.lock",
    bucket: config.require("bucket"),
    pythonVersion: config.require("pythonVersion"),
});

export const layerVersionArn = deps.layerVersionArn;
export const dependencies = deps.dependencies;
