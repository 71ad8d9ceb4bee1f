import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildWheels, run } from "../../provider/build";
import type { Wheel } from "../../provider/build/model";
import { parseManifest, readManifest, selectDependencies } from "../../provider/manifest";
import { targetFor } from "../../provider/target";
import { mustRun } from "../../scripts/command";
import { nodeFolder, nodeVersions } from "../../scripts/nodeBinaries";
import { packageTarball } from "../../scripts/packageTarball";
import { lock } from "../engine/locks";
import { craftWheel } from "../unit/package/craftWheel";

/** What differs between two machines, and must not show in a layer. */
const circumstances = [
    { folder: "here", umask: 0o022, zone: "UTC" },
    { folder: "another place", umask: 0o077, zone: "Asia/Kathmandu" },
];

const target = targetFor("3.13", "x86_64");

/** Packs the wheels of the JSON file that is its argument, as the provider would, and prints the zip's SHA-256. */
const program = `
const { readFileSync } = require("node:fs");
const { library, request, umask } = JSON.parse(readFileSync(process.argv[1], "utf8"));
process.umask(umask);
require(library)
    .packageLayer(request, { signal: new AbortController().signal })
    .then(({ codeSha256 }) => console.log(process.version, codeSha256));
`;

describe("a spliced layer", function () {
    this.timeout(300_000);
    let folder = "";
    let library = "";
    let wheels: Wheel[] = [];

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-bytes-"));
        await mustRun("tar", ["-xzf", await packageTarball(() => undefined), "-C", folder]);
        library = join(folder, "package", "lib", "package", "index.js");
        wheels = [...(await realWheels(folder)), await oddWheel(folder)];
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it("has the same bytes from every Node version, umask, time zone and folder", async () => {
        const digests = new Map<string, string>();
        for (const nodeVersion of nodeVersions) {
            const node = join(await nodeFolder(nodeVersion), "node");
            for (const circumstance of circumstances) {
                const { version, digest } = await pack(node, circumstance);
                digests.set(`${version} ${JSON.stringify(circumstance)}`, digest);
            }
        }
        assert.equal(digests.size, nodeVersions.length * circumstances.length);
        assert.equal(new Set(digests.values()).size, 1, JSON.stringify([...digests], undefined, 2));
    });

    async function pack(node: string, { folder: place, umask, zone }: (typeof circumstances)[number]) {
        const own = join(folder, place);
        await mkdir(own, { recursive: true });
        const moved = await Promise.all(
            wheels.map(async (wheel) => {
                const path = join(own, wheel.filename);
                await writeFile(path, await readFile(wheel.path));
                return { ...wheel, path };
            }),
        );
        const request = { wheels: moved.reverse(), target, destination: join(own, "out", "layer.zip") };
        await writeFile(join(own, "request.json"), JSON.stringify({ library, request, umask }));
        const { stdout } = await mustRun(node, ["-e", program, join(own, "request.json")], {
            cwd: own,
            env: { ...process.env, TZ: zone },
        });
        const [version = "", digest = ""] = stdout.trim().split(" ");
        return { version, digest };
    }
});

async function realWheels(folder: string): Promise<Wheel[]> {
    const manifestPath = join(folder, "uv.lock");
    await writeFile(manifestPath, (await lock()).uvLock);
    const manifest = parseManifest(await readManifest("uv.lock", { folder }));
    const everything = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };
    const { dependencies } = selectDependencies(manifest, everything, target);
    const temporaryFolder = join(folder, "temporary");
    await mkdir(temporaryFolder);
    return buildWheels(
        {
            manifest,
            manifestFolder: dirname(manifestPath),
            dependencies,
            target,
            indexes: [],
            allowSourceBuilds: [],
        },
        {
            run,
            signal: new AbortController().signal,
            cacheFolder: join(folder, "cache"),
            temporaryFolder,
            report: () => undefined,
            environment: process.env,
        },
    );
}

/** What real wheels seldom have: executables, names beyond ASCII, and files that other folders get. */
async function oddWheel(folder: string): Promise<Wheel> {
    const entries = [
        { name: "odd/zebra.py", content: "z = 1\n" },
        { name: "odd/Äpfel.py", content: "a = 1\n" },
        { name: "odd/tool.sh", content: "#!/bin/sh\n", mode: 0o100755 },
        { name: "odd-1.0.data/data/share/odd.txt", content: "odd\n" },
        { name: "odd-1.0.data/scripts/odd", content: "\x7fELF" },
    ];
    return craftWheel(folder, { name: "odd", entries });
}
