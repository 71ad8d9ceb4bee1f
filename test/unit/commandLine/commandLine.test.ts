import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeNotice } from "../../../provider/aws/nodeSupport";
import { commands } from "../../../provider/commandLine/commandLine";
import { openTerminal } from "../../../provider/commandLine/terminal";
import { repository } from "../../../scripts/cacheFolder";
import { loaderOf } from "../../loader";
import { startServer } from "../build/localServer";
import { callCommandLine } from "./callCommandLine";
import { assertGolden } from "./golden";

const hash = `sha256:${"0".repeat(64)}`;

/** A `uv.lock` with one package, of which there is this file. */
const lockOfDocopt = (file: string): string => `version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "docopt" }]

[[package]]
name = "docopt"
version = "0.6.2"
source = { registry = "https://index.example/simple" }
${file}
`;

describe("command line", () => {
    it("lists its commands and exit codes", async () => {
        const { exitCode, output, errors } = await callCommandLine(["--help"]);
        assert.deepEqual([exitCode, errors], [0, ""]);
        await assertGolden("help", output);
    });

    for (const { name } of commands) {
        it(`explains ${name}`, async () => {
            const { exitCode, output } = await callCommandLine([name, "--help"], { width: 90 });
            assert.equal(exitCode, 0);
            const tooWide = output
                .split("\n")
                .filter((line) => line.length > 90 && !line.trim().startsWith("pulumi-lambda-layer"));
            assert.deepEqual(tooWide, []);
            await assertGolden(`help-${name}`, output);
            assert.equal((await callCommandLine(["help", name], { width: 90 })).output, output);
        });
    }

    it("tells the version of the package", async () => {
        const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
        assert.deepEqual(await callCommandLine(["--version"]), {
            exitCode: 0,
            output: `${version}\n`,
            errors: "",
            notice: "",
        });
    });

    it("shows on standard error what there is when nothing is asked", async () => {
        const { exitCode, output, errors } = await callCommandLine([]);
        assert.deepEqual([exitCode, output], [2, ""]);
        assert.match(errors, /^Lambda layers of Python dependencies/);
    });

    const place = ["--bucket", "b", "--layer", "deps"];
    for (const [args, message] of [
        [
            ["frob"],
            'There is no command "frob". The commands are build, history, diff, size, sbom, prune, release, rebuild.',
        ],
        [
            ["help", "frob"],
            'There is no command "frob". The commands are build, history, diff, size, sbom, prune, release, rebuild.',
        ],
        [["history", "--frob"], "Unknown option '--frob'."],
        [["history"], "Which bucket? Give --bucket and --layer, or the place as s3://<bucket>/<prefix>."],
        [["history", "--bucket", "b"], "Which layer? Give --layer, or where its records are with --prefix."],
        [["history", "--bucket", "", "--layer", "deps"], "--bucket needs <bucket>, and was given nothing."],
        [["history", "deps"], '"deps" names no bucket: write s3://<bucket>/<prefix>.'],
        [
            ["history", "s3://b/p", ...place],
            "Give the place either as s3://<bucket>/<prefix> or as --bucket and --prefix.",
        ],
        [["history", ...place, "--limit", "0"], '--limit needs a number above 0, not "0".'],
        [
            ["history", ...place, "--endpoint-url", "localhost"],
            '--endpoint-url "localhost" is no address that starts with http:// or https://.',
        ],
        [["diff", "3", ...place], "diff takes two versions, such as `diff 3 7`, and was given 1."],
        [["diff", "3", "v7", ...place], '"v7" is no version: give a number, or latest.'],
        [["size"], "size takes one zip or one version, and was given 0."],
        [["size", "7"], "7 is a version: of which layer? Give --bucket and --layer."],
        [["size", "layer.zip", ...place], '"layer.zip" is no version: give a number, or latest.'],
        [["sbom", ...place], "sbom takes one version, and was given 0."],
        [["build"], "build takes one manifest, and was given 0."],
        [
            ["build", "uv.lock", "--python", "3.13", "--architecture", "arm"],
            '--architecture is x86_64 or arm64, not "arm".',
        ],
        [["build", "uv.lock"], "For which Python? Give --python, such as --python 3.13."],
        [
            ["build", "uv.lock", "--python", "3.13", "--exclude", "!a"],
            `exclude has "!a": an entry says what stays out, and can't take anything back in.`,
        ],
    ] as const) {
        it(`refuses \`${args.join(" ")}\` with exit code 2`, async () => {
            const { exitCode, output, errors } = await callCommandLine(args);
            assert.deepEqual([exitCode, output], [2, ""]);
            assert.equal(errors.split("\n")[0], `error: ${message}`);
            assert.match(errors, /\nTry `pulumi-lambda-layer .*--help`\.\n$/);
        });
    }

    it("tells a failure with its code, place and remedy, and exit code 1", async () => {
        const { exitCode, output, errors } = await callCommandLine(["size", "nowhere.zip"]);
        assert.deepEqual([exitCode, output], [1, ""]);
        assert.match(errors, /^ARCHIVE_NOT_FOUND: The zip nowhere\.zip cannot be read\.\n {2}\| ENOENT/);
        assert.match(errors, /\n {2}→ Give the path/);
        assert.doesNotMatch(errors, /On the command line/);
    });

    it("tells a target that Lambda does not have as a failure", async () => {
        const { exitCode, errors } = await callCommandLine(["build", "uv.lock", "--python", "3.7"]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^TARGET_UNSUPPORTED: /);
        assert.match(errors, /\n {2}→ On the command line: --python <version> for pythonVersion\.\n$/);
    });

    it("names the options that stand for the arguments of which an error speaks", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
        try {
            await writeFile(
                join(folder, "uv.lock"),
                lockOfDocopt(
                    `sdist = { url = "https://index.example/docopt-0.6.2.tar.gz", hash = "${hash}", size = 1 }`,
                ),
            );
            const args = ["build", "uv.lock", "--python", "3.13"];
            const { exitCode, errors } = await callCommandLine(args, { folder });
            assert.equal(exitCode, 1);
            assert.match(errors, /^WHEEL_NOT_FOUND: /);
            assert.match(
                errors,
                /\n {2}→ On the command line: --python <version> for pythonVersion, --allow-source-build <name> for allowSourceBuilds\.\n$/,
            );
        } finally {
            await rm(folder, { recursive: true });
        }
    });
});

describe("terminal", () => {
    const stream = (isTTY: boolean) => ({ isTTY, columns: 120, write: () => true });
    const opened = (isTTY: boolean, env: NodeJS.ProcessEnv) =>
        openTerminal({ cwd: () => "/", env, stdout: stream(isTTY), stderr: stream(isTTY) });

    it("has colours and a width on a terminal only", () => {
        assert.deepEqual(opened(true, {}).colours, { output: true, error: true });
        assert.equal(opened(true, {}).width, 120);
        assert.deepEqual(opened(false, {}).colours, { output: false, error: false });
        assert.equal(opened(false, {}).width, undefined);
    });

    it("has no colours where the user wants none", () => {
        for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
            assert.deepEqual(opened(true, env).colours, { output: false, error: false });
        }
        assert.equal(opened(true, { NO_COLOR: "" }).colours.output, true);
    });
});

describe("main", function () {
    this.timeout(60_000);
    const main = require.resolve("../../../provider/commandLine/main");

    function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
        const child = spawn(process.execPath, [...loaderOf(main), main, ...args], {
            stdio: ["ignore", "pipe", "pipe"],
            env,
        });
        const texts = { output: "", errors: "" };
        child.stderr.on("data", (bytes) => {
            texts.errors += String(bytes);
        });
        const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
        return { child, texts, ended };
    }

    it("ends with the command's exit code, and without colours in a pipe", async () => {
        const { child, texts, ended } = start(["frob"]);
        child.stdout.resume();
        assert.equal(await ended, 2);
        assert.match(texts.errors, /^error: There is no command/);
    });

    it("ends with 130 after a Ctrl-C, when it has said so and removed what it began", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
        const silent = await startServer(() => undefined);
        try {
            const url = `${silent.origin}/docopt-0.6.2-py3-none-any.whl`;
            await writeFile(
                join(folder, "uv.lock"),
                lockOfDocopt(`wheels = [{ url = "${url}", hash = "${hash}", size = 11050 }]`),
            );
            const temporary = join(folder, "temporary");
            await mkdir(temporary);
            const { child, texts, ended } = start(
                ["build", join(folder, "uv.lock"), "--python", "3.13", "-o", join(folder, "layer.zip")],
                { ...process.env, TMPDIR: temporary, XDG_CACHE_HOME: join(folder, "cache") },
            );
            child.stdout.resume();
            while (silent.requests.length === 0 && child.exitCode === null) await sleep(20);
            child.kill("SIGINT");
            assert.equal(await ended, 130, texts.errors);
            assert.match(
                texts.errors,
                /^ABORTED: The run was interrupted\.\n {2}→ Run the same command again/m,
            );
            const left = (await readdir(temporary)).filter((name) => name.startsWith("pulumi-lambda-layer"));
            assert.deepEqual(left, []);
            assert.deepEqual((await readdir(folder)).sort(), ["cache", "temporary", "uv.lock"]);
        } finally {
            await silent.close();
            await rm(folder, { recursive: true });
        }
    });

    it("says in one line that Node is old, where AWS is asked, and leaves the SDK's seven out", async () => {
        const denying = await startServer((_, response) =>
            response.writeHead(403, { "x-amzn-requestid": "denied" }).end(),
        );
        try {
            const place = ["--bucket", "b", "--layer", "deps", "--region", "eu-central-1"];
            const { child, texts, ended } = start(["history", ...place, "--endpoint-url", denying.origin], {
                ...process.env,
                AWS_ACCESS_KEY_ID: "test",
                AWS_SECRET_ACCESS_KEY: "test",
            });
            child.stdout.resume();
            assert.equal(await ended, 1, texts.errors);
            const notice = nodeNotice({});
            const [first, ...rest] = texts.errors.split("\n");
            if (notice !== undefined) assert.equal(first, `warning: ${notice}`);
            assert.match(notice === undefined ? (first ?? "") : (rest[0] ?? ""), /^ACCESS_DENIED: /);
            assert.doesNotMatch(rest.join("\n"), /node/i);
        } finally {
            await denying.close();
        }
    });

    it("does not mind a reader that has seen enough", async () => {
        const { child, texts, ended } = start(["--help"]);
        child.stdout.destroy();
        assert.equal(await ended, 0);
        assert.equal(texts.errors, "");
    });
});
