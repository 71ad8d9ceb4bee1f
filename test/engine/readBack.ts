import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../scripts/cacheFolder";
import { mustRun } from "../../scripts/command";
import { environment } from "../../scripts/emulator";
import { pythonPath, uvPath } from "../tools";
import { type EmulatedAws, region } from "./emulatedAws";

/** One file of a layer or an installation. */
export interface FileFacts {
    readonly sha256: string;
    readonly executable: boolean;
    /** Of an ELF file: `x86_64`, `aarch64`, or the number. */
    readonly machine?: string;
}

/** A published version and the zip it was made of, as `readBack.py` sees them with boto3. */
export interface PublishedLayer {
    readonly codeSha256: string;
    readonly codeSize: number;
    readonly description: string;
    readonly licenseInfo: string;
    readonly runtimes: readonly string[];
    readonly architectures: readonly string[];
    readonly artifact: {
        /** Base64. */
        readonly sha256: string;
        readonly size: number;
        readonly metadata: Readonly<Record<string, string>>;
    };
    /** Also where the emulator offers no download. */
    readonly downloadedIsArtifact: boolean;
    /** Entries in the zip's order. */
    readonly names: readonly string[];
    readonly uncompressedSize: number;
    readonly files: Readonly<Record<string, FileFacts>>;
    /** Tags of each distribution's WHEEL file, by dist-info folder. */
    readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** Reads a version back. `artifactUri` is where its zip is: moto lets nobody download one from Lambda. */
export async function readLayer(aws: EmulatedAws, arn: string, artifactUri: string): Promise<PublishedLayer> {
    return JSON.parse(await readBack("layer", aws.emulator.endpoint, region, arn, artifactUri));
}

/** What `uv pip install --target` makes of a hashed requirements.txt, by path. */
export async function installWithUv(
    requirements: Buffer,
    target: { readonly pythonVersion: string; readonly platform: string },
): Promise<Record<string, FileFacts>> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-installed-"));
    try {
        await writeFile(join(folder, "requirements.txt"), requirements);
        await mustRun(
            uvPath(),
            [
                ...["pip", "install", "--target", "installed", "-r", "requirements.txt", "--require-hashes"],
                ...["--no-deps", "--only-binary", ":all:", "--no-config", "--link-mode", "copy"],
                ...["--python", pythonPath(), "--python-version", target.pythonVersion],
                ...["--python-platform", target.platform],
            ],
            { cwd: folder },
        );
        return JSON.parse(await readBack("folder", join(folder, "installed"))).files;
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

async function readBack(...args: readonly string[]): Promise<string> {
    const script = join(repository, "test/engine/readBack.py");
    return (await mustRun(pythonPath(), [script, ...args], { env: environment() })).stdout;
}
