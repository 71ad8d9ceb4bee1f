const { LayerVersion } = require("pulumi-lambda-layer");

// `npm run layer` builds layer.zip here. Any tool may, of any language: what counts is that it is built of the manifest,
// whose MD5 tells whether a new version is due.
const deps = new LayerVersion("deps", {
    layerName: "archive-deps",
    content: { zipFile: "layer.zip" },
    manifest: "uv.lock",
    compatibleRuntimes: ["python3.13"],
    compatibleArchitectures: ["x86_64"],
});

exports.layerVersionArn = deps.layerVersionArn;
exports.version = deps.version;
