import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { isLayerError } from "../../../provider/errors";
import { parseManifest, readManifest, type Selection, selectDependencies } from "../../../provider/manifest";
import { type Target, targetFor } from "../../../provider/target";
import { pythonPath, uvPath } from "../../tools";
import { sampleWheel } from "../build/sampleFiles";
import { filesSelected, spelling } from "./uvChoice";

const execute = promisify(execFile);

/** uv has no platform for glibc 2.26, so Amazon Linux 2 is compared as the manylinux2014 that uv has. */
const targets: readonly (readonly [target: Target, platform: string])[] = [
    [{ ...targetFor("3.10", "x86_64"), glibc: [2, 17] }, "x86_64-manylinux2014"],
    [targetFor("3.12", "arm64"), "aarch64-manylinux_2_34"],
    [targetFor("3.13", "x86_64"), "x86_64-manylinux_2_34"],
];

interface Asked {
    readonly package?: string;
    readonly extras?: readonly string[];
    readonly groups?: readonly string[];
}

const project = (name: string, dependencies: readonly string[], more = ""): string =>
    `[project]\nname = "${name}"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ${JSON.stringify(dependencies)}\n${more}\n`;

const popular = {
    "pyproject.toml": project(
        "popular",
        [
            ...[
                "numpy",
                "scikit-learn",
                "pydantic",
                "cryptography",
                "boto3",
                "requests",
                "lxml",
                "uvicorn[standard]",
            ],
            ...[
                "fastapi",
                "redis",
                "pywin32 ; sys_platform == 'win32'",
                "tomli ; python_full_version < '3.11.4'",
            ],
            ...[
                "markupsafe<3 ; platform_machine == 'aarch64'",
                "markupsafe>=3 ; platform_machine != 'aarch64'",
            ],
        ],
        `[project.optional-dependencies]
excel = ["openpyxl"]
all = ["popular[excel]", "jinja2"]
[dependency-groups]
dev = ["pytest"]
ops = ["rich", { include-group = "base" }]
base = ["click"]`,
    ),
};

const conflicting = {
    "pyproject.toml": project(
        "conflicting",
        ["sortedcontainers"],
        `[project.optional-dependencies]
one = ["urllib3==1.26.18", "requests"]
two = ["urllib3>=2", "requests"]
three = ["idna"]
[dependency-groups]
old = ["idna==2.10"]
new = ["idna>=3"]
[tool.uv]
conflicts = [[{ extra = "one" }, { extra = "two" }], [{ group = "old" }, { group = "new" }, { extra = "three" }]]`,
    ),
};

const sources = (...names: readonly string[]): string =>
    `[tool.uv.sources]\n${names.map((name) => `${name} = { workspace = true }`).join("\n")}`;
const workspace = {
    "pyproject.toml":
        '[tool.uv.workspace]\nmembers = ["packages/*"]\n[dependency-groups]\nlint = ["mypy-extensions"]\n',
    "packages/api/pyproject.toml": project(
        "api",
        ["lib[fast]", "requests"],
        `[project.optional-dependencies]\nweb = ["flask"]\n[dependency-groups]\ndev = ["pytest"]\n${sources("lib")}`,
    ),
    "packages/lib/pyproject.toml": project(
        "lib",
        ["httpx"],
        `[project.optional-dependencies]\nfast = ["orjson", "core"]\n${sources("core")}`,
    ),
    "packages/core/pyproject.toml": project("core", ["attrs", "api"], sources("api")),
};

const cases: readonly (readonly [
    name: string,
    files: Readonly<Record<string, string>>,
    asked: readonly Asked[],
])[] = [
    ["popular packages", popular, [{}, { extras: ["all"], groups: ["ops", "dev"] }]],
    [
        "conflicting extras and groups",
        conflicting,
        [
            ...[{}, { extras: ["one"] }, { extras: ["two"] }, { extras: ["three"] }, { groups: ["new"] }],
            ...[
                { extras: ["one"], groups: ["old"] },
                { extras: ["one", "two"] },
                { extras: ["three"], groups: ["old"] },
            ],
        ],
    ],
    [
        "a workspace",
        workspace,
        [
            { package: "api" },
            { package: "lib" },
            { package: "lib", extras: ["fast"] },
            { package: "core" },
            { package: "api", extras: ["web"], groups: ["dev"] },
        ],
    ],
];

describe("agreement with uv", function () {
    this.timeout(300_000);
    let folder: string;

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "uv-agreement-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const uv = (args: readonly string[], cwd: string) =>
        execute(uvPath(), [...args, "--no-config", "--no-progress"], { cwd, maxBuffer: 100_000_000 });

    async function lock(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
        const root = join(folder, name.replaceAll(" ", "-"));
        for (const [path, content] of Object.entries(files)) {
            await mkdir(dirname(join(root, path)), { recursive: true });
            await writeFile(join(root, path), content);
        }
        await execute(uvPath(), ["lock", "--quiet", "--python", pythonPath()], { cwd: root });
        return root;
    }

    const select = async (root: string, asked: Asked, target: Target): Promise<Selection> =>
        selectDependencies(
            parseManifest(await readManifest("uv.lock", { folder: root })),
            { extras: [], groups: [], localPackages: false, allowSourceBuilds: [], ...asked },
            target,
        );

    /** What uv exports, without what is local; undefined when it refuses. */
    async function exportLock(root: string, asked: Asked, format: string): Promise<string | undefined> {
        const named = [
            ...(asked.package === undefined ? [] : ["--package", asked.package]),
            ...(asked.extras ?? []).flatMap((extra) => ["--extra", extra]),
            ...(asked.groups ?? []).flatMap((group) => ["--group", group]),
        ];
        const fixed = [
            "--frozen",
            "--no-default-groups",
            "--no-emit-local",
            "--no-header",
            "--no-annotate",
            "--no-hashes",
        ];
        try {
            const { stdout } = await execute(
                uvPath(),
                ["export", "-q", ...fixed, "--format", format, ...named],
                { cwd: root },
            );
            return stdout;
        } catch (error) {
            assert.match(String(error), /incompatible with the declared conflicts/);
            return undefined;
        }
    }

    const platformArguments = (target: Target, platform: string): readonly string[] => [
        ...["--python-version", target.pythonFullVersion, "--python-platform", platform],
        ...["--only-binary", ":all:", "--no-deps", "--python", pythonPath()],
    ];

    for (const [name, files, askedFor] of cases) {
        it(`selects the same packages of ${name}`, async () => {
            const root = await lock(name, files);
            for (const asked of askedFor) {
                const exported = await exportLock(root, asked, "pylock.toml");
                for (const [target, platform] of targets) {
                    if (exported === undefined) {
                        await assert.rejects(
                            select(root, asked, target),
                            (error: unknown) => isLayerError(error) && error.code === "MANIFEST_SELECTION",
                        );
                        continue;
                    }
                    await writeFile(join(folder, "pylock.toml"), exported);
                    const { stderr } = await uv(
                        [
                            "pip",
                            "install",
                            "--dry-run",
                            "--target",
                            "empty",
                            ...platformArguments(target, platform),
                            "-r",
                            "pylock.toml",
                        ],
                        folder,
                    );
                    const theirs = [...stderr.matchAll(/^ \+ (\S+)==(\S+)/gm)].map(
                        ([, dependency, version]) => `${dependency} ${version}`,
                    );
                    const { dependencies, doubts } = await select(root, asked, target);
                    assert.deepEqual(doubts, []);
                    assert.deepEqual(
                        dependencies.map((dependency) => `${dependency.name} ${dependency.version}`),
                        theirs.sort(),
                        `${JSON.stringify(asked)} for ${platform}`,
                    );
                }
            }
        });
    }

    it("selects the same packages of the requirements.txt that uv exports", async () => {
        const root = await lock("popular packages", popular);
        const exported = (await exportLock(root, { extras: ["all"] }, "requirements.txt")) ?? "";
        await writeFile(join(folder, "requirements.txt"), exported);
        const settings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
        for (const [target] of targets) {
            const manifest = parseManifest(await readManifest("requirements.txt", { folder }));
            const names = ({ dependencies }: Selection) =>
                dependencies.map((dependency) => `${dependency.name} ${dependency.version}`);
            assert.deepEqual(
                names(selectDependencies(manifest, settings, target)),
                names(await select(root, { extras: ["all"] }, target)),
            );
        }
    });

    it("chooses the same files", async () => {
        const root = await lock("popular packages", popular);
        const exported = (await exportLock(root, { extras: ["all"] }, "requirements.txt")) ?? "";
        await writeFile(join(folder, "chosen.txt"), exported);
        for (const [target, platform] of targets) {
            const { dependencies } = await select(root, { extras: ["all"] }, target);
            const { stderr } = await uv(
                ["pip", "compile", "-v", ...platformArguments(target, platform), "chosen.txt"],
                folder,
            );
            assert.deepEqual(
                dependencies.map(({ file }) => spelling(file?.filename ?? "")).sort(),
                filesSelected(stderr),
                platform,
            );
        }
    });

    it("chooses the same files of a local index, also ones that name no glibc", async () => {
        const tags: Readonly<Record<string, readonly string[]>> = {
            alone: ["cp313-cp313-linux_x86_64", "cp312-cp312-linux_aarch64", "cp310-cp310-linux_x86_64"],
            beside: ["py3-none-linux_x86_64", "py3-none-manylinux_2_17_x86_64", "py3-none-linux_aarch64"],
            stable: [
                "cp313-cp313-linux_x86_64",
                "cp310-abi3-manylinux_2_17_x86_64",
                "cp310-abi3-linux_aarch64",
            ],
            pure: ["cp313-cp313-linux_x86_64", "py3-none-any", "cp312-cp312-musllinux_1_2_aarch64"],
            compressed: ["py3-none-linux_x86_64.linux_aarch64", "py2.py3-none-any"],
        };
        const names = Object.keys(tags);
        const wheels = Object.fromEntries(
            Object.entries(tags).flatMap(([name, each]) =>
                each.map((tag) => [`wheels/${name}-1.0-${tag}.whl`, sampleWheel(name, "1.0")]),
            ),
        );
        const index = '[[tool.uv.index]]\nurl = "wheels"\nformat = "flat"\ndefault = true';
        const root = await lock("flat index", { ...wheels, "pyproject.toml": project("flat", names, index) });
        await writeFile(join(root, "in.txt"), names.map((name) => `${name}==1.0\n`).join(""));
        for (const [target, platform] of targets) {
            const places = ["--no-index", "--find-links", "wheels"];
            const { stderr } = await uv(
                ["pip", "compile", "-v", ...places, ...platformArguments(target, platform), "in.txt"],
                root,
            );
            const { dependencies } = await select(root, {}, target);
            assert.deepEqual(
                dependencies.map(({ file }) => spelling(file?.filename ?? "")).sort(),
                filesSelected(stderr),
                platform,
            );
        }
    });
});
