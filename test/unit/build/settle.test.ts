import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildWheels, settleDependencies } from "../../../provider/build";
import type { SettleSettings } from "../../../provider/build/settle";
import { parseManifest, readManifest, selectDependencies } from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { pythonPath } from "../../tools";
import type { LocalServer } from "./localServer";
import { startIndex } from "./packageIndex";
import { type Workplace, workplace } from "./request";
import { sampleWheel, writeProject } from "./sampleFiles";
import { standInDocker } from "./standInDocker";

const files = new Map([
    ...["linux_x86_64", "linux_aarch64"].map(
        (platform) => [`native-1.0-py3-none-${platform}.whl`, sampleWheel("native", "1.0")] as const,
    ),
    ...[
        ["alpha", "1.0", ["beta>=1", "boto3"]],
        ["alpha", "2.0", ["beta>=1"]],
        ["beta", "1.0", []],
        ["beta", "1.5", ["gamma"]],
        ["beta", "2.0", ["gamma"]],
        ["gamma", "3.0", []],
        ["boto3", "1.0", ["botocore"]],
        ["botocore", "1.0", ["six"]],
        ["six", "1.0", []],
    ].map(([name, version, requires]): readonly [string, Buffer] => [
        `${String(name)}-${String(version)}-py3-none-any.whl`,
        sampleWheel(String(name), String(version), Array.isArray(requires) ? requires : []),
    ]),
]);

const execute = promisify(execFile);
const everything = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
const onDemand: SettleSettings = { resolveUnpinned: true };
const asListed: SettleSettings = { resolveUnpinned: false };

for (const installer of ["uv", "container"] as const) {
    describe(`settleDependencies with ${installer}`, function () {
        this.timeout(60_000);
        let place: Workplace;
        let server: LocalServer;
        before(async () => {
            server = await startIndex(files);
        });
        after(() => server.close());
        beforeEach(async () => {
            const made = await workplace();
            const PATH = `${await standInDocker(made.folder)}:${process.env["PATH"]}`;
            const environment = { ...made.context.environment, PATH };
            place = { ...made, context: { ...made.context, environment } };
        });
        afterEach(() => place.remove());

        /** pip installs for nothing but its own machine. */
        const hostTarget = async () => {
            const program = "import platform; print(platform.python_version(), platform.machine())";
            const { stdout } = await execute(pythonPath(), ["-c", program]);
            const [version = "", machine] = stdout.trim().split(" ");
            return targetFor(version, machine === "aarch64" ? "arm64" : "x86_64");
        };
        async function settle(lines: readonly string[], settings: SettleSettings) {
            await writeFile(
                join(place.folder, "requirements.txt"),
                `--index-url ${server.origin}/simple/\n${lines.join("\n")}\n`,
            );
            const manifest = parseManifest(await readManifest("requirements.txt", { folder: place.folder }));
            const target = installer === "container" ? await hostTarget() : targetFor("3.13", "arm64");
            const { dependencies } = selectDependencies(manifest, everything, target);
            const request = {
                manifest,
                manifestFolder: place.folder,
                dependencies,
                target,
                indexes: [],
                allowSourceBuilds: [],
                installer,
            };
            const settled = await settleDependencies(request, settings, place.context);
            assert.deepEqual(await place.leftovers(), []);
            return { settled, request };
        }
        const versions = async (lines: readonly string[], settings: SettleSettings) =>
            (await settle(lines, settings)).settled.map(({ name, version }) => `${name} ${version}`);

        it("resolves what is open, with what it needs and each one's file and hash", async () => {
            const { settled, request } = await settle(["alpha", "beta<2"], onDemand);
            assert.deepEqual(
                settled.map(({ name, version }) => [name, version]),
                [
                    ["alpha", "2.0"],
                    ["beta", "1.5"],
                    ["gamma", "3.0"],
                ],
            );
            for (const { file } of settled) assert.match(file?.hash ?? "", /^sha256:[0-9a-f]{64}$/);
            const wheels = await buildWheels(
                { ...request, dependencies: settled, isSettled: true },
                place.context,
            );
            assert.deepEqual(
                wheels.map(({ name, version }) => `${name} ${version}`),
                ["alpha 2.0", "beta 1.5", "gamma 3.0"],
            );
        });

        it("takes a wheel that names no glibc, where there is no other", async () => {
            const { settled, request } = await settle(["native==1.0"], asListed);
            assert.deepEqual(
                settled.map(({ file }) => file?.filename),
                [`native-1.0-py3-none-linux_${request.target.machine}.whl`],
            );
        });

        it("keeps to constraints", async () => {
            await writeFile(join(place.folder, "constraints.txt"), "beta==1.0\n");
            assert.deepEqual(await versions(["-c constraints.txt", "alpha>=2"], onDemand), [
                "alpha 2.0",
                "beta 1.0",
            ]);
        });

        it("adds what a list lacks only on demand, and else names the way", async () => {
            assert.deepEqual(await versions(["beta==1.5"], onDemand), ["beta 1.5", "gamma 3.0"]);
            await assert.rejects(
                versions(["beta==1.5"], asListed),
                /REQUIREMENTS_INCOMPLETE[\s\S]*gamma, needed by beta[\s\S]*resolveUnpinned: true/,
            );
            await assert.rejects(
                versions(["beta"], asListed),
                /REQUIREMENT_UNPINNED: beta[\s\S]*resolveUnpinned: true/,
            );
        });

        it("says when nothing suits all lines", async () => {
            await assert.rejects(versions(["alpha==2.0", "beta<1"], onDemand), (error: Error) => {
                assert.match(error.message, /REQUIREMENTS_INCOMPLETE|WHEEL_NOT_FOUND/);
                // It is set already.
                assert.doesNotMatch(error.message, /resolveUnpinned/);
                return true;
            });
        });

        it("takes what only an excluded package needed out of a complete list", async () => {
            const complete = ["alpha==1.0", "beta==1.0", "boto3==1.0", "botocore==1.0", "six==1.0"];
            const exclude = (...names: string[]) => ({ ...asListed, exclude: names });
            assert.deepEqual(await versions(complete, exclude("boto3")), ["alpha 1.0", "beta 1.0"]);
            // The rest is the same for every installer, and pip takes its time.
            if (installer === "container") return;
            const direct = { ...exclude("alpha", "*.pyi"), directNames: new Set(["beta"]) };
            assert.deepEqual(await versions(complete, direct), ["beta 1.0"]);
            const runtime = { ...asListed, excludeRuntimeProvided: true };
            assert.deepEqual(await versions(complete, runtime), [
                "alpha 1.0",
                "beta 1.0",
                "boto3 1.0",
                "botocore 1.0",
                "six 1.0",
            ]);
            assert.deepEqual(
                await versions(
                    ["alpha==2.0", "beta==1.0", "boto3==1.0", "botocore==1.0", "six==1.0"],
                    runtime,
                ),
                ["alpha 2.0", "beta 1.0"],
            );
        });

        it("keeps what an open list asks for itself", async () => {
            const exclude = { ...onDemand, exclude: ["alpha"] };
            assert.deepEqual(await versions(["alpha==2.0", "gamma"], exclude), ["gamma 3.0"]);
        });

        it("reads what a local package needs from the wheel that it builds", async () => {
            await mkdir(join(place.folder, "local"));
            await writeProject(join(place.folder, "local"), "local", "4.0");
            const backend = join(place.folder, "local", "backend.py");
            const text = await readFile(backend, "utf8");
            await writeFile(
                backend,
                text.replace("Version: 4.0\\n", "Version: 4.0\\nRequires-Dist: beta\\n"),
            );
            assert.deepEqual(
                (await settle(["local @ ./local"], onDemand)).settled.map(({ name }) => name),
                ["beta", "gamma", "local"],
            );
        });
    });
}
