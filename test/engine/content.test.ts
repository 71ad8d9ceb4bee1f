import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type PulumiProject, succeeded } from "../../scripts/pulumiProject";
import { type EmulatedAws, onBothEmulators } from "./emulatedAws";
import { layerProjects, program, pythonLayer, stateOf } from "./layerProject";
import { lock } from "./locks";
import { type FileFacts, installWithUv, type PublishedLayer, readLayer } from "./readBack";

/** Compiled packages, a launcher in `bin/`, and wheels for Python 3.13 beside abi3 and pure ones. */
const dependencies = ["pydantic==2.11.7", "requests==2.32.4", "cryptography==45.0.5", "markupsafe==3.0.2"];

/** Files that tell of an installation and are no part of what a package is. */
const isInstallation = (path: string) =>
    /^bin\/|(^|\/)__pycache__\/|^\.lock$|\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/.test(
        path,
    );

const withoutInstallation = (files: Readonly<Record<string, FileFacts>>) =>
    Object.fromEntries(
        Object.entries(files)
            .filter(([path]) => !isInstallation(path))
            .sort(([left], [right]) => (left < right ? -1 : 1)),
    );

/** The layer's files below `python/`, which is all that a layer has. */
const belowPython = (layer: PublishedLayer) =>
    Object.fromEntries(
        Object.entries(layer.files).map(([path, facts]) => {
            assert.ok(path.startsWith("python/"), path);
            return [path.slice("python/".length), facts];
        }),
    );

onBothEmulators("the published layer", (aws) => {
    const newProject = layerProjects(aws);
    let locks: Awaited<ReturnType<typeof lock>>;
    before(async () => {
        locks = await lock(dependencies);
    });

    const readPublished = async (project: PulumiProject, name: string): Promise<PublishedLayer> => {
        const { id, outputs } = await stateOf(project, name);
        const layer = await readLayer(aws(), id ?? "", String(outputs["artifactUri"]));
        assert.equal(layer.codeSha256, outputs["codeSha256"]);
        assert.equal(layer.codeSize, outputs["codeSize"]);
        assert.equal(layer.uncompressedSize, outputs["uncompressedSize"]);
        assert.deepEqual(
            { sha256: layer.codeSha256, size: layer.codeSize },
            { sha256: layer.artifact.sha256, size: layer.artifact.size },
        );
        assert.equal(layer.artifact.metadata["artifact_key"], outputs["artifactKey"]);
        assert.ok(layer.downloadedIsArtifact);
        return layer;
    };

    it("is what uv installs for the target, from uv.lock as from requirements.txt", async () => {
        const arm = { architecture: "arm64", description: "for tests", licenseInfo: "MIT" };
        const project = await newProject({
            name: "content",
            files: {
                "index.js": program(
                    pythonLayer(arm, { name: "locked" }),
                    pythonLayer({ ...arm, manifest: "requirements.txt" }, { name: "listed" }),
                    pythonLayer({ pythonVersion: "python3.12" }, { name: "intel" }),
                ),
                "uv.lock": locks.uvLock,
                "requirements.txt": locks.requirements,
            },
        });
        succeeded(await project.up());
        const [locked, listed, intel] = await Promise.all(
            ["locked", "listed", "intel"].map((name) => readPublished(project, name)),
        );
        assert.ok(locked !== undefined && listed !== undefined && intel !== undefined);

        assert.equal(locked.description, "for tests");
        assert.equal(locked.licenseInfo, "MIT");
        assert.deepEqual([locked.runtimes, locked.architectures], [["python3.13"], ["arm64"]]);
        assert.deepEqual([intel.runtimes, intel.architectures], [["python3.12"], ["x86_64"]]);
        await assertKept(aws(), "content-dev-locked", "uv.lock", locks.uvLock);
        await assertKept(aws(), "content-dev-listed", "requirements.txt", locks.requirements);

        const platform = "aarch64-manylinux_2_34";
        const installed = await installWithUv(locks.requirements, { pythonVersion: "3.13", platform });
        assert.deepEqual(withoutInstallation(belowPython(locked)), withoutInstallation(installed));
        assert.deepEqual(locked.names, [...locked.names].sort(), "entries are in order");
        assert.deepEqual(listed.files, locked.files);
        assert.equal(listed.codeSha256, locked.codeSha256, "byte for byte");

        assertMachine(locked, "aarch64");
        assertMachine(intel, "x86_64");
        assertPython(locked, 13);
        assertPython(intel, 12);
    });
});

async function assertKept(aws: EmulatedAws, layer: string, name: string, manifest: Buffer): Promise<void> {
    const kept = await aws.readObject(`lambda/${layer}/layer/000001/${name}`);
    assert.equal(
        createHash("md5").update(kept).digest("hex"),
        createHash("md5").update(manifest).digest("hex"),
    );
}

function assertMachine(layer: PublishedLayer, machine: string): void {
    const machines = Object.values(layer.files).flatMap((file) => file.machine ?? []);
    assert.ok(machines.length >= 3, "there are compiled files");
    assert.deepEqual([...new Set(machines)], [machine]);
}

/** Every wheel runs on the minor version: its own tag, an abi3 tag of it or an earlier one, or a pure one. */
function assertPython(layer: PublishedLayer, minor: number): void {
    assert.ok(Object.keys(layer.tags).length >= 10);
    for (const [distribution, tags] of Object.entries(layer.tags)) {
        const fits = tags.some((tag) => {
            const [python = "", abi = ""] = tag.split("-");
            const [, abi3] = /^cp3(\d+)$/.exec(python) ?? [];
            return (
                python.split(".").includes("py3") ||
                (abi === "abi3" && Number(abi3) <= minor) ||
                (python === `cp3${minor}` && abi === python)
            );
        });
        assert.ok(fits, `${distribution}: ${tags.join(", ")}`);
    }
    // An extension module names the Python that it was compiled for.
    const named = Object.keys(layer.files).flatMap((path) => /\.cpython-(3\d+)-/.exec(path)?.[1] ?? []);
    assert.deepEqual([...new Set(named)], [`3${minor}`]);
}
