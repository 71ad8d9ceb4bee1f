import { refuseCredentials } from "./credentials";
import type { Manifest, ManifestFile } from "./model";
import { parsePoetryLock } from "./poetryLock";
import { parseRequirements } from "./requirements";
import { parseUvLock } from "./uvLock";

/**
 * Understands a manifest as far as its text goes: no network, no disk.
 *
 * Throws `MANIFEST_CREDENTIALS` for a secret in an address, in the manifest or a file it includes, and `MANIFEST_SYNTAX` at file, line and
 * column for what the tool that owns the format would not read either. What can be read but not compared becomes
 * a doubt.
 */
export function parseManifest(file: ManifestFile): Manifest {
    for (const { path, text } of [file, ...file.includes]) {
        refuseCredentials(file.kind, path, text);
    }
    switch (file.kind) {
        case "requirements.txt":
            return parseRequirements(file);
        case "poetry.lock":
            return parsePoetryLock(file);
        case "uv.lock":
            return parseUvLock(file);
    }
}
