import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonPath, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel, writeProject } from "../build/sampleFiles";
import { callCommandLine } from "./callCommandLine";

const execute = promisify(execFile);

/** Releases of an index: `name version` → what it needs. */
const releases: Readonly<Record<string, readonly string[]>> = {
    "boto3 1.40.0": ["botocore<1.41,>=1.40.0", "jmespath", "s3transfer"],
    "botocore 1.40.0": ["jmespath", "python-dateutil", "urllib3"],
    "jmespath 1.0.1": [],
    "python-dateutil 2.9.0": ["six>=1.5"],
    "s3transfer 0.13.0": ["botocore<2,>=1.37"],
    "six 1.17.0": [],
    "urllib3 2.5.0": [],
    "requests 2.32.4": ["urllib3<3,>=1.21.1", "idna"],
    "idna 3.10": [],
    "aws-xray-sdk 2.14.0": ["botocore>=1.11.3", "wrapt"],
    "wrapt 1.16.0": [],
    "alpha 1.0": ["idna<3"],
};
/** Wheels that need a glibc: `name version` → its manylinux tag. */
const glibcOf: Readonly<Record<string, string>> = {
    "native 1.0": "manylinux_2_17",
    "native 2.0": "manylinux_2_28",
    "between 1.0": "manylinux_2_24",
};
const sdk = ["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"];

describe("pulumi-lambda-layer build of a list", function () {
    this.timeout(60_000);
    let folder: string;
    let server: LocalServer;
    before(async () => {
        const wheel = (release: string, platform: string, needs: readonly string[]): [string, Buffer] => {
            const [name = "", version = ""] = release.split(" ");
            const file = name.replaceAll("-", "_");
            return [`${file}-${version}-py3-none-${platform}.whl`, sampleWheel(file, version, needs)];
        };
        server = await startIndex(
            new Map([
                ...Object.entries(releases).map(([release, needs]) => wheel(release, "any", needs)),
                ...Object.entries(glibcOf).map(([release, tag]) => wheel(release, `${tag}_x86_64`, [])),
            ]),
        );
        folder = await mkdtemp(join(tmpdir(), "build-options-"));
    });
    after(async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
    });

    const call = (args: readonly string[]) =>
        callCommandLine(args, {
            folder,
            environment: { ...process.env, UV: uvPath(), XDG_CACHE_HOME: join(folder, "cache") },
        });

    async function build(names: readonly string[], ...options: readonly string[]) {
        const lines = names.map((name) => {
            const release = Object.keys(releases).find((each) => each.startsWith(`${name} `));
            return release?.replace(" ", "==") ?? name;
        });
        await writeFile(
            join(folder, "requirements.txt"),
            `--index-url ${server.origin}/simple/\n${lines.join("\n")}\n`,
        );
        const { exitCode, output, errors } = await call([
            "build",
            "requirements.txt",
            ...(options.includes("--python") ? [] : ["--python", "3.13"]),
            "--json",
            ...options,
        ]);
        const packages: readonly { readonly name: string; readonly version: string }[] =
            exitCode === 0 ? JSON.parse(output).packages : [];
        return {
            exitCode,
            names: packages.map(({ name }) => name).sort(),
            releases: packages.map(({ name, version }) => `${name} ${version}`).sort(),
            errors,
        };
    }

    describe("does not ask for what is left out", () => {
        const traced = ["aws-xray-sdk", "wrapt"];
        it("by name", async () => {
            const { names, errors } = await build(traced, "--exclude", "botocore");
            assert.deepEqual(names, traced, errors);
        });

        it("with the runtime's packages", async () => {
            const { names, errors } = await build(traced, "--exclude-runtime-provided");
            assert.deepEqual(names, traced, errors);
        });

        it("but for the rest that is missing", async () => {
            const { errors } = await build(["aws-xray-sdk"], "--exclude", "botocore");
            assert.match(errors, /REQUIREMENTS_INCOMPLETE.* 1 package is missing/);
            assert.match(errors, /wrapt, needed by aws-xray-sdk/);
            assert.doesNotMatch(errors, /botocore/);
        });

        it("although no file of it fits the target, or none is named", async () => {
            const left = await build(["idna", "never-published==1.0"], "--exclude", "never-published");
            assert.deepEqual(left.names, ["idna"], left.errors);
            const unpinned = await build(["idna", "boto3>1"], "--exclude", "boto3");
            assert.deepEqual(unpinned.names, ["idna"], unpinned.errors);
            const provided = await build(["idna", "botocore>1"], "--exclude-runtime-provided");
            assert.deepEqual(provided.names, ["idna"], provided.errors);
        });
    });

    describe("with --exclude-runtime-provided", () => {
        it("leaves the runtime's packages out, all of them", async () => {
            const { names, errors } = await build([...sdk, "idna"], "--exclude-runtime-provided");
            assert.deepEqual(names, ["idna"], errors);
        });

        it("keeps all of them where another package needs one, and says so with a way out that works", async () => {
            const traced = [...sdk, "aws-xray-sdk", "wrapt", "requests", "idna"];
            const { names, errors } = await build(traced, "--exclude-runtime-provided");
            assert.deepEqual(names, [...traced].sort(), errors);
            assert.match(errors, /aws-xray-sdk needs botocore, requests needs urllib3/);
            const [, list = ""] = /exclude: (\[.*?\])/.exec(errors) ?? [];
            const named: string[] = JSON.parse(list);
            const again = await build(
                traced,
                "--exclude-runtime-provided",
                ...named.flatMap((name) => ["--exclude", name]),
            );
            assert.deepEqual(again.names, ["aws-xray-sdk", "idna", "requests", "wrapt"], again.errors);
        });
    });

    describe("whose packages do not agree with it", () => {
        const generated = "# This file was autogenerated by uv via the following command:";
        const contradictory = ["alpha", "idna"];

        it("takes it as it stands where a tool wrote it, and says what does not agree", async () => {
            const { names, errors } = await build([generated, ...contradictory]);
            assert.deepEqual(names, ["alpha", "idna"], errors);
            assert.match(errors, /is taken as it stands.*alpha depends? on idna<3/);
        });

        it("still asks for what it lacks", async () => {
            const { errors } = await build([generated, ...contradictory, "requests"]);
            assert.match(errors, /REQUIREMENTS_INCOMPLETE[\s\S]*urllib3, needed by requests/);
        });

        it("refuses it otherwise, with a command whose list is taken", async () => {
            const { exitCode, errors } = await build(contradictory);
            assert.equal(exitCode, 1);
            assert.match(errors, /REQUIREMENTS_INCOMPLETE/);
            const [, command = ""] = /`uv (pip compile [^`]*--override [^`]*)`/.exec(errors) ?? [];
            const written = command.replace("<complete list>", "complete.txt").split(" ");
            const python = ["--python", pythonPath(), "--no-config"];
            await execute(uvPath(), [...written, ...python], { cwd: folder });
            await rename(join(folder, "complete.txt"), join(folder, "list.txt"));
            const index = ["--index", `${server.origin}/simple/`];
            const again = await call(["build", "list.txt", "--python", "3.13", "--json", ...index]);
            assert.equal(again.exitCode, 0, again.errors);
        });
    });

    describe("that names the project itself", () => {
        for (const line of ["-e .", ".", "./", "-e file:.", "-e .[fast]", "app @ file:."]) {
            it(`as \`${line}\` leaves it out, and says so with the line`, async () => {
                const { names, errors } = await build([line, "idna"]);
                assert.deepEqual(names, ["idna"], errors);
                assert.match(errors, /requirements\.txt:2:\d+ asks for the project itself/);
            });
        }

        it("alone is refused, with a way to list what it needs", async () => {
            const { errors } = await build(["-e ."]);
            assert.match(errors, /MANIFEST_EMPTY[\s\S]*uv pip compile pyproject\.toml/);
        });
    });

    describe("that leaves versions open", () => {
        it("is refused with all of its lines before anything is asked", async () => {
            const before = server.requests.length;
            const { errors } = await build(["requests>=2", "idna", "urllib3>2,<3", "wrapt>1"]);
            assert.match(errors, /REQUIREMENT_UNPINNED: 3 packages/);
            assert.match(errors, /requests>=2 \(requirements\.txt:2:1\)/);
            assert.match(errors, /urllib3>2,<3 \(requirements\.txt:4:1\)/);
            assert.equal(server.requests.length, before);
        });

        it("is resolved for the target's glibc", async () => {
            const open = (python: string, ...names: readonly string[]) =>
                build(names, "--resolve-unpinned", "--python", python);
            assert.deepEqual((await open("3.11", "native>=1")).releases, ["native 1.0"]);
            assert.deepEqual((await open("3.13", "native>=1")).releases, ["native 2.0"]);
            assert.deepEqual((await open("3.11", "between>=1")).releases, ["between 1.0"]);
        });

        it("takes the line whose marker holds", async () => {
            const { releases: found, errors } = await build(
                ["native<2 ; python_version < '3.12'", "native>=2 ; python_version >= '3.12'"],
                "--resolve-unpinned",
            );
            assert.deepEqual(found, ["native 2.0"], errors);
        });
    });

    describe("with a package whose build compiles", () => {
        const here = process.arch === "arm64" ? "arm64" : "x86_64";
        const elsewhere = here === "arm64" ? "x86_64" : "arm64";
        const cause = /native-code holds code that is compiled, and this machine, .* makes none for/;
        before(async () => {
            const project = join(folder, "native");
            await writeProject(project, "native-code", "1.0");
            const failure = "raise SystemExit(\"error: command 'gcc' failed with exit code 1\")";
            await writeFile(join(project, "backend.py"), `def build_wheel(*a, **k):\n    ${failure}\n`);
        });

        it("says that another machine's is no use for the target", async () => {
            const { errors } = await build(["native-code @ ./native"], "--architecture", elsewhere);
            assert.match(errors, /TOOL_FAILED/);
            assert.match(errors, cause);
        });

        it("says nothing of that where the machine is like the target", async () => {
            const { errors } = await build(["native-code @ ./native"], "--architecture", here);
            assert.match(errors, /gcc/);
            if (process.platform === "linux") assert.doesNotMatch(errors, cause);
        });
    });
});
