import path from "node:path";
import type { ManifestKind } from "./model";

/** The kind of manifest that a file's name stands for; `undefined` where it stands for none. */
export function manifestKindNamed(manifestPath: string): ManifestKind | undefined {
    const name = path.basename(manifestPath).toLowerCase();
    if (name === "uv.lock" || name === "poetry.lock") return name;
    if (name === "pipfile.lock") return "Pipfile.lock";
    // PEP 751, "File name".
    if (/^pylock(?:\.[^.]+)?\.toml$/.test(name)) return "pylock.toml";
    return name.endsWith(".txt") ? "requirements.txt" : undefined;
}
