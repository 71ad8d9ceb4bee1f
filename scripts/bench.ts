import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, platform, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { measureManifest } from "../bench/manifest";
import { startMirror } from "../bench/mirror/server";
import { unpackOwnPackage } from "../bench/ownPackage";
import { packingChart } from "../bench/packingChart";
import { parseBenchArguments } from "../bench/plan";
import type { Results, ToolId } from "../bench/results";
import { installRivals } from "../bench/rivalTools";
import { type Bench, countCalls, measureMemory, runRounds } from "../bench/rounds";
import { fillMirror } from "../bench/sets";
import { countOperations, measureStacks } from "../bench/stacks";
import { renderTables } from "../bench/table";
import { toolsOf } from "../bench/tools";
import { findVersions } from "../bench/versions";
import { repository } from "./cacheFolder";
import { startMinistack } from "./emulator";
import { findPulumiCli } from "./pulumiCli";
import { pythonTools } from "./pythonTools";
import { atShutdown } from "./shutdown";

/**
 * `npm run bench -- [small] [middle] [large] [stacks] [manifest] [--quick]`: this package against what a user would pick instead,
 * as bench/README.md says. Without a word: all, which is what `results.json` and the chart are for. With words, or
 * quickly, the results go to files of their own.
 */
async function main(): Promise<void> {
    // The SDK's reminder that Node 20 is old says nothing about what is measured.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const plan = parseBenchArguments(process.argv.slice(2));
    const python = await pythonTools();
    const rivals = await installRivals(python);
    const pulumi = await findPulumiCli();
    const load = loadavg()[0] ?? 0;
    if (load > 1) {
        console.log(`The load average is ${load.toFixed(1)}: other work on this machine makes times longer.`);
    }
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-bench-"));
    const emulator = await startMinistack(python.ministack);
    const clean = atShutdown(async () => {
        await emulator.stop();
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    try {
        const own = await unpackOwnPackage(join(folder, "own"));
        const versions = await findVersions({ own, rivals, python, pulumi: pulumi.executable });
        const tools = toolsOf({ own, rivals, python, versions });
        const failed = new Map<ToolId, string>();
        const say = (line: string) => console.log(line);
        const parts: Results = {
            format: 1,
            date: new Date().toISOString(),
            machine: describeMachine(load),
            versions,
            index: "Wheels come from a mirror on this machine: cold times are without any network. The AWS is ministack.",
            tools,
            sets: [],
            measurements: [],
            trees: [],
            floor: [],
            stacks: [],
            calls: [],
        };
        let results = parts;
        if (plan.manifest !== undefined) {
            say("a large lock …");
            const lockFolder = join(folder, "manifest");
            const manifest = await measureManifest(lockFolder, own, python.python, plan.manifest);
            results = { ...results, manifest };
        }
        for (const { set, runs } of plan.sets) {
            const mirrored = await fillMirror(set, python);
            const mirror = await startMirror(mirrored.folder);
            const stopMirror = atShutdown(() => mirror.stop());
            try {
                const usable = tools.map((tool) => ({ ...tool, ...describeTool(tool, failed) }));
                const { indexUrl } = mirror;
                const bench: Bench = { folder, emulator, python, own, tools: usable, indexUrl, say };
                const rounds = await runRounds(bench, set, runs);
                for (const [id, reason] of rounds.failed) failed.set(id, `it failed with ${set}: ${reason}`);
                results = {
                    ...results,
                    tools: tools.map((tool) => describeTool(tool, failed)),
                    sets: [...results.sets, mirrored.info],
                    measurements: [...results.measurements, ...rounds.measurements],
                    trees: [...results.trees, ...rounds.trees],
                    floor: [...results.floor, ...rounds.floor],
                    memory: await measureMemory(bench, set),
                };
                if (set === plan.sets[0]?.set) {
                    const working = usable.filter(({ id }) => !failed.has(id));
                    results = { ...results, calls: await countCalls({ ...bench, tools: working }, set) };
                    if (plan.stacks !== undefined) {
                        const manifests = join(folder, set, "ours");
                        const tarball = own.tarball;
                        const stackBench = {
                            emulator,
                            python,
                            tarball,
                            pulumi: pulumi.folder,
                            manifests,
                            say,
                        };
                        const { counts, runs: previews } = plan.stacks;
                        const { stacks, state } = await measureStacks(stackBench, counts, previews);
                        const calls = [...results.calls, ...(await countOperations(stackBench))];
                        results = { ...results, stacks, state, calls };
                    }
                }
            } finally {
                await stopMirror();
            }
            // A long run that is stopped has its first sets at least.
            await keep(results, "partial");
        }
        console.log(`\n${renderTables(results)}\n`);
        for (const path of await keep(results, plan.complete ? "results" : "partial")) {
            console.log(`Written: ${path}`);
        }
    } finally {
        await clean();
    }
}

function describeTool(
    { id, title, how, unavailable }: Results["tools"][number],
    failed: ReadonlyMap<ToolId, string>,
) {
    const reason = unavailable ?? failed.get(id);
    return { id, title, how, ...(reason === undefined ? {} : { unavailable: reason }) };
}

function describeMachine(load: number): Results["machine"] {
    return {
        cpu: cpus()[0]?.model.trim() ?? "unknown processor",
        cores: cpus().length,
        memoryGB: Math.round(totalmem() / 1e9),
        system: `${platform()} ${release()}`,
        node: process.versions.node,
        load: load.toFixed(1),
    };
}

/** Writes the results and the chart; only a complete run replaces what is in the repository. Returns the paths. */
async function keep(results: Results, name: "results" | "partial"): Promise<string[]> {
    const folder = join(repository, "bench");
    const written = [join(folder, `${name}.json`)];
    await writeFile(join(folder, `${name}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
    const set = results.sets.find((candidate) => candidate.name === "middle") ?? results.sets[0];
    const chart = set === undefined ? undefined : packingChart(results, set.name);
    if (chart !== undefined) {
        await writeFile(join(folder, `${name}.svg`), chart);
        written.push(join(folder, `${name}.svg`));
    }
    return written;
}

main().catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
