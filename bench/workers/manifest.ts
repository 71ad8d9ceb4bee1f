import { dependencyDigest, parseManifest, readManifest, selectDependencies } from "../../provider/manifest";
import { targetFor } from "../../provider/target";
import { report } from "./report";

/** What a first preview pays in a fresh process to understand the `uv.lock` here, and what it pays the second time; ms. */
async function main(): Promise<void> {
    const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
    const target = targetFor("3.13", "x86_64");
    const folder = process.cwd();
    const started = performance.now();
    const manifest = parseManifest(await readManifest("uv.lock", { folder }));
    const read = performance.now();
    dependencyDigest(selectDependencies(manifest, settings, target));
    const selected = performance.now();
    dependencyDigest(
        selectDependencies(parseManifest(await readManifest("uv.lock", { folder })), settings, target),
    );
    const again = performance.now();
    await report({ steps: {}, readMs: read - started, selectMs: selected - read, againMs: again - selected });
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
