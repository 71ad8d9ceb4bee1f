import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { previousPackage } from "../../scripts/previousPackage";
import { succeeded } from "../../scripts/pulumiProject";
import type { EmulatedAws } from "../engine/emulatedAws";
import { resourceCounts, stateOf } from "../engine/layerProject";
import { bumpedDependencies, lock } from "../engine/locks";
import { bareProject, type Installation, type Row, rowOf, timed } from "./installations";

/**
 * `up` with the package of an earlier release; then this one is installed over it: a preview and a refresh find nothing to
 * do, a changed lock makes a new version that the old one survives, and `destroy` deletes. `undefined` where there is no
 * earlier package.
 */
export async function tryUpgrade(
    installation: Installation,
    tarball: string,
    aws: EmulatedAws,
): Promise<Row | undefined> {
    const old = await previousPackage();
    if (old === undefined) {
        return undefined;
    }
    const { name, installer, style, pulumi } = installation;
    const project = await bareProject(installation, aws);
    const layerName = `${name}-dev-deps`;
    try {
        const wanted = {
            packages: [`@pulumi/pulumi@${pulumi}`, ...style.packages],
            environment: project.environment,
        };
        const installed = await timed(() => installer.install(project.folder, { ...wanted, tarball: old }));
        const up = succeeded(await project.up());
        assert.deepEqual(resourceCounts(up), ["2 created"]);
        const before = await stateOf(project);

        const upgraded = await timed(() => installer.install(project.folder, { ...wanted, tarball }));
        await assertInstalled(project.folder, tarball);
        const preview = succeeded(await project.preview(["--expect-no-changes"]));
        assert.deepEqual(resourceCounts(preview), ["2 unchanged"]);
        const refresh = succeeded(await project.refresh(["--expect-no-changes"]));
        const again = succeeded(await project.up());
        assert.deepEqual(resourceCounts(again), ["2 unchanged"]);
        assert.equal((await stateOf(project)).id, before.id);

        await writeFile(join(project.folder, "uv.lock"), (await lock(bumpedDependencies)).uvLock);
        const changed = succeeded(await project.up());
        assert.deepEqual(resourceCounts(changed), ["1 replaced", "1 unchanged"]);
        assert.deepEqual(await aws.versions(layerName), [1, 2]);
        const destroy = succeeded(await project.destroy());
        assert.deepEqual(await aws.versions(layerName), [1]);
        return rowOf(
            installation,
            [
                { name: "install the release before", durationMs: installed },
                { name: "up", durationMs: up.durationMs },
                { name: "install", durationMs: upgraded },
                { name: "preview", durationMs: preview.durationMs },
                { name: "refresh", durationMs: refresh.durationMs },
                { name: "up", durationMs: again.durationMs },
                { name: "up after a change", durationMs: changed.durationMs },
                { name: "destroy", durationMs: destroy.durationMs },
            ],
            "an upgrade",
        );
    } finally {
        await project.remove();
    }
}

/** Both tarballs have one version while nothing is released: npm's own record tells which of them is installed. */
async function assertInstalled(folder: string, tarball: string): Promise<void> {
    const record = await readFile(join(folder, "package.json"), "utf8");
    assert.ok(record.includes(tarball.split("/").at(-2) ?? tarball), record);
}
