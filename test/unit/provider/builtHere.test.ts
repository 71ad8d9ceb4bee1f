import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import type { Props } from "../../../provider/props";
import { mustRun } from "../../../scripts/command";
import { openCore } from "../../core";
import { pythonPath, uvPath } from "../../tools";
import { compiledSdist } from "../build/compiledSdist";
import { sha256 } from "../build/sampleFiles";
import { dockerImageFile, dockerLog, standInDocker } from "../build/standInDocker";
import { createBucket, settingsFor, uniqueName, useEmulatedAws } from "../emulatedAws";

/** A `uv.lock` of an app that needs one package, whose only file is an sdist beside the lock. */
const lockOf = (name: string, sdist: Buffer): string => `version = 1
revision = 3
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "${name}" }]

[[package]]
name = "${name}"
version = "1.0"
source = { path = "${name}-1.0.tar.gz" }
sdist = { hash = "sha256:${sha256(sdist)}" }
`;

/** `3.13` */
async function minorOf(python: string): Promise<string> {
    const program = "import sys; print('%d.%d' % sys.version_info[:2])";
    return (await mustRun(python, ["-c", program])).stdout.trim();
}

describe("a layer with something that is built here", function () {
    this.timeout(120_000);
    const aws = useEmulatedAws();
    const otherArchitecture = process.arch === "arm64" ? "x86_64" : "arm64";
    const ownArchitecture = process.arch === "arm64" ? "arm64" : "x86_64";
    let environment: NodeJS.ProcessEnv;
    let folder: string;
    let ownPython: string;
    let bucket: string;
    before(async () => {
        const { stdout } = await mustRun(uvPath(), ["python", "find"], { cwd: os.tmpdir() });
        ownPython = await minorOf(stdout.trim());
    });
    beforeEach(async () => {
        folder = await mkdtemp(join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        bucket = (await createBucket(aws.clients)).name;
        environment = { ...process.env, UV: uvPath() };
    });
    afterEach(async () => {
        await rm(folder, { recursive: true, force: true });
    });

    const publish = async (layerName: string, args: Props) => {
        const { layers, call } = openCore({ settings: settingsFor(aws.endpoint), environment });
        const { inputs, failures } = await layers.check(
            call,
            {},
            {
                resourceType: "PythonLayer",
                owner: `acme/urn:pulumi:prod::shop::pulumi-nodejs:dynamic/lambda:PythonLayer::${layerName}`,
                layerName,
                manifest: join(folder, "uv.lock"),
                bucket,
                pythonVersion: ownPython,
                architecture: ownArchitecture,
                allowSourceBuilds: ["native"],
                ...args,
            },
        );
        assert.deepEqual(failures, []);
        return layers.create(call, inputs);
    };
    const lock = async (tag?: string) => {
        const sdist = await compiledSdist(folder, "native", "1.0", tag);
        await writeFile(join(folder, "native-1.0.tar.gz"), sdist);
        await writeFile(join(folder, "uv.lock"), lockOf("native", sdist));
    };

    for (const [what, tag] of [
        ["says so in its name", undefined],
        ["says that it runs everywhere", "py3-none-any"],
    ] as const) {
        it(`is not published for another target when the wheel of its compiled code ${what}`, async () => {
            await lock(tag);
            const layerName = uniqueName("deps");
            await publish(layerName, {});
            await assert.rejects(
                publish(layerName, { architecture: otherArchitecture }),
                /PLATFORM_MISMATCH: native 1\.0/,
            );
            const otherPython = ownPython === "3.13" ? "3.12" : "3.13";
            await assert.rejects(
                publish(layerName, { pythonVersion: otherPython }),
                /PLATFORM_MISMATCH: native 1\.0/,
            );
        });
    }

    it("is built again by another uv", async () => {
        await lock();
        const log = join(folder, "uv.log");
        const another = join(folder, "another-uv");
        const pretend = `[ "$1" = --version ] && echo "uv 99.0.0" && exit\n`;
        const said = `echo "$*" >> "${log}"\nexec "${uvPath()}" "$@"\n`;
        const builds = async () => ((await readFile(log, "utf8")).match(/^build /gm) ?? []).length;
        environment["UV"] = another;
        await writeFile(another, `#!/bin/sh\n${said}`, { mode: 0o755 });
        const layerName = uniqueName("deps");
        await publish(layerName, { description: "one" });
        await publish(layerName, { description: "two" });
        assert.equal(await builds(), 1);
        await writeFile(another, `#!/bin/sh\n${pretend}${said}`, { mode: 0o755 });
        await publish(layerName, { description: "three" });
        assert.equal(await builds(), 2);
    });

    it("is built by the image that the key names, and again once its tag has moved", async () => {
        await lock();
        environment["PATH"] = `${await standInDocker(folder)}:${process.env["PATH"]}`;
        const images = async () =>
            [...(await readFile(dockerLog(folder), "utf8")).matchAll(/^run .* (\S+) -m pip wheel /gm)].map(
                ([, image]) => image,
            );
        const container = { installer: "container", pythonVersion: await minorOf(pythonPath()) };
        const layerName = uniqueName("deps");
        const [first, second] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}`);
        for (const [position, digest] of [first, first, second].entries()) {
            await writeFile(dockerImageFile(folder), `["index.example/image@${digest}"] sha256:3`);
            await publish(layerName, { ...container, description: String(position) });
        }
        assert.deepEqual(await images(), [`index.example/image@${first}`, `index.example/image@${second}`]);
    });
});
