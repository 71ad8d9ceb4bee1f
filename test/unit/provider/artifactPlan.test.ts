import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { planArtifact } from "../../../provider/artifactPlan";
import { diff } from "../../../provider/diff";
import { asCheckedInputs, type PythonLayerInputs } from "../../../provider/inputs";
import type { ManifestKind } from "../../../provider/manifest";
import type { Props } from "../../../provider/props";
import { openCore } from "../../core";
import { lockSample, startSampleIndex } from "../../engine/sampleManifests";
import { uvPath } from "../../tools";
import { sampleWheel } from "../build/sampleFiles";
import { uniqueName } from "../emulatedAws";
import { readWithPython } from "../package/readZip";

describe("planArtifact", function () {
    this.timeout(60_000);
    let folder: string;
    const wheel = "alpha-1.0-py3-none-any.whl";
    const core = () => openCore({ folder, environment: { ...process.env, UV: uvPath() } });
    beforeEach(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        await writeFile(path.join(folder, wheel), sampleWheel("alpha", "1.0"));
        await writeFile(path.join(folder, "requirements.txt"), `alpha @ ./${wheel}\n`);
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const checked = async (args: Props) => {
        const { layers, call } = core();
        const { inputs, failures } = await layers.check(
            call,
            {},
            {
                resourceType: "PythonLayer",
                owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${uniqueName("deps")}`,
                layerName: "deps",
                manifest: path.join(folder, "requirements.txt"),
                bucket: "artifacts",
                pythonVersion: "3.13",
                ...args,
            },
        );
        assert.deepEqual(failures, []);
        const result = asCheckedInputs(inputs);
        assert.ok(result.resourceType === "PythonLayer");
        return result;
    };
    const planOf = (inputs: PythonLayerInputs) => {
        const { host, call } = core();
        return planArtifact(host, call, inputs);
    };
    const plan = async (args: Props = {}) => planOf(await checked(args));

    it("has another key for other globs and another local file, and the same for other words of the same", async () => {
        const plain = (await plan()).artifactKey;
        assert.equal((await plan({ indexes: [{ url: "https://index.example/" }] })).artifactKey, plain);
        assert.equal((await plan({ installer: "container", resolveUnpinned: false })).artifactKey, plain);
        const globs = (await plan({ exclude: ["*.pyi", "tests/"] })).artifactKey;
        assert.notEqual(globs, plain);
        assert.equal((await plan({ exclude: ["tests/", "*.pyi", "*.pyi"] })).artifactKey, globs);
        await writeFile(path.join(folder, wheel), sampleWheel("alpha", "1.0", ["beta"]));
        assert.notEqual((await plan()).artifactKey, plain);
    });

    it("has another key after any edit where the manifest does not tell what a line comes to", async () => {
        const list = path.join(folder, "requirements.txt");
        const keys = async (line: string) => {
            await writeFile(list, `${line}\n`);
            const first = (await plan()).artifactKey;
            await writeFile(list, `# looked at\n${line}\n`);
            return [first, (await plan()).artifactKey] as const;
        };
        for (const line of [
            "alpha @ git+https://index.example/alpha@main",
            "alpha @ https://index.example/alpha-1.0-py3-none-any.whl",
        ]) {
            const [first, second] = await keys(line);
            assert.notEqual(first, second, line);
        }
        for (const line of [
            `alpha @ git+https://index.example/alpha@${"0".repeat(40)}`,
            `alpha==1.0 --hash=sha256:${"0".repeat(64)}`,
        ]) {
            const [first, second] = await keys(line);
            assert.equal(first, second, line);
        }
    });

    it("makes the layer without what exclude leaves out", async () => {
        const { make } = await plan({ exclude: ["*/WHEEL"] });
        const temporaryFolder = path.join(folder, "temporary");
        await mkdir(temporaryFolder);
        const artifact = await make(temporaryFolder);
        const names = (await readWithPython(artifact.path)).map(({ name }) => name);
        assert.deepEqual(names, [
            "python/alpha-1.0.dist-info/METADATA",
            "python/alpha-1.0.dist-info/RECORD",
            "python/alpha.py",
        ]);
    });

    it("refuses a local file that changed after it was checked", async () => {
        const inputs = await checked({});
        await writeFile(path.join(folder, wheel), sampleWheel("alpha", "1.0", ["beta"]));
        await assert.rejects(planOf(inputs), /MANIFEST_CHANGED: A local package of layer "deps"/);
    });

    it("is the same for each kind of manifest that says the same files; a list says them once it is resolved", async () => {
        const index = await startSampleIndex();
        try {
            const made = async (kind: ManifestKind, args: Props = {}) => {
                const file = path.join(folder, kind);
                await writeFile(file, (await lockSample(kind, index.origin))[kind] ?? "");
                const inputs = await checked({ manifest: file, ...args });
                return {
                    inputs: { ...inputs },
                    key: (await planOf(inputs)).artifactKey,
                };
            };
            const uv = await made("uv.lock");
            const poetry = await made("poetry.lock");
            const list = await made("requirements.txt");
            assert.equal(poetry.key, uv.key);
            assert.equal((await made("requirements.txt", { resolveUnpinned: true })).key, uv.key);
            const fromUv = (news: Props) => diff(uv.inputs, { ...news, owner: uv.inputs.owner });
            assert.deepEqual(fromUv(poetry.inputs), {});
            assert.deepEqual(fromUv(list.inputs), { replaces: ["dependencyDigest"] });
        } finally {
            await index.close();
        }
    });
});
