import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { dependencyDigest, parseManifest, readManifest, selectDependencies } from "../provider/manifest";
import { targetFor } from "../provider/target";

const packages = 500;
const wheelsOfEach = 12;
const processes = 7;

/**
 * What it costs to understand a uv.lock of 500 packages with twelve wheels each, in processes of their own: what a first
 * preview pays. `node -r ts-node/register/transpile-only bench/manifest.ts`
 */
async function main(): Promise<void> {
    const [folder] = process.argv.slice(2);
    if (folder !== undefined) {
        console.log(JSON.stringify(await measure(folder)));
        return;
    }
    const made = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-bench-"));
    try {
        const text = lockText();
        await writeFile(join(made, "uv.lock"), text);
        const runs: Awaited<ReturnType<typeof measure>>[] = [];
        for (let run = 0; run < processes; run += 1) {
            const { stdout } = await promisify(execFile)(process.execPath, [
                ...process.execArgv,
                __filename,
                made,
            ]);
            runs.push(JSON.parse(stdout));
        }
        const median = (name: keyof (typeof runs)[number]): string => {
            const sorted = runs.map((run) => run[name]).sort((left, right) => left - right);
            return `${(sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(1)} ms (${(sorted[0] ?? 0).toFixed(1)} best)`;
        };
        console.log(
            `${packages} packages, ${(text.length / 1e6).toFixed(1)} MB, ${processes} fresh processes,`,
        );
        console.log(`load average ${loadavg()[0]?.toFixed(1)}; medians`);
        for (const name of ["read", "understand", "select", "all", "again"] as const) {
            console.log(`  ${name.padEnd(11)}${median(name)}`);
        }
    } finally {
        await rm(made, { recursive: true, force: true });
    }
}

async function measure(folder: string) {
    const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
    const target = targetFor("3.13", "x86_64");
    const started = performance.now();
    const file = await readManifest("uv.lock", { folder });
    const read = performance.now();
    const manifest = parseManifest(file);
    const understood = performance.now();
    dependencyDigest(selectDependencies(manifest, settings, target));
    const selected = performance.now();
    dependencyDigest(
        selectDependencies(parseManifest(await readManifest("uv.lock", { folder })), settings, target),
    );
    return {
        read: read - started,
        understand: understood - read,
        select: selected - understood,
        all: selected - started,
        again: performance.now() - selected,
    };
}

/** A lock as uv writes it, of compiled packages, each needing the next two. */
function lockText(): string {
    const hash = (number: number) => `sha256:${number.toString(16).padStart(64, "0")}`;
    const index = "https://index.example";
    const name = (number: number) => `package-${String(number).padStart(3, "0")}`;
    const tags = ["311", "312", "313"].flatMap((python) =>
        [
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            "manylinux_2_28_aarch64",
            "macosx_11_0_arm64",
            "win_amd64",
        ].map((platform) => `cp${python}-cp${python}-${platform}`),
    );
    const file = (path: string, number: number) =>
        `url = "${index}/packages/ab/cd/${"ef".repeat(30)}/${path}", hash = "${hash(number)}", size = 123456, upload-time = "2026-01-02T03:04:05.678Z"`;
    const locked = Array.from({ length: packages }, (_, number) => {
        const needs = [number + 1, number + 2].filter((other) => other < packages);
        const stem = `${name(number).replace("-", "_")}-1.${number}.0`;
        return [
            `[[package]]\nname = "${name(number)}"\nversion = "1.${number}.0"\nsource = { registry = "${index}/simple" }`,
            ...(needs.length === 0
                ? []
                : [
                      "dependencies = [",
                      ...needs.map(
                          (other) =>
                              `    { name = "${name(other)}", marker = "python_full_version < '3.${14 + (other % 5)}'" },`,
                      ),
                      "]",
                  ]),
            `sdist = { ${file(`${stem}.tar.gz`, number)} }`,
            "wheels = [",
            ...tags
                .slice(0, wheelsOfEach)
                .map((tag, each) => `    { ${file(`${stem}-${tag}.whl`, number * 20 + each)} },`),
            "]\n",
        ].join("\n");
    });
    const root = `[[package]]\nname = "app"\nversion = "1.0"\nsource = { virtual = "." }\ndependencies = [\n    { name = "${name(0)}" },\n]\n`;
    return ['version = 1\nrevision = 3\nrequires-python = ">=3.11"\n', root, ...locked].join("\n");
}

main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
});
