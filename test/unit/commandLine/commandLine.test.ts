import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commands } from "../../../provider/commandLine/commandLine";
import { openTerminal } from "../../../provider/commandLine/terminal";
import { callCommandLine } from "./callCommandLine";
import { assertGolden } from "./golden";

const root = join(__dirname, "..", "..", "..");

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
        const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
        assert.deepEqual(await callCommandLine(["--version"]), {
            exitCode: 0,
            output: `${version}\n`,
            errors: "",
        });
    });

    it("shows on standard error what there is when nothing is asked", async () => {
        const { exitCode, output, errors } = await callCommandLine([]);
        assert.deepEqual([exitCode, output], [2, ""]);
        assert.match(errors, /^Lambda layers of Python dependencies/);
    });

    const place = ["--bucket", "b", "--layer", "deps"];
    for (const [args, message] of [
        [["frob"], 'There is no command "frob". The commands are build, history, diff, size, sbom.'],
        [["help", "frob"], 'There is no command "frob". The commands are build, history, diff, size, sbom.'],
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
        [["history", ...place, "--architecture", "arm"], '--architecture is x86_64 or arm64, not "arm".'],
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
    });

    it("tells a target that Lambda does not have as a failure", async () => {
        const { exitCode, errors } = await callCommandLine(["build", "uv.lock", "--python", "3.7"]);
        assert.equal(exitCode, 1);
        assert.match(errors, /^TARGET_UNSUPPORTED: /);
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
    const main = join(root, "provider", "commandLine", "main.ts");

    function start(args: readonly string[]) {
        const child = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", main, ...args], {
            stdio: ["ignore", "pipe", "pipe"],
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

    it("does not mind a reader that has seen enough", async () => {
        const { child, texts, ended } = start(["--help"]);
        child.stdout.destroy();
        assert.equal(await ended, 0);
        assert.equal(texts.errors, "");
    });
});
