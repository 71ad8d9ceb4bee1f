import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundlePlugin, pluginName } from "../../scripts/bundlePlugin";
import { createPulumiProject, type PulumiProject } from "../../scripts/pulumiProject";
import { bucketName, type EmulatedAws, region } from "./emulatedAws";
import { awsConfig, tarball } from "./layerProject";

/** What a project with the plugin differs in from others. */
export interface PluginProjectOptions {
    /** Project and, with that, default layer name: `<name>-dev-<resource>`. */
    readonly name: string;
    readonly files: Readonly<Record<string, string | Buffer>>;
    /** Settings of the plugin, such as `lambda-layer:region`; null takes a default of {@link pluginConfig} away. */
    readonly config?: Readonly<Record<string, string | null>>;
    /** Whether the package itself is installed and configured too, as in a program that moves from one front end to the other. */
    readonly withPackage?: boolean;
}

/**
 * Declares that the plugin is made before the tests, and that the projects made with the returned function are removed after
 * each. The program is `index.js`, and finds the plugin as users' programs do: by a path in Pulumi.yaml.
 */
export function pluginProjects(
    aws: () => EmulatedAws,
): (options: PluginProjectOptions) => Promise<PulumiProject> {
    let folder = "";
    const made: PulumiProject[] = [];
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-plugin-"));
        await bundlePlugin(folder);
    });
    after(() => rm(folder, { recursive: true, force: true }));
    afterEach(async () => {
        await Promise.all(made.splice(0).map((project) => project.remove()));
    });
    return async ({ name, files, config = {}, withPackage = false }) => {
        const { endpoint } = aws().emulator;
        const all = { ...pluginConfig(endpoint), ...(withPackage ? awsConfig(endpoint) : {}), ...config };
        const project = await createPulumiProject({
            name,
            tarball: withPackage ? await tarball() : undefined,
            files: {
                "Pulumi.yaml": `${JSON.stringify({
                    name,
                    runtime: { name: "nodejs", options: { typescript: false } },
                    plugins: {
                        providers: [{ name: pluginName.replace("pulumi-resource-", ""), path: folder }],
                    },
                })}\n`,
                "package.json": `{ "name": "${name}", "private": true, "main": "index.js" }\n`,
                "Pulumi.dev.yaml": JSON.stringify({
                    config: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)),
                }),
                ...files,
            },
        });
        made.push(project);
        return project;
    };
}

/** Settings that point every service that the plugin calls at an endpoint. */
export const pluginConfig = (endpoint: string): Record<string, string> => ({
    "lambda-layer:region": region,
    "lambda-layer:accessKey": "test",
    "lambda-layer:secretKey": "test",
    "lambda-layer:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
    "lambda-layer:s3UsePathStyle": "true",
});

/** A program in JavaScript that needs no SDK of the plugin: the classes of one do no more than `layer` does. */
export const pluginProgram = (...statements: readonly string[]): string =>
    [
        'const pulumi = require("@pulumi/pulumi");',
        "const outputs = { layerVersionArn: undefined, arn: undefined, version: undefined, dependencies: undefined };",
        "const layer = (type, name, args, options) =>",
        '    new pulumi.CustomResource("lambda-layer:index:" + type, name, { ...outputs, ...args }, options);',
        ...statements,
        "",
    ].join("\n");

/** A statement that makes a PythonLayer called `deps`, of `uv.lock` for Python 3.13 in the tests' bucket unless the arguments differ. */
export const pluginLayer = (
    args: Readonly<Record<string, unknown>> = {},
    { name = "deps", options = "{}" }: { readonly name?: string; readonly options?: string } = {},
): string => {
    const all = { manifest: "uv.lock", bucket: bucketName, pythonVersion: "3.13", ...args };
    return `const ${name} = layer("PythonLayer", ${JSON.stringify(name)}, ${JSON.stringify(all)}, ${options});`;
};
