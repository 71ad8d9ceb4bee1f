import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parseManifest, readManifest, selectDependencies } from "../../../provider/manifest";
import { nameProjects } from "../../../provider/manifest/projectName";
import { targetFor } from "../../../provider/target";
import { uvPath } from "../../tools";
import { callCommandLine } from "../commandLine/callCommandLine";
import { writeProject } from "./sampleFiles";

const execute = promisify(execFile);
const everything = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };

describe("a line without a name", function () {
    this.timeout(60_000);
    let folder: string;
    before(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "unnamed-")));
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const projectFolder = () => mkdtemp(join(folder, "project-"));

    /** The names that a preview shows. */
    async function previewed(project: string, text: string): Promise<string[]> {
        await writeFile(join(project, "requirements.txt"), text);
        const manifest = parseManifest(await readManifest("requirements.txt", { folder: project }));
        const named = await nameProjects(manifest, project);
        const selection = selectDependencies(named, everything, targetFor("3.13", "x86_64"));
        assert.deepEqual(selection.doubts, []);
        return selection.dependencies.map(({ name }) => name);
    }

    /** The packages that `pulumi-lambda-layer build` puts into the zip. */
    async function built(project: string, text: string): Promise<string[]> {
        await writeFile(join(project, "requirements.txt"), text);
        const args = ["build", "requirements.txt", "--python", "3.13", "--output", "layer.zip", "--json"];
        const { output, errors, exitCode } = await callCommandLine(args, {
            folder: project,
            environment: {
                PATH: process.env["PATH"],
                HOME: join(folder, "home"),
                UV: uvPath(),
                UV_CACHE_DIR: join(folder, "uv-cache"),
                XDG_CACHE_HOME: join(folder, "cache"),
                UV_NO_INDEX: "1",
            },
        });
        assert.equal(exitCode, 0, errors);
        const { packages }: { packages: readonly { name: string }[] } = JSON.parse(output);
        return packages.map(({ name }) => name);
    }

    for (const line of ["./libs/shared", "-e ./libs/shared", "libs/shared", "-e libs/shared"]) {
        it(`takes the name of the project in ${line}`, async () => {
            const project = await projectFolder();
            await writeProject(join(project, "libs", "shared"), "acme_shared", "1.0");
            assert.deepEqual(await previewed(project, `${line}\n`), ["acme-shared"]);
            assert.deepEqual(await built(project, `${line}\n`), ["acme-shared"]);
        });
    }

    it("reads the name wherever a project states it, and shows the path where it does not", async () => {
        const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
            [{ "pyproject.toml": '[project]\nname = "Acme.Shared"\n' }, "acme-shared"],
            [{ "pyproject.toml": '[tool.poetry]\nname = "acme_shared"\n' }, "acme-shared"],
            [{ "setup.cfg": "[metadata]\nversion = 1\nname = acme_shared\n[options]\n" }, "acme-shared"],
            [{ "PKG-INFO": "Metadata-Version: 2.1\nName: acme_shared\n\nName: other\n" }, "acme-shared"],
            [{ "setup.cfg": "[metadata]\nname = attr: shared.name\n" }, "libs/shared"],
            [{ "setup.py": "from setuptools import setup\nsetup(name=read_name())\n" }, "libs/shared"],
            [{ "pyproject.toml": "no [ toml" }, "libs/shared"],
        ];
        for (const [files, expected] of cases) {
            const project = await projectFolder();
            await mkdir(join(project, "libs", "shared"), { recursive: true });
            for (const [name, text] of Object.entries(files))
                await writeFile(join(project, "libs", "shared", name), text);
            assert.deepEqual(await previewed(project, "./libs/shared\n"), [expected]);
        }
    });

    it("takes the name of the built wheel where no file states it", async () => {
        const project = await projectFolder();
        const source = join(project, "libs", "shared");
        await writeProject(source, "acme_shared", "1.0");
        await writeFile(
            join(source, "pyproject.toml"),
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        );
        await rm(join(source, "PKG-INFO"));
        assert.deepEqual(await previewed(project, "./libs/shared\n"), ["libs/shared"]);
        assert.deepEqual(await built(project, "./libs/shared\n"), ["acme-shared"]);
    });

    it("takes the name of what a commit is built to, and shows its address before", async () => {
        const project = await projectFolder();
        const repository = join(project, "repository");
        await writeProject(repository, "acme_tool", "2.0");
        const git = (...args: string[]) =>
            execute("git", ["-c", "user.name=t", "-c", "user.email=t@index.example", ...args], {
                cwd: repository,
            });
        await git("init", "--quiet");
        await git("add", ".");
        await git("commit", "--quiet", "-m", "one");
        const commit = (await git("rev-parse", "HEAD")).stdout.trim();
        const url = pathToFileURL(repository).href;
        assert.deepEqual(await previewed(project, `git+${url}@${commit}\n`), [url]);
        assert.deepEqual(await built(project, `git+${url}@${commit}\n`), ["acme-tool"]);
    });

    it("is refused where what it is built to is in the list already", async () => {
        const project = await projectFolder();
        for (const path of ["one", "two"]) {
            const source = join(project, path);
            await writeProject(source, "acme_shared", "1.0");
            await writeFile(
                join(source, "pyproject.toml"),
                '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
            );
            await rm(join(source, "PKG-INFO"));
        }
        await assert.rejects(built(project, "./one\n./two\n"), /MANIFEST_SELECTION: .*two of acme-shared/);
    });
});
