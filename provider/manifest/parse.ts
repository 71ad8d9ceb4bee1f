import { refuseCredentials } from "./credentials";
import { parsePipfileLock } from "./formats/pipfile/parsePipfileLock";
import { parsePylock } from "./formats/pylock/parsePylock";
import { refuseGitSources } from "./gitSource";
import type { Manifest, ManifestFile, ManifestKind } from "./model";
import { parsePoetryLock } from "./poetryLock";
import { parseRequirements } from "./requirements";
import { parseUvLock } from "./uvLock";

/** A lock of 500 packages takes some 10 MB, so few are kept. */
const mostKept = 4;

/**
 * Understands a manifest as far as its text goes: no network, no disk.
 *
 * Throws `MANIFEST_CREDENTIALS` for a secret in an address, in the manifest or a file it includes, and `MANIFEST_SYNTAX` at file, line and
 * column for what the tool that owns the format would not read either. What can be read but not compared becomes
 * a doubt.
 *
 * @param understood the manifests understood last, newest last: an `up` understands the same one in both checks, for the build and
 *     for each layer. Default: none
 */
export function parseManifest(file: ManifestFile, understood: Map<string, Manifest> = new Map()): Manifest {
    // Included files have no part in the MD5.
    if (file.includes.length > 0) return understand(file);
    const key = JSON.stringify([file.kind, file.path, file.absolutePath, file.md5, file.variables ?? null]);
    const manifest = understood.get(key) ?? understand(file);
    understood.delete(key);
    understood.set(key, manifest);
    for (const oldest of understood.keys()) {
        if (understood.size <= mostKept) break;
        understood.delete(oldest);
    }
    return manifest;
}

function understand(file: ManifestFile): Manifest {
    for (const { path, text } of [file, ...file.includes]) {
        refuseCredentials(file.kind, path, text);
    }
    const manifest = parsers[file.kind](file);
    refuseGitSources(manifest.packages, (name) => {
        const source = [file, ...file.includes].find(({ path }) => path === name);
        return source?.text ?? "";
    });
    return manifest;
}

const parsers: Readonly<Record<ManifestKind, (file: ManifestFile) => Manifest>> = {
    "requirements.txt": parseRequirements,
    "poetry.lock": parsePoetryLock,
    "uv.lock": parseUvLock,
    "pylock.toml": parsePylock,
    "Pipfile.lock": parsePipfileLock,
};
