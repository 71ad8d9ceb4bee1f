import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Wheel } from "../../../provider/build/model";
import { parseWheelName } from "../../../provider/manifest/wheelTag";
import { packageLayer } from "../../../provider/package";
import type { Target } from "../../../provider/target";
import { repository } from "../../../scripts/cacheFolder";
import { extended } from "../../../scripts/testStages";
import { pythonPath, uvPath } from "../../tools";
import { target } from "./craftWheel";
import { readWithPython } from "./readZip";

const run = promisify(execFile);

/** Wheels with compiled code, thousands of files, `.data` scripts (ruff), headers (greenlet) and data (jupyterlab-widgets). */
const requirements = [
    "boto3==1.44.5",
    "certifi==2026.10.18",
    "cryptography==50.0.2",
    "greenlet==3.5.6",
    "jinja2==3.1.6",
    "jupyterlab-widgets==3.0.17",
    "numpy==2.5.5",
    "pydantic==2.14.3",
    "pydantic-core==2.50.4",
    "pytz==2026.6",
    "requests==2.34.2",
    "ruff==0.17.6",
    "s3transfer==0.19.3",
    "six==1.17.0",
];

/** More than a hundred of the packages that are downloaded most, the ones of more than 50 MB left out. */
const popular = readFileSync(join(repository, "test/unit/package/popularPackages.txt"), "utf8")
    .trim()
    .split("\n");

const armTarget: Target = {
    ...target,
    pythonFullVersion: "3.13.0",
    patchRelease: "given",
    pythonVersion: "3.13",
    runtime: "python3.13",
    architecture: "arm64",
    machine: "aarch64",
};

const cases: readonly (readonly [title: string, Target, readonly string[]])[] = [
    ["wheels of every kind", target, requirements],
    [`${popular.length} popular packages`, target, popular],
    [`${extended}: ${popular.length} popular packages`, armTarget, popular],
];

describe("a packed layer against what uv installs", function () {
    this.timeout(300_000);
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "against-uv-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    for (const [title, forTarget, packages] of cases) {
        it(`has the same files of ${title} for ${forTarget.runtime} on ${forTarget.architecture}`, async () => {
            const wheels = await download(forTarget, packages);
            assert.equal(wheels.length, packages.length);
            const artifact = await packageLayer(
                { wheels, target: forTarget, destination: join(folder, "layer.zip") },
                { signal: new AbortController().signal },
            );
            assert.deepEqual(artifact.warnings, []);
            const installed = join(folder, "installed");
            await installWithUv(wheels, forTarget, installed);

            const layer = await readWithPython(artifact.path);
            const ours = new Map(layer.map((entry) => [entry.name.slice("python/".length), entry]));
            const theirs = await readTree(installed);
            const kept = [...theirs.keys()].filter((path) => !isOfAnInstallation(path, theirs));
            assert.deepEqual(
                {
                    missing: kept.filter((path) => !ours.has(path)),
                    added: [...ours.keys()].filter((path) => !theirs.has(path)),
                },
                { missing: [], added: [] },
            );
            assert.equal(ours.size, kept.length);
            for (const [path, entry] of ours) {
                const file = theirs.get(path);
                if (path.endsWith("/RECORD")) {
                    const record = (file?.content ?? Buffer.alloc(0)).toString().split(/\r?\n/);
                    const listed = (entry.text ?? "").split("\n").map(recordPath);
                    assert.deepEqual(
                        (entry.text ?? "").split("\n").slice(0, -1),
                        keptLines(record, listed),
                        path,
                    );
                } else {
                    assert.equal(entry.sha256, file?.sha256, path);
                    assert.equal((entry.mode & 0o111) !== 0, file?.executable, path);
                }
            }
        });
    }
});

interface InstalledFile {
    readonly sha256: string;
    readonly executable: boolean;
    /** Kept for RECORD files, and the start of others. */
    readonly content: Buffer;
}

/** What an installer adds: its notes, its lock, scripts that name a Python of this machine, and byte code. */
function isOfAnInstallation(path: string, files: ReadonlyMap<string, InstalledFile>): boolean {
    return (
        path === ".lock" ||
        // A package may bring others along, with the notes of how they were installed there: those are its own files.
        /^[^/]+\.dist-info\/(INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json)$/.test(path) ||
        path.split("/").includes("__pycache__") ||
        (path.startsWith("bin/") && /^#!.*python/.test(files.get(path)?.content.toString("latin1") ?? ""))
    );
}

const recordPath = (line: string): string => line.replace(/,[^,]*,[^,]*$/, "");

/** The installer's lines for files that the layer has, by the bytes of their paths. */
function keptLines(record: readonly string[], listed: readonly string[]): string[] {
    const kept = new Set(listed);
    return record
        .filter((line) => line !== "" && kept.has(recordPath(line)))
        .sort((left, right) => Buffer.compare(Buffer.from(recordPath(left)), Buffer.from(recordPath(right))));
}

async function readTree(folder: string): Promise<Map<string, InstalledFile>> {
    const files = new Map<string, InstalledFile>();
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        files.set(path.slice(folder.length + 1), {
            sha256: createHash("sha256").update(bytes).digest("hex"),
            executable: ((await stat(path)).mode & 0o111) !== 0,
            content: entry.name === "RECORD" ? bytes : Buffer.from(bytes.subarray(0, 200)),
        });
    }
    return files;
}

async function installWithUv(wheels: readonly Wheel[], forTarget: Target, folder: string): Promise<void> {
    const platform = `${forTarget.machine}-manylinux_${forTarget.glibc.join("_")}`;
    const options = [
        "--target",
        folder,
        "--link-mode",
        "copy",
        "--no-compile-bytecode",
        "--no-deps",
        "--no-index",
    ];
    const where = [
        "--python-platform",
        platform,
        "--python-version",
        forTarget.pythonVersion,
        "-p",
        pythonPath(),
    ];
    await run(
        uvPath(),
        [
            "pip",
            "install",
            "--no-config",
            "--no-cache",
            ...options,
            ...where,
            ...wheels.map(({ path }) => path),
        ],
        { env: { ...process.env, UV_PYTHON_DOWNLOADS: "never" } },
    );
}

/** The wheels of these packages, kept between runs in a folder of its own for each list. */
async function download(forTarget: Target, packages: readonly string[]): Promise<Wheel[]> {
    const tags = Array.from(
        { length: forTarget.glibc[1] - 16 },
        (_, index) => `manylinux_2_${17 + index}_${forTarget.machine}`,
    );
    const platforms = [...tags, `manylinux2014_${forTarget.machine}`].flatMap((tag) => ["--platform", tag]);
    const options = ["--no-deps", "--only-binary=:all:", "--implementation", "cp"];
    const python = ["--python-version", forTarget.pythonVersion];
    const key = createHash("sha256")
        .update(JSON.stringify([platforms, python, packages]))
        .digest("hex")
        .slice(0, 16);
    const home = join(tmpdir(), "pulumi-lambda-layer-test-wheels");
    const kept = join(home, key);
    if (!(await exists(kept))) {
        await mkdir(home, { recursive: true });
        const fresh = await mkdtemp(join(home, "fresh-"));
        const args = [
            "-m",
            "pip",
            "download",
            "-q",
            "-d",
            fresh,
            ...options,
            ...python,
            ...platforms,
            ...packages,
        ];
        await run(pythonPath(), args);
        // Another run may have been quicker; its folder is as good.
        await rename(fresh, kept).catch(() => rm(fresh, { recursive: true, force: true }));
    }
    const filenames = (await readdir(kept)).filter((name) => name.endsWith(".whl"));
    return Promise.all(filenames.map((filename) => describeWheel(kept, filename)));
}

const exists = (path: string) =>
    access(path).then(
        () => true,
        () => false,
    );

async function describeWheel(folder: string, filename: string): Promise<Wheel> {
    const path = join(folder, filename);
    const parsed = parseWheelName(filename);
    assert(parsed !== undefined, filename);
    const bytes = await readFile(path);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return {
        name: parsed.name,
        version: parsed.version,
        filename,
        path,
        size: bytes.length,
        sha256,
        origin: "fetched",
    };
}
