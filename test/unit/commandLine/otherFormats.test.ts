import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { manifestKinds } from "../../../provider/manifest/model";
import { pythonPath, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";
import { callCommandLine } from "./callCommandLine";

const execute = promisify(execFile);
const project =
    '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n';

/** Files that are no manifest: name → their text and a part of the advice. */
const files: Readonly<Record<string, readonly [text: string, advice: RegExp]>> = {
    Pipfile: ['[packages]\nalpha = "*"\n', /pipenv lock/],
    "pyproject.toml": [project, /uv lock/],
    "setup.py": ["from setuptools import setup\n", /uv pip compile setup\.py/],
    "setup.cfg": ["[options]\n", /uv pip compile setup\.cfg/],
    "pdm.lock": ['[metadata]\nlock_version = "4.5.0"\n', /pdm export/],
    "environment.yml": ["name: app\ndependencies:\n  - numpy\n", /requirements\.in/],
    "package.json": ["{}\n", /LayerVersion/],
    "yarn.lock": ["# yarn lockfile v1\n", /LayerVersion/],
    "go.sum": ["\n", /LayerVersion/],
};

describe("pulumi-lambda-layer build of a file that is no manifest", function () {
    this.timeout(60_000);
    let folder: string;
    let server: LocalServer;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "other-formats-"));
        server = await startIndex(new Map([["alpha-1.0-py3-none-any.whl", sampleWheel("alpha", "1.0")]]));
    });
    after(async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
    });
    const build = (manifest: string, ...options: readonly string[]) =>
        callCommandLine(["build", manifest, "--python", "3.13", ...options], {
            folder,
            environment: { ...process.env, UV: uvPath(), XDG_CACHE_HOME: join(folder, "cache") },
        });

    for (const [name, [text, advice]] of Object.entries(files)) {
        it(`says how to come to one from ${name}, whatever kind is named`, async () => {
            await writeFile(join(folder, name), text);
            for (const options of [[], ...manifestKinds.map((kind) => ["--kind", kind])]) {
                const { exitCode, errors } = await build(name, ...options);
                assert.equal(exitCode, 1);
                assert.match(errors, /^MANIFEST_KIND_UNKNOWN: /);
                assert.match(errors, advice);
                assert.doesNotMatch(errors, /manifestKind/);
            }
        });
    }

    it("tells it by its text where the name does not", async () => {
        for (const [name, kind, expected] of [
            ["Pipfile", "uv.lock", /pipenv lock/],
            ["pyproject.toml", "requirements.txt", /uv lock/],
        ] as const) {
            await writeFile(join(folder, "deps.lock"), files[name]?.[0] ?? "");
            assert.match((await build("deps.lock", "--kind", kind)).errors, expected);
        }
        for (const [text, kind] of [
            ['{\n    "_meta": {\n        "hash": {}\n    }\n}\n', "Pipfile.lock"],
            ['lock-version = "1.0"\ncreated-by = "uv"\n', "pylock.toml"],
        ] as const) {
            await writeFile(join(folder, "deps.lock"), text);
            assert.ok(
                (await build("deps.lock", "--kind", "uv.lock")).errors.includes(
                    `Set manifestKind to "${kind}"`,
                ),
            );
        }
        await writeFile(join(folder, "deps.lock"), 'version = 1\nrequires-python = ">=3.11"\n');
        assert.match(
            (await build("deps.lock", "--kind", "poetry.lock")).errors,
            /deps\.lock is not read: it is a uv\.lock, and no poetry\.lock\.\n.*Set manifestKind to "uv\.lock"/,
        );
    });

    for (const [name, text] of [
        ["pyproject.toml", project],
        ["requirements.in", "alpha\n"],
    ] as const) {
        it(`names a command that makes one of ${name}`, async () => {
            await writeFile(join(folder, name), text);
            const { errors } = await build(name);
            const [, command = ""] = new RegExp(`\`uv (pip compile ${name}[^\`]*)\``).exec(errors) ?? [];
            await execute(
                uvPath(),
                [
                    ...command.split(" "),
                    ...[
                        "--python",
                        pythonPath(),
                        "--no-config",
                        "--default-index",
                        `${server.origin}/simple/`,
                    ],
                ],
                { cwd: folder },
            );
            assert.match(await readFile(join(folder, "requirements.txt"), "utf8"), /^alpha==1\.0 \\/m);
            const made = await build("requirements.txt", "--index", `${server.origin}/simple/`, "--json");
            assert.equal(made.exitCode, 0, made.errors);
        });
    }

    it("takes a requirements.in as a list where its kind is named", async () => {
        await writeFile(join(folder, "list.in"), "alpha==1.0\n");
        const index = ["--index", `${server.origin}/simple/`];
        const { exitCode, errors } = await build("list.in", "--kind", "requirements.txt", ...index);
        assert.equal(exitCode, 0, errors);
    });
});
