import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { buildWheels, run } from "../../provider/build";
import { defaultCacheFolder } from "../../provider/cacheFolder";
import { parseManifest, readManifest, selectDependencies } from "../../provider/manifest";
import { defaultStateFolder, packageLayer } from "../../provider/package";
import { targetFor } from "../../provider/target";
import { inTemporaryFolder } from "../../provider/temporaryFolder";
import { report, setting, timed, watchingEventLoop } from "./report";

const everything = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };

/** The first two steps alone, each timed: wheels from the manifest, and one zip of them, which is left as `layer.zip`. */
async function main(): Promise<void> {
    const architecture = setting("BENCH_ARCHITECTURE") === "arm64" ? "arm64" : "x86_64";
    const target = targetFor(setting("BENCH_PYTHON_VERSION"), architecture);
    const { signal } = new AbortController();
    const cacheFolder = defaultCacheFolder(process.env);
    const facts = { cacheFolder, stateFolder: defaultStateFolder(process.env) };
    const destination = resolve("layer.zip");
    await inTemporaryFolder(tmpdir(), async (temporaryFolder) => {
        const [[wheels, build], buildStallMs] = await watchingEventLoop(() =>
            timed(async () => {
                const file = await readManifest("uv.lock", { folder: process.cwd() });
                const manifest = parseManifest(file);
                const { dependencies } = selectDependencies(manifest, everything, target);
                return buildWheels(
                    {
                        manifest,
                        manifestFolder: dirname(file.absolutePath),
                        dependencies,
                        target,
                        indexes: [],
                        allowSourceBuilds: [],
                    },
                    {
                        run,
                        signal,
                        cacheFolder,
                        temporaryFolder,
                        report: () => undefined,
                        environment: process.env,
                    },
                );
            }),
        );
        const [[artifact, pack], stallMs] = await watchingEventLoop(() =>
            timed(() => packageLayer({ wheels, target, destination }, { signal, facts })),
        );
        await report({
            steps: { build, package: pack },
            buildStallMs,
            stallMs,
            zip: destination,
            zipBytes: artifact.size,
            wheels: wheels.map(({ path }) => path),
        });
    });
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
