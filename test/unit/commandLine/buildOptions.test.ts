import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";
import { callCommandLine } from "./callCommandLine";

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
};
const sdk = ["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"];

describe("pulumi-lambda-layer build of a list", function () {
    this.timeout(60_000);
    let folder: string;
    let server: LocalServer;
    let settings: NodeJS.ProcessEnv;
    before(async () => {
        server = await startIndex(
            new Map(
                Object.entries(releases).map(([release, needs]) => {
                    const [name = "", version = ""] = release.split(" ");
                    const file = name.replaceAll("-", "_");
                    return [`${file}-${version}-py3-none-any.whl`, sampleWheel(file, version, needs)];
                }),
            ),
        );
        folder = await mkdtemp(join(tmpdir(), "build-options-"));
        settings = { UV: process.env["UV"], XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] };
        Object.assign(process.env, { UV: uvPath(), XDG_CACHE_HOME: join(folder, "cache") });
    });
    after(async () => {
        for (const [name, value] of Object.entries(settings)) {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
        }
        await server.close();
        await rm(folder, { recursive: true, force: true });
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
        const { exitCode, output, errors } = await callCommandLine(
            ["build", "requirements.txt", "--python", "3.13", "--json", ...options],
            { folder },
        );
        const packages: readonly { readonly name: string }[] =
            exitCode === 0 ? JSON.parse(output).packages : [];
        return { exitCode, names: packages.map(({ name }) => name).sort(), errors };
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
});
