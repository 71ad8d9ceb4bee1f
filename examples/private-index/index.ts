import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";

const config = new pulumi.Config();

const deps = new PythonLayer("deps", {
    manifest: "uv.lock",
    bucket: config.require("bucket"),
    pythonVersion: "3.13",
    indexes: [
        {
            url: config.require("indexUrl"),
            username: config.require("indexUsername"),
            // A new password changes nothing: no version, no update.
            password: config.requireSecret("indexPassword"),
        },
    ],
});

export const layerVersionArn = deps.layerVersionArn;
export const dependencies = deps.dependencies;
