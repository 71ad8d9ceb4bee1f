import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { uvPath } from "../../tools";
import { sampleWheel } from "../build/sampleFiles";
import { startUvSelection, type UvSelection } from "../manifest/uvSelection";
import { callCommandLine } from "./callCommandLine";

/** The `pyproject.toml` of a project; it is built by {@link backend}, with what is in its folder `src`. */
const project = (name: string, dependencies: readonly string[], more = "", python = ">=3.10"): string =>
    `[project]\nname = "${name}"\nversion = "1.0"\nrequires-python = "${python}"\ndependencies = ${JSON.stringify(dependencies)}\n${more}\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`;

const backend = `import os, tomllib, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = tomllib.load(open("pyproject.toml", "rb"))["project"]["name"].replace("-", "_")
    filename = name + "-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as wheel:
        for file in os.listdir("src"):
            wheel.write(os.path.join("src", file), file)
        info = name + "-1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: " + name + "\\nVersion: 1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return filename
`;

/** The files that build a project whose only module has its name. */
const buildable = (folder: string, name: string): Record<string, string> => ({
    [join(folder, "backend.py")]: backend,
    [join(folder, "src", `${name.replaceAll("-", "_")}.py`)]: "",
});

const sources = (...names: readonly string[]): string =>
    `[tool.uv.sources]\n${names.map((name) => `${name} = { workspace = true }\n`).join("")}`;

const workspace = (...members: readonly string[]): string =>
    `[tool.uv.workspace]\nmembers = ${JSON.stringify(members)}\n[[tool.uv.index]]\nurl = "index"\nformat = "flat"\ndefault = true\n`;

const index = Object.fromEntries(
    ["attrs 25.1", "click 8.1", "idna 3.7", "idna 3.10", "iniconfig 2.0", "six 1.17"].map((release) => {
        const [name = "", version = ""] = release.split(" ");
        return [`index/${name}-${version}-py3-none-any.whl`, sampleWheel(name, version)];
    }),
);

/** A workspace whose `core` has two extras that conflict. */
const conflicting = (worker: string): Record<string, string> => ({
    "pyproject.toml": `[tool.uv]\nconflicts = [[{ package = "core", extra = "cpu" }, { package = "core", extra = "gpu" }]]\n${workspace("core", "worker")}`,
    "core/pyproject.toml": project(
        "core",
        ["click"],
        '[project.optional-dependencies]\ncpu = ["idna<3.8", "attrs"]\ngpu = ["idna>3.9", "iniconfig"]\n[dependency-groups]\nlambda = ["core[cpu]", "six"]',
    ),
    "worker/pyproject.toml": worker,
    ...buildable("core", "core"),
});

describe("pulumi-lambda-layer build of a uv workspace", function () {
    this.timeout(60_000);
    let folder: string;
    let uv: UvSelection;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "workspace-build-"));
        uv = await startUvSelection(join(folder, "uv"));
    });
    after(async () => {
        uv?.close();
        await rm(folder, { recursive: true, force: true });
    });

    /** Locks a workspace with uv. */
    async function lock(files: Readonly<Record<string, string>>): Promise<string> {
        const root = await mkdtemp(join(folder, "root-"));
        for (const [path, content] of Object.entries({ ...index, ...files })) {
            await mkdir(dirname(join(root, path)), { recursive: true });
            await writeFile(join(root, path), content);
        }
        assert.ok(await uv.lock(root));
        return root;
    }

    /** Packages of the layer, `name version`; or what the command says. */
    async function build(root: string, ...options: readonly string[]) {
        const { exitCode, output, errors } = await callCommandLine(
            ["build", "uv.lock", "--python", "3.13", "--json", ...options],
            {
                folder: root,
                environment: { ...process.env, UV: uvPath(), XDG_CACHE_HOME: join(folder, "cache") },
            },
        );
        const packages: readonly { readonly name: string; readonly version: string }[] =
            exitCode === 0 ? JSON.parse(output).packages : [];
        return { layer: packages.map(({ name, version }) => `${name} ${version}`).sort(), errors };
    }

    it("has what a conflicting extra of another member needs", async () => {
        const root = await lock(conflicting(project("worker", ["core[cpu]"], sources("core"))));
        const { layer, errors } = await build(root, "--package", "worker");
        assert.deepEqual(layer, ["attrs 25.1", "click 8.1", "core 1.0", "idna 3.7"], errors);
    });

    it("has what a group needs that names a conflicting extra of its own project", async () => {
        const root = await lock(conflicting(project("worker", [])));
        const { layer, errors } = await build(root, "--package", "core", "--group", "lambda");
        assert.deepEqual(layer, ["attrs 25.1", "click 8.1", "idna 3.7", "six 1.17"], errors);
    });

    it("is refused where two conflicting extras are active, and names both", async () => {
        const root = await lock(conflicting(project("worker", ["core[cpu]"], sources("core"))));
        const asked = await build(root, "--package", "core", "--extra", "cpu", "--extra", "gpu");
        assert.match(
            asked.errors,
            /MANIFEST_SELECTION: extra cpu of core and extra gpu of core exclude each other/,
        );
        // Through a group as well, where only the other one is asked for by name.
        const throughGroup = await build(root, "--package", "core", "--group", "lambda", "--extra", "gpu");
        assert.match(throughGroup.errors, /extra cpu of core and extra gpu of core exclude each other/);
    });

    it("has the code of the project at the root where a member needs it", async () => {
        const root = await lock({
            "pyproject.toml": `${project("core-lib", ["click"])}${workspace("cli-app")}`,
            ...buildable("", "core-lib"),
            "cli-app/pyproject.toml": project("cli-app", ["core-lib", "six"], sources("core-lib")),
        });
        const member = await build(root, "--package", "cli-app", "-o", "layer.zip");
        assert.deepEqual(member.layer, ["click 8.1", "core-lib 1.0", "six 1.17"], member.errors);
        assert.match((await readFile(join(root, "layer.zip"))).toString("latin1"), /python\/core_lib\.py/);
        const itself = await build(root);
        assert.deepEqual(itself.layer, ["click 8.1"], itself.errors);
    });

    it("is of the only member where the root is no project, with groups of both", async () => {
        const root = await lock({
            "pyproject.toml": `[dependency-groups]\nops = ["six"]\n${workspace("app")}`,
            "app/pyproject.toml": project("app", ["click"], '[dependency-groups]\nops = ["attrs"]'),
        });
        assert.deepEqual((await build(root)).layer, ["click 8.1"]);
        assert.deepEqual((await build(root, "--group", "ops")).layer, [
            "attrs 25.1",
            "click 8.1",
            "six 1.17",
        ]);
    });

    it("has to be told a member where the root is no project and there are several, also for its groups", async () => {
        const root = await lock({
            "pyproject.toml": `[dependency-groups]\nops = ["six"]\n${workspace("app", "tools")}`,
            "app/pyproject.toml": project("app", ["click"]),
            "tools/pyproject.toml": project("tools", [], '[dependency-groups]\nops = ["attrs"]'),
        });
        for (const options of [[], ["--group", "ops"]]) {
            assert.match((await build(root, ...options)).errors, /Set package to one of: app, tools/);
        }
        // A member's own group goes before the root's.
        const groups = async (member: string) =>
            (await build(root, "--package", member, "--group", "ops")).layer;
        assert.deepEqual(await groups("app"), ["click 8.1", "six 1.17"]);
        assert.deepEqual(await groups("tools"), ["attrs 25.1"]);
    });

    it("has the groups of a root that is no project and has no members", async () => {
        const root = await lock({ "pyproject.toml": `[dependency-groups]\nops = ["six"]\n${workspace()}` });
        assert.deepEqual((await build(root, "--group", "ops")).layer, ["six 1.17"]);
        assert.match(
            (await build(root)).errors,
            /uv\.lock locks no project, only groups\.\n.*set groups to some of: ops/,
        );
    });

    it("says that a lock has no packages", async () => {
        const root = await lock({ "pyproject.toml": workspace() });
        assert.match((await build(root)).errors, /^MANIFEST_EMPTY: uv\.lock has no packages\.$/m);
    });

    describe("for a Python without its patch release", () => {
        const needsPatch = {
            "pyproject.toml": `${project(
                "app",
                ["lib", "six ; python_full_version >= '3.13.90'", "attrs ; python_full_version < '3.13.90'"],
                sources("lib"),
                ">=3.13.90",
            )}${workspace("lib")}`,
            "lib/pyproject.toml": project("lib", ["click"], "", ">=3.13.90"),
            ...buildable("lib", "lib"),
        };

        it("takes a release that the lock allows, however late, and builds its packages", async () => {
            const { layer, errors } = await build(await lock(needsPatch));
            assert.deepEqual(layer, ["click 8.1", "lib 1.0", "six 1.17"], errors);
        });

        it("is refused where the user names another release, or the lock allows no release of it", async () => {
            const root = await lock(needsPatch);
            assert.match(
                (await build(root, "--python", "3.13.2")).errors,
                /MANIFEST_TARGET: uv\.lock was made for Python >=3\.13\.90, and 3\.13\.2 is not among it\.\n.*Set pythonVersion to "3\.13"/,
            );
            assert.match(
                (await build(root, "--python", "3.12")).errors,
                /MANIFEST_TARGET: uv\.lock was made for Python >=3\.13\.90, and no release of 3\.12 is among it\./,
            );
        });
    });

    it("is refused where a group is for another Python", async () => {
        const root = await lock({
            "pyproject.toml": `${project("app", ["click"], '[dependency-groups]\nnew = ["six"]')}[tool.uv.dependency-groups]\nnew = { requires-python = ">=3.14" }\n${workspace()}`,
        });
        assert.deepEqual((await build(root)).layer, ["click 8.1"]);
        assert.match(
            (await build(root, "--group", "new")).errors,
            /MANIFEST_TARGET: Group new of app is for Python >=3\.14, and no release of 3\.13 is among it\./,
        );
    });

    it("does not take one version, spelled in two ways, for a stale lock", async () => {
        const root = await lock({
            "pyproject.toml": `${project("app", ["click == 8.1", "six != 2.0-rc1, >= 1.0.0"])}${workspace()}`,
        });
        const { layer, errors } = await build(root);
        assert.deepEqual(layer, ["click 8.1", "six 1.17"]);
        assert.doesNotMatch(errors, /has changed since/);
    });
});
