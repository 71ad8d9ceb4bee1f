import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import { type Emulator, environment } from "../scripts/emulator";
import type { PythonTools } from "../scripts/pythonTools";
import { refuseWhenInterrupted } from "../scripts/shutdown";
import { startRecordingProxy } from "../test/engine/recordingProxy";
import { asObject, type Measured, measure, numberOf } from "./measure";
import type { OwnPackage } from "./ownPackage";
import type { Measurement, Results, ToolId, TreeComparison } from "./results";
import { type SetName, wheelMachine, writeManifests } from "./sets";
import { emptyCaches, type Tool, toolEnvironment } from "./tools";

export const bucketName = "bench-artifacts";

/** What all rounds have in common. */
export interface Bench {
    readonly folder: string;
    readonly emulator: Emulator;
    readonly python: PythonTools;
    readonly tools: readonly Tool[];
    readonly own: OwnPackage;
    readonly indexUrl: string;
    readonly say: (line: string) => void;
}

/** How often a set is measured. */
export interface Plan {
    readonly cold: number;
    readonly warm: number;
}

/** What the rounds of one set came to. Tools that failed are named with the reason, and measured no further. */
export interface RoundResults {
    readonly measurements: readonly Measurement[];
    readonly trees: readonly TreeComparison[];
    readonly floor: Results["floor"];
    readonly failed: ReadonlyMap<ToolId, string>;
}

/**
 * Measures every tool on a set, round by round: each round runs all tools one after the other, so that what slows the
 * machine down slows them alike. The AWS is emptied before each run. First the cold rounds, then the warm ones.
 */
export async function runRounds(bench: Bench, set: SetName, plan: Plan): Promise<RoundResults> {
    const measurements: Measurement[] = [];
    const failed = new Map<ToolId, string>();
    const floor: Results["floor"][number][] = [];
    const zips = new Map<ToolId, { path: string; size: number }>();
    const usable = bench.tools.filter(({ unavailable }) => unavailable === undefined);
    for (const tool of usable) await prepare(bench, tool, set);
    let wheels: string[] = [];

    for (let round = 0; round < plan.cold + plan.warm; round += 1) {
        const caches = round < plan.cold ? "cold" : "warm";
        bench.say(`${set}: ${caches} round ${round + 1} of ${plan.cold + plan.warm} …`);
        for (const tool of usable) {
            if (failed.has(tool.id)) continue;
            try {
                const { measurement, zip, wheelPaths } = await runOnce(bench, tool, set, caches, round);
                measurements.push(measurement);
                zips.set(tool.id, { path: zip, size: measurement.zipBytes });
                if (tool.id === "ours") wheels = wheelPaths;
            } catch (error) {
                refuseWhenInterrupted();
                const reason = error instanceof Error ? error.message : String(error);
                bench.say(`${set}: ${tool.title} failed:\n${reason}`);
                failed.set(tool.id, reason.split("\n").at(-1)?.trim() ?? "");
            }
        }
        if (caches === "warm") floor.push(await runFloor(bench, set, round, wheels));
    }
    const trees = await compareTrees(bench.python, set, zips);
    return { measurements, trees, floor, failed };
}

const folderOf = (bench: Bench, tool: Pick<Tool, "id">, set: SetName) => join(bench.folder, set, tool.id);

async function prepare(bench: Bench, tool: Tool, set: SetName): Promise<void> {
    const folder = folderOf(bench, tool, set);
    await rm(folder, { recursive: true, force: true });
    await emptyCaches(folder);
    const env = environmentOf(bench, folder);
    await writeManifests(folder, set, bench.python, env);
    await tool.prepare?.(folder, env);
}

function environmentOf(bench: Bench, folder: string, endpoint = bench.emulator.endpoint) {
    return {
        ...toolEnvironment(environment({ endpoint }), folder, bench),
        BENCH_BUCKET: bucketName,
        BENCH_PYTHON_VERSION: bench.python.pythonVersion,
        BENCH_ARCHITECTURE: wheelMachine === "aarch64" ? "arm64" : "x86_64",
    };
}

async function runOnce(
    bench: Bench,
    tool: Tool,
    set: SetName,
    caches: Measurement["caches"],
    round: number,
): Promise<{ measurement: Measurement; zip: string; wheelPaths: string[] }> {
    const folder = folderOf(bench, tool, set);
    const env = environmentOf(bench, folder);
    const options = { cwd: folder, env, python: bench.python.python };
    const withCaches = async () => {
        if (caches === "cold") await emptyCaches(folder);
    };
    await emptyAws(bench.emulator);
    await withCaches();
    const created = await measure(tool.create("bench-layer", folder), options);
    let told = created;
    if (tool.steps !== undefined) {
        await withCaches();
        told = await measure(tool.steps(), options);
    }
    const { build, package: packing } = told.steps;
    const wheelPaths = told.report["wheels"];
    return {
        measurement: {
            tool: tool.id,
            set,
            caches,
            round,
            createSeconds: created.seconds,
            ...(build === undefined ? {} : { buildSeconds: build }),
            ...(packing === undefined ? {} : { packageSeconds: packing }),
            zipBytes: numberOf(told.report["zipBytes"]),
            peakBytes: created.peakBytes,
        },
        zip: String(told.report["zip"]),
        wheelPaths: Array.isArray(wheelPaths) ? wheelPaths.map(String) : [],
    };
}

async function runFloor(bench: Bench, set: SetName, round: number, wheels: readonly string[]) {
    const folder = folderOf(bench, { id: "ours" }, set);
    await emptyAws(bench.emulator);
    const env = { ...environmentOf(bench, folder), BENCH_LAYER: "floor" };
    const { steps, seconds } = await measure(bench.own.worker("floor", wheels), {
        cwd: folder,
        env,
        python: bench.python.python,
    });
    return { set, round, parts: steps, seconds };
}

/** A new, empty AWS with the bench's bucket. */
export async function emptyAws(emulator: Emulator): Promise<void> {
    await emulator.reset();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const s3 = new S3Client({
        endpoint: emulator.endpoint,
        region: "us-east-1",
        credentials,
        forcePathStyle: true,
    });
    await s3.send(new CreateBucketCommand({ Bucket: bucketName }));
    s3.destroy();
}

async function compareTrees(
    python: PythonTools,
    set: SetName,
    zips: ReadonlyMap<ToolId, { path: string; size: number }>,
): Promise<TreeComparison[]> {
    const own = zips.get("ours");
    if (own === undefined) return [];
    const others = [...zips].filter(([id]) => id !== "ours");
    const script = join(repository, "bench", "compare_trees.py");
    const paths = [own.path, ...others.map(([, { path }]) => path)];
    const { stdout } = await mustRun(python.python, [script, ...paths]);
    const described: unknown = JSON.parse(stdout);
    if (!Array.isArray(described)) throw new Error("compare_trees.py printed no list.");
    const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
    return [["ours", own] as const, ...others].map(([tool, { size }], index) => {
        const tree = asObject(described[index]);
        return {
            tool,
            set,
            files: numberOf(tree["files"]),
            uncompressedBytes: numberOf(tree["uncompressedBytes"]),
            zipBytes: size,
            missing: texts(tree["missing"]),
            added: texts(tree["added"]),
            different: texts(tree["different"]),
            notes: numberOf(tree["notes"]),
            sizeRatio: numberOf(tree["referenceCompressedBytes"]) / numberOf(tree["commonCompressedBytes"]),
        };
    });
}

/** The requests that one create of each tool makes, on a set, warm. */
export async function countCalls(bench: Bench, set: SetName): Promise<Results["calls"]> {
    const proxy = await startRecordingProxy(bench.emulator.endpoint);
    try {
        const calls: { operation: string; requests: string[] }[] = [];
        for (const tool of bench.tools) {
            if (tool.unavailable !== undefined) continue;
            const folder = folderOf(bench, tool, set);
            await emptyAws(bench.emulator);
            const env = environmentOf(bench, folder, proxy.endpoint);
            await measure(tool.create("bench-layer", folder), {
                cwd: folder,
                env,
                python: bench.python.python,
            });
            calls.push({ operation: `create: ${tool.title}`, requests: proxy.take() });
        }
        return calls;
    } finally {
        await proxy.stop();
    }
}

/** What a create of a set holds in memory over a provider that only made its clients, and how long it holds the event loop. */
export async function measureMemory(bench: Bench, set: SetName): Promise<NonNullable<Results["memory"]>> {
    const tool = bench.tools.find(({ id }) => id === "ours");
    if (tool === undefined) throw new Error("Our own package is not among the tools.");
    const folder = folderOf(bench, tool, set);
    const options = { cwd: folder, env: environmentOf(bench, folder), python: bench.python.python };
    const run = async (mode: string): Promise<Measured> => {
        await emptyAws(bench.emulator);
        const command = tool.create("bench-layer", folder);
        return measure({ ...command, env: { ...command.env, BENCH_MODE: mode } }, options);
    };
    const idle = await run("idle");
    const watched = await run("watched");
    const steps = await measure(tool.steps?.() ?? tool.create("bench-layer", folder), options);
    return {
        set,
        idleBytes: idle.peakBytes,
        createBytes: watched.peakBytes,
        stallMs: numberOf(watched.report["stallMs"]),
        packStallMs: numberOf(steps.report["stallMs"]),
    };
}
