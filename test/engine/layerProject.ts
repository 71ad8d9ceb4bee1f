import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { isProblem, parseLedger } from "../../provider/publish/ledger/format";
import { holdings } from "../../provider/publish/ledger/ledger";
import type { CommandResult } from "../../scripts/command";
import { packageTarball } from "../../scripts/packageTarball";
import { createPulumiProject, type PulumiProject } from "../../scripts/pulumiProject";
import type { ExportedResource } from "../../scripts/stackExport";
import { bucketName, type EmulatedAws, region } from "./emulatedAws";

/** What a project differs in from others. */
export interface LayerProjectOptions {
    /** Project and, with that, default layer name: `<name>-<stack>-<resource>`. */
    readonly name: string;
    readonly files: Readonly<Record<string, string | Buffer>>;
    /** Default `dev`. */
    readonly stack?: string;
    /** Where `aws:endpoints` points; default the emulator itself. */
    readonly endpoint?: string;
    /** Further stack configuration; null takes a default of {@link awsConfig} away. */
    readonly config?: Readonly<Record<string, string | null>>;
    /** The environment of all commands. */
    readonly environment?: Readonly<Record<string, string>>;
}

/** Declares that the projects made with the returned function are removed after each test. */
export function layerProjects(
    aws: () => EmulatedAws,
): (options: LayerProjectOptions) => Promise<PulumiProject> {
    const made: PulumiProject[] = [];
    afterEach(async () => {
        await Promise.all(made.splice(0).map((project) => project.remove()));
    });
    return async (options) => {
        const project = await createLayerProject(aws(), options);
        made.push(project);
        return project;
    };
}

/** A project that has the packed package installed and talks to an emulator. The program is `index.js` or `index.ts`. */
export async function createLayerProject(
    aws: EmulatedAws,
    options: LayerProjectOptions,
): Promise<PulumiProject> {
    const stack = options.stack ?? "dev";
    const typescript = options.files["index.ts"] !== undefined;
    const config = { ...awsConfig(options.endpoint ?? aws.emulator.endpoint), ...options.config };
    return createPulumiProject({
        name: options.name,
        stack,
        tarball: await tarball(),
        environment: options.environment,
        files: {
            // Compiling a program takes longer than all that is tested here: most tests have a JavaScript one.
            "Pulumi.yaml": `name: ${options.name}\nruntime:\n  name: nodejs\n  options:\n    typescript: ${typescript}\n`,
            "package.json": `{ "name": "${options.name}", "private": true, "main": "${typescript ? "index.ts" : "index.js"}" }\n`,
            // As a file, since every `pulumi config set` is another half second.
            [`Pulumi.${stack}.yaml`]: JSON.stringify({
                config: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)),
            }),
            ...options.files,
        },
    });
}

let packed: Promise<string> | undefined;

/** The package as it is at the first call: one run tests one package, whatever is edited meanwhile. */
export function tarball(): Promise<string> {
    packed ??= packageTarball(() => undefined);
    return packed;
}

/** Stack configuration that points every service of the product at an endpoint. */
export const awsConfig = (endpoint: string): Record<string, string> => ({
    "aws:region": region,
    "aws:accessKey": "test",
    "aws:secretKey": "test",
    "aws:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
    "aws:s3UsePathStyle": "true",
});

/** A program in JavaScript around statements that use the package's exports and `pulumi`. */
export const program = (...statements: readonly string[]): string =>
    [
        'const pulumi = require("@pulumi/pulumi");',
        'const { LayerVersion, PythonLayer } = require("pulumi-lambda-layer");',
        ...statements,
        "",
    ].join("\n");

/** A statement that makes a PythonLayer, of `uv.lock` for Python 3.13 in the tests' bucket unless the arguments differ. */
export const pythonLayer = (
    args: Readonly<Record<string, unknown>> = {},
    { name = "deps", options = "{}" }: { readonly name?: string; readonly options?: string } = {},
): string => {
    const all = { manifest: "uv.lock", bucket: bucketName, pythonVersion: "3.13", ...args };
    return `new PythonLayer(${JSON.stringify(name)}, ${JSON.stringify(all)}, ${options});`;
};

/** A statement that makes a LayerVersion. */
export const layerVersion = (args: Readonly<Record<string, unknown>>, name = "deps"): string =>
    `new LayerVersion(${JSON.stringify(name)}, ${JSON.stringify(args)});`;

/** The state of a project's layer resource, by its name; an assertion when the state has not exactly one. */
export async function stateOf(project: PulumiProject, name = "deps"): Promise<ExportedResource> {
    const { resources } = await project.export();
    const found = resources.filter(({ urn }) => urn.endsWith(`::${name}`));
    const [resource] = found;
    assert.ok(resource !== undefined && found.length === 1, `${found.length} resources named ${name}`);
    return resource;
}

/** The counts under "Resources:" of what the CLI printed, such as `["1 replaced", "1 unchanged"]`. */
export function resourceCounts(result: CommandResult): string[] {
    const [, counts = ""] = /^Resources:\n((?: {4}.*\n)+)/m.exec(`${result.stdout}\n`) ?? [];
    return counts
        .split("\n")
        .map((line) => line.replace(/^[\s+~-]+/, "").replace(/^\d+ changes\. /, ""))
        .filter((line) => line !== "");
}

/** The ARN of a version, with the account that the emulator answers for. */
export const versionArn = (aws: EmulatedAws, layerName: string, version: number): string =>
    `arn:aws:lambda:${region}:${account(aws)}:layer:${layerName}:${version}`;

/** The account that the emulator answers for. */
export const account = (aws: EmulatedAws): string =>
    aws.emulator.name === "moto" ? "123456789012" : "000000000000";

/** Who holds a layer's versions, as its ledger says: `1 shop/dev/PythonLayer/deps current`. */
export async function holdersOf(aws: EmulatedAws, layerName: string): Promise<string[]> {
    const ledger = `lambda/${layerName}/layer/ledger-${account(aws)}-${region}.json`;
    const text = (await aws.readObject(ledger)).toString("utf8");
    const read = parseLedger(text, versionArn(aws, layerName, 0).replace(/:0$/, ""));
    assert.ok(!isProblem(read), text);
    return holdings(read)
        .map(({ version, holder }) => `${version} ${holder.owner} ${holder.use}`)
        .sort();
}

/** Asserts that the product left nothing in the folder for temporary files. */
export async function assertNoTemporaryFolder(project: PulumiProject): Promise<void> {
    const left = await readdir(project.temporaryFolder);
    assert.deepEqual(
        left.filter((name) => name.includes("lambda-layer")),
        [],
    );
}
