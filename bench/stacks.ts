import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Emulator } from "../scripts/emulator";
import { createPulumiProject, type PulumiProject, succeeded } from "../scripts/pulumiProject";
import type { PythonTools } from "../scripts/pythonTools";
import { startRecordingProxy } from "../test/engine/recordingProxy";
import { withLargeGroup } from "./largeLock";
import type { Results, StackMeasurement } from "./results";
import { bucketName, emptyAws } from "./rounds";
import { projectName } from "./sets";
import { known, spread } from "./statistics";

/** What stacks are measured with. */
export interface StackBench {
    readonly emulator: Emulator;
    readonly python: PythonTools;
    /** The packed package. */
    readonly tarball: string;
    /** The folder of the Pulumi CLI. */
    readonly pulumi: string;
    /** A folder with a set's uv.lock. */
    readonly manifests: string;
    readonly say: (line: string) => void;
}

/** How many packages the lock of a stack's layers names, all but the set's own in a group that is not installed. */
const lockedPackages = 500;

/** A dynamic resource that does nothing, with so many properties. */
const trivial = (properties: number) => [
    'const pulumi = require("@pulumi/pulumi");',
    "const provider = {",
    "    check: async (olds, news) => ({ inputs: news, failures: [] }),",
    "    diff: async () => ({ changes: false }),",
    '    create: async (inputs) => ({ id: "created", outs: inputs }),',
    "};",
    `const properties = Object.fromEntries(Array.from({ length: ${properties} }, (_, each) => ["value" + each, "text"]));`,
    "class Trivial extends pulumi.dynamic.Resource {",
    '    constructor(name) { super(provider, name, { ...properties }, undefined, "bench", "Trivial"); }',
    "}",
];

/** As many as a layer of the stack has itself. */
const layerProperties = 25;

const layers = ['const { PythonLayer } = require("pulumi-lambda-layer");'];

const many = (count: number, statement: string) =>
    `for (let index = 0; index < ${count}; index += 1) { ${statement} }`;

async function openProject(
    bench: StackBench,
    name: string,
    program: readonly string[],
    endpoint = bench.emulator.endpoint,
): Promise<PulumiProject> {
    return createPulumiProject({
        name,
        tarball: bench.tarball,
        pulumi: bench.pulumi,
        path: [join(bench.python.uv, "..")],
        files: {
            "Pulumi.yaml": `name: ${name}\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n`,
            "package.json": `{ "name": "${name}", "private": true, "main": "index.js" }\n`,
            "Pulumi.dev.yaml": JSON.stringify({
                config: {
                    "aws:region": "us-east-1",
                    "aws:accessKey": "test",
                    "aws:secretKey": "test",
                    "aws:endpoints": JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
                    "aws:s3UsePathStyle": "true",
                },
            }),
            "index.js": `${program.join("\n")}\n`,
            "uv.lock": await stackLock(bench.manifests),
        },
    });
}

const stackLock = async (folder: string): Promise<string> =>
    withLargeGroup(await readFile(join(folder, "uv.lock"), "utf8"), projectName, lockedPackages);

const layerArguments = (python: PythonTools) =>
    `{ manifest: "uv.lock", bucket: "${bucketName}", pythonVersion: "${python.pythonVersion}" }`;

/** The real CLI on stacks of one and more layers, and of as many dynamic resources that do nothing. */
export async function measureStacks(
    bench: StackBench,
    counts: readonly number[],
    runs: number,
): Promise<{ stacks: StackMeasurement[]; state: NonNullable<Results["state"]> }> {
    const stacks: StackMeasurement[] = [];
    let state = { layer: 0, trivial: 0 };
    for (const count of counts) {
        bench.say(`previews of ${count} layers …`);
        await emptyAws(bench.emulator);
        const make = many(count, `new PythonLayer("layer" + index, ${layerArguments(bench.python)});`);
        const own = await openProject(bench, `layers${count}`, [...layers, make]);
        const trivials = many(count, 'new Trivial("resource" + index);');
        const other = await openProject(bench, `trivial${count}`, [...trivial(1), trivials]);
        const wide = await openProject(bench, `wide${count}`, [...trivial(layerProperties), trivials]);
        try {
            const upSeconds = await seconds(() => own.up());
            const trivialUpSeconds = await seconds(() => other.up());
            succeeded(await wide.up());
            const times: Record<"own" | "other" | "wide", number[]> = { own: [], other: [], wide: [] };
            for (let run = 0; run < runs; run += 1) {
                times.own.push(await seconds(() => own.preview(["--expect-no-changes"])));
                times.other.push(await seconds(() => other.preview(["--expect-no-changes"])));
                times.wide.push(await seconds(() => wide.preview(["--expect-no-changes"])));
            }
            stacks.push({
                layers: count,
                preview: known(spread(times.own)),
                trivialPreview: known(spread(times.other)),
                widePreview: known(spread(times.wide)),
                upSeconds,
                trivialUpSeconds,
            });
            state = { layer: await bytesPerResource(own), trivial: await bytesPerResource(other) };
        } finally {
            await Promise.all([own.remove(), other.remove(), wide.remove()]);
        }
    }
    return { stacks, state };
}

async function seconds(run: () => ReturnType<PulumiProject["preview"]>): Promise<number> {
    const started = performance.now();
    succeeded(await run());
    return (performance.now() - started) / 1000;
}

/** How much a stack's exported state grows by one more of its dynamic resources, as one line of JSON. */
async function bytesPerResource(project: PulumiProject): Promise<number> {
    const { text } = await project.export();
    const deployment: { deployment: { resources: { type: string }[] } } = JSON.parse(text);
    const sizes = deployment.deployment.resources
        .filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"))
        .map((resource) => JSON.stringify(resource).length);
    return Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
}

/** The requests of each of the CLI's operations on one layer. */
export async function countOperations(bench: StackBench): Promise<Results["calls"]> {
    bench.say("AWS calls of each operation …");
    await emptyAws(bench.emulator);
    const proxy = await startRecordingProxy(bench.emulator.endpoint);
    const make = (more = "") => `new PythonLayer("deps", { ...${layerArguments(bench.python)}${more} });`;
    const project = await openProject(bench, "calls", [...layers, make()], proxy.endpoint);
    const calls: { operation: string; requests: string[] }[] = [];
    const note = async (operation: string, run: () => ReturnType<PulumiProject["preview"]>) => {
        succeeded(await run());
        calls.push({ operation, requests: proxy.take() });
    };
    try {
        const lock = await stackLock(bench.manifests);
        await note("up: first", () => project.up());
        await note("preview: unchanged", () => project.preview());
        await note("up: unchanged", () => project.up());
        await note("refresh", () => project.refresh());
        await project.write({ "uv.lock": `${lock}# a comment\n` });
        await note("preview: manifest's bytes changed, dependencies not", () => project.preview());
        await note("up: manifest's bytes changed, dependencies not", () => project.up());
        await project.write({ "index.js": `${[...layers, make(', description: "other"')].join("\n")}\n` });
        await note("up: new version of the same artifact", () => project.up());
        await project.write({ "index.js": `${[...layers, make()].join("\n")}\n` });
        await note("up: back to the first version", () => project.up());
        await note("destroy", () => project.destroy());
        return calls;
    } finally {
        await project.remove();
        await proxy.stop();
    }
}
