/** A program as users write it: its files, and what `Pulumi.yaml` and `package.json` have to say for it. */
export interface ProgramStyle {
    readonly title: string;
    /** By path below the program's folder. */
    readonly files: Readonly<Record<string, string>>;
    readonly runtime: string;
    /** Parts of `package.json` beside the dependencies. */
    readonly manifest: Readonly<Record<string, unknown>>;
    /** What the language host of older CLIs needs in place of `options`, which they do not read. */
    readonly environment?: Readonly<Record<string, string>>;
    /** Packages that it needs beside Pulumi and this one. */
    readonly packages: readonly string[];
}

const typescriptPackages = ["typescript@5.9.3", "@types/node@20.19.0"];

const body = `
const config = new pulumi.Config();
const deps = new PythonLayer("deps", {
    manifest: "uv.lock",
    bucket: config.require("bucket"),
    pythonVersion: "3.13",
    architecture: "arm64",
});
`;

const tsconfig = `${JSON.stringify({
    compilerOptions: {
        target: "ES2022",
        module: "nodenext",
        moduleResolution: "nodenext",
        strict: true,
        skipLibCheck: true,
        noEmit: true,
    },
    files: ["index.ts"],
})}\n`;

const typed = `import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";
${body}
const arn: pulumi.Output<string> = deps.layerVersionArn;
const dependencies: pulumi.Output<Record<string, string>> = deps.dependencies;
export { arn, dependencies };
`;

const javascript = `const pulumi = require("@pulumi/pulumi");
const { PythonLayer } = require("pulumi-lambda-layer");
${body}
exports.arn = deps.layerVersionArn;
exports.dependencies = deps.dependencies;
`;

const esm = `import * as pulumi from "@pulumi/pulumi";
import { PythonLayer } from "pulumi-lambda-layer";
${body}
export const arn = deps.layerVersionArn;
export const dependencies = deps.dependencies;
`;

/** The same program in each style. */
export const styles = {
    typescript: {
        title: "TypeScript, CommonJS (ts-node)",
        files: { "index.ts": typed, "tsconfig.json": tsconfig },
        runtime: "nodejs",
        manifest: { main: "index.ts" },
        packages: [...typescriptPackages, "ts-node@10.9.2"],
    },
    javascript: {
        title: "JavaScript, CommonJS",
        files: { "index.js": javascript },
        runtime: "{ name: nodejs, options: { typescript: false } }",
        manifest: { main: "index.js" },
        packages: [],
    },
    esm: {
        title: "JavaScript, ES modules",
        files: { "index.js": esm },
        runtime: "{ name: nodejs, options: { typescript: false } }",
        manifest: { main: "index.js", type: "module" },
        packages: [],
    },
    typescriptEsm: {
        title: "TypeScript, ES modules (ts-node)",
        files: { "index.ts": typed, "tsconfig.json": tsconfig },
        runtime: "nodejs",
        manifest: { main: "index.ts", type: "module" },
        packages: [...typescriptPackages, "ts-node@10.9.2"],
    },
    tsx: {
        title: "TypeScript, ES modules (tsx)",
        files: { "index.ts": typed, "tsconfig.json": tsconfig },
        runtime: "{ name: nodejs, options: { typescript: false, nodeargs: --import tsx } }",
        environment: { NODE_OPTIONS: "--import tsx" },
        manifest: { main: "index.ts", type: "module" },
        packages: [...typescriptPackages, "tsx@4.23.15"],
    },
} satisfies Readonly<Record<string, ProgramStyle>>;

/** Automation API: it makes the stack, and tells the changes of each step as JSON. */
const automation = (program: string) => `const { LocalWorkspace } = require("@pulumi/pulumi/automation");

async function main() {
    const quiet = { onOutput: () => undefined };
    const stack = await LocalWorkspace.createOrSelectStack(${program});
    await stack.setConfig("bucket", { value: process.env.BUCKET });
    const up = await stack.up(quiet);
    const preview = await stack.preview();
    const again = await stack.up(quiet);
    const destroy = await stack.destroy(quiet);
    console.log(JSON.stringify({
        arn: up.outputs.arn.value,
        up: up.summary.resourceChanges,
        preview: preview.changeSummary,
        again: again.summary.resourceChanges,
        destroy: destroy.summary.resourceChanges,
    }));
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
`;

/** A program inside the script that runs it. */
export const inlineAutomation = `const pulumi = require("@pulumi/pulumi");
const { PythonLayer } = require("pulumi-lambda-layer");

const program = async () => {${body.replaceAll("\n", "\n    ")}
    return { arn: deps.layerVersionArn };
};

${automation('{ stackName: "automated", projectName: "inline", program }')}`;

/** A program in the folder of the script that runs it. */
export const localAutomation = automation('{ stackName: "automated", workDir: __dirname }');

/** A user's own unit test, on Pulumi's mocks, with Node's own test runner. */
export const mocksTest = `const assert = require("node:assert/strict");
const { test } = require("node:test");
const pulumi = require("@pulumi/pulumi");

pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => ({
        id: type.startsWith("pulumi-nodejs:dynamic/lambda:")
            ? "arn:aws:lambda:eu-central-1:123456789012:layer:" + name + ":1"
            : name + "-id",
        state: { ...inputs, version: 1 },
    }),
    call: ({ inputs }) => inputs,
}, "shop", "dev");
pulumi.runtime.setConfig("shop:bucket", "artifacts");

const value = (output) => new Promise((resolve) => output.apply(resolve));

test("the layer has the mock's ARN, and the arguments that the program gives", async () => {
    const { arn, layer } = require("./layer.js");
    assert.equal(await value(arn), "arn:aws:lambda:eu-central-1:123456789012:layer:deps:1");
    assert.equal(await value(layer.version), 1);
    assert.equal(await value(layer.layerName), undefined);
});
`;

/** The program that {@link mocksTest} tests. */
export const mockedProgram = `const pulumi = require("@pulumi/pulumi");
const { PythonLayer } = require("pulumi-lambda-layer");
${body}
exports.arn = deps.layerVersionArn;
exports.layer = deps;
`;
