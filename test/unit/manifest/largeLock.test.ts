import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseManifest, readManifest, selectDependencies } from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { mustRun } from "../../../scripts/command";
import { pythonPath, uvPath } from "../../tools";

/** Well-known applications and frameworks, which need hundreds of packages together. */
const applications = [
    ...["jupyter", "mlflow", "dagster", "django", "flask", "celery[redis]", "fastapi[standard]", "scrapy"],
    ...["dask[complete]", "streamlit", "sphinx", "black", "pytest", "boto3", "kubernetes", "spacy", "polars"],
    ...["azure-identity", "langchain-community", "openai", "prefect", "google-cloud-storage", "ansible-core"],
];

const targets = [
    [targetFor("3.12", "x86_64"), "x86_64-manylinux_2_34"],
    [targetFor("3.12", "arm64"), "aarch64-manylinux_2_34"],
    [targetFor("3.13", "x86_64"), "x86_64-manylinux_2_34"],
    [targetFor("3.13", "arm64"), "aarch64-manylinux_2_34"],
] as const;

describe("a lock of hundreds of packages", function () {
    this.timeout(600_000);
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "large-lock-"));
        await writeFile(
            join(folder, "pyproject.toml"),
            `[project]\nname = "large"\nversion = "1.0"\nrequires-python = ">=3.12"\ndependencies = ${JSON.stringify(applications)}\n`,
        );
        await mustRun(uvPath(), ["lock", "--python", pythonPath()], { cwd: folder, timeoutMs: 300_000 });
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it("gives the same packages as uv for each target, each with a file", async () => {
        const manifest = parseManifest(await readManifest("uv.lock", { folder }));
        assert.ok(manifest.packages.length > 300, `${manifest.packages.length} packages`);
        // What has no wheel at all is built by uv, and by us on demand only.
        const allowSourceBuilds = manifest.packages
            .filter(({ files }) => files.every(({ filename }) => !filename.endsWith(".whl")))
            .map(({ name }) => name);
        const exported = ["export", "-q", "--frozen", "--no-default-groups", "--no-emit-project"];
        await mustRun(uvPath(), [...exported, "--format", "pylock.toml", "-o", "pylock.toml"], {
            cwd: folder,
        });
        for (const [target, platform] of targets) {
            const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds };
            const { dependencies, doubts } = selectDependencies(manifest, settings, target);
            assert.deepEqual(doubts, []);
            const { stderr } = await mustRun(
                uvPath(),
                [
                    ...["pip", "install", "--dry-run", "--target", "empty", "--no-deps", "-r", "pylock.toml"],
                    ...["--python-version", target.pythonFullVersion, "--python-platform", platform],
                    ...["--no-config", "--no-progress", "--python", pythonPath()],
                ],
                { cwd: folder },
            );
            const theirs = [...stderr.matchAll(/^ \+ (\S+)==(\S+)/gm)].map(
                ([, name, version]) => `${name} ${version}`,
            );
            assert.deepEqual(
                dependencies.map(({ name, version }) => `${name} ${version}`),
                theirs.sort(),
                `${target.runtime} on ${target.architecture}`,
            );
            assert.ok(dependencies.every(({ file }) => file?.hash !== undefined));
        }
    });
});
