import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layerZip } from "../unit/emulatedAws";
import { craftWheel } from "../unit/package/craftWheel";

/** A program's folder with the smallest manifests and archives there are, in a number of variants. */
export interface TinyProject {
    readonly folder: string;
    /** Arguments of a PythonLayer whose one dependency is a wheel in the folder. */
    python(variant: number, args?: Readonly<Record<string, unknown>>): Record<string, unknown>;
    /** Arguments of a LayerVersion from a zip in the folder. */
    zip(variant: number, args?: Readonly<Record<string, unknown>>): Record<string, unknown>;
    /** Lambda's CodeSha256 of a zip variant. */
    zipSha256(variant: number): string;
    remove(): Promise<void>;
}

export async function createTinyProject(variants = 3): Promise<TinyProject> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-tiny-"));
    for (let variant = 0; variant < variants; variant += 1) {
        const wheel = await craftWheel(folder, {
            name: "demo",
            version: `1.${variant}`,
            entries: [{ name: "demo.py", content: `version = ${variant}\n` }],
        });
        await writeFile(
            join(folder, `uv-${variant}.lock`),
            lockOf(wheel.filename, wheel.sha256, `1.${variant}`),
        );
        await writeFile(join(folder, `package-lock-${variant}.json`), `{ "version": "1.${variant}" }\n`);
        await writeFile(join(folder, `layer-${variant}.zip`), layerZip(String(variant)));
    }
    return {
        folder,
        python: (variant, args = {}) => ({
            manifest: `uv-${variant}.lock`,
            manifestKind: "uv.lock",
            pythonVersion: "3.13",
            ...args,
        }),
        zip: (variant, args = {}) => ({
            manifest: `package-lock-${variant}.json`,
            content: { zipFile: `layer-${variant}.zip` },
            ...args,
        }),
        zipSha256: (variant) =>
            createHash("sha256")
                .update(layerZip(String(variant)))
                .digest("base64"),
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}

const lockOf = (filename: string, sha256: string, version: string): string => `version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "app"
version = "1.0.0"
source = { virtual = "." }
dependencies = [
    { name = "demo" },
]

[[package]]
name = "demo"
version = "${version}"
source = { path = "${filename}" }
wheels = [
    { filename = "${filename}", hash = "sha256:${sha256}" },
]
`;
