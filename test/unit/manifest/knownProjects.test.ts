import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
    type Manifest,
    type ManifestKind,
    parseManifest,
    readManifest,
    type Selection,
    selectDependencies,
} from "../../../provider/manifest";
import { type Target, targetFor } from "../../../provider/target";
import { mustRun } from "../../../scripts/command";
import { pythonPath, runPoetry, uvPath } from "../../tools";
import { fetchProjects, has, type Project } from "./projects";
import { filesSelected, spelling } from "./uvChoice";

/** These projects need more than Amazon Linux 2 has, so that Python 3.11 is compared with a newer glibc than Lambda's. */
const targets: readonly (readonly [Target, uvPlatform: string])[] = [
    [{ ...targetFor("3.11", "x86_64"), glibc: [2, 34] }, "x86_64-manylinux_2_34"],
    [targetFor("3.12", "x86_64"), "x86_64-manylinux_2_34"],
    [targetFor("3.12", "arm64"), "aarch64-manylinux_2_34"],
    [targetFor("3.13", "x86_64"), "x86_64-manylinux_2_34"],
    [targetFor("3.13", "arm64"), "aarch64-manylinux_2_34"],
];

interface Case {
    readonly project: Project;
    readonly kind: "uv.lock" | "poetry.lock";
    /** How many packages the lock names at least. */
    readonly packages: number;
    /** The Pythons that the project allows. */
    readonly pythons: readonly string[];
    readonly extras?: readonly string[];
    readonly groups?: readonly string[];
}

const cases: readonly Case[] = [
    { project: "open-webui", kind: "uv.lock", packages: 300, pythons: ["3.11", "3.12"] },
    { project: "openhands-ai", kind: "poetry.lock", packages: 500, pythons: ["3.12", "3.13"] },
    {
        project: "langchain-community",
        kind: "uv.lock",
        packages: 150,
        pythons: ["3.11", "3.12", "3.13"],
        groups: ["test"],
    },
    {
        project: "outlines",
        kind: "uv.lock",
        packages: 190,
        pythons: ["3.11", "3.12", "3.13"],
        extras: ["transformers"],
    },
    { project: "mcp", kind: "uv.lock", packages: 120, pythons: ["3.11", "3.12", "3.13"], extras: ["cli"] },
];

/** Packages that have no wheel at all: uv takes their source distribution, and so do we when they are named. */
const withoutWheels = (manifest: Manifest): string[] =>
    manifest.packages
        .filter(({ files }) => files.every(({ filename }) => !filename.endsWith(".whl")))
        .map(({ name }) => name);

const versions = ({ dependencies }: Selection): string[] =>
    dependencies.map(({ name, version }) => `${name} ${version}`);

describe("the locks of known projects", function () {
    this.timeout(300_000);
    let folder: string;
    let roots: ReadonlyMap<Project, string>;
    before(async () => {
        ({ folder, roots } = await fetchProjects());
    });
    after(() => rm(folder, { recursive: true, force: true }));

    for (const known of cases) {
        const { project, kind, pythons } = known;
        it(`give the packages and the files that uv takes: ${kind} of ${project}`, async () => {
            const root = roots.get(project) ?? assert.fail(project);
            assert.ok(await has(root, kind));
            const exported = await exportRequirements(known, root);
            await writeFile(join(folder, `${project}.txt`), exported);
            const manifest = await read(kind, root);
            const requirements = await read("requirements.txt", folder, `${project}.txt`);
            assert.ok(manifest.packages.length >= known.packages, `${manifest.packages.length} packages`);
            const settings = {
                extras: known.extras ?? [],
                groups: known.groups ?? [],
                localPackages: false,
                allowSourceBuilds: withoutWheels(manifest),
            };
            for (const [target, platform] of targets) {
                if (!pythons.some((python) => target.pythonFullVersion.startsWith(`${python}.`))) {
                    continue;
                }
                const title = `${target.runtime} on ${target.architecture}`;
                const ours = selectDependencies(manifest, settings, target);
                assert.deepEqual(ours.doubts, [], title);
                const theirs = await filesThatUvTakes(`${project}.txt`, target, platform);
                assert.ok(theirs.length > 10, title);
                assert.deepEqual(
                    ours.dependencies.map(({ file }) => spelling(file?.filename ?? "none")).sort(),
                    theirs,
                    title,
                );
                const pinned = { ...settings, extras: [], groups: [] };
                assert.deepEqual(
                    versions(selectDependencies(requirements, pinned, target)),
                    versions(ours),
                    `requirements.txt, ${title}`,
                );
            }
        });
    }

    const read = async (kind: ManifestKind, root: string, path: string = kind): Promise<Manifest> =>
        parseManifest(await readManifest(path, { folder: root, kind }));

    /** What the tool that made the lock says is in it, with markers and hashes. */
    async function exportRequirements({ kind, extras, groups }: Case, root: string): Promise<string> {
        if (kind === "poetry.lock") {
            return (await runPoetry(["export", "--only", "main"], root)).stdout;
        }
        const { stdout } = await mustRun(
            uvPath(),
            [
                ...["export", "-q", "--frozen", "--no-default-groups", "--no-emit-local", "--no-header"],
                ...["--no-annotate", "--format", "requirements.txt"],
                ...(extras ?? []).flatMap((extra) => ["--extra", extra]),
                ...(groups ?? []).flatMap((group) => ["--group", group]),
            ],
            { cwd: root },
        );
        return stdout;
    }

    async function filesThatUvTakes(path: string, target: Target, platform: string): Promise<string[]> {
        const { stderr } = await mustRun(
            uvPath(),
            [
                ...["pip", "compile", "-v", "--no-deps", "--no-config", "--no-progress"],
                ...["--python-version", target.pythonFullVersion, "--python-platform", platform],
                ...["--python", pythonPath(), path],
            ],
            { cwd: folder, timeoutMs: 120_000 },
        );
        return filesSelected(stderr);
    }
});
