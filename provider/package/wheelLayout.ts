import { quoted, ZipDefect } from "./zipFormat";

/** What decides where a wheel's entries go. */
export interface WheelNames {
    /** Normalised distribution name (PEP 503). */
    readonly name: string;
    /** `requests-2.31.0.dist-info`. */
    readonly distInfo: string;
    /** `requests-2.31.0.data`, whether or not the wheel has it. */
    readonly data: string;
}

/** Where one entry goes. */
export interface Placement {
    /** Below the folder that is put on Python's path. */
    readonly path: string;
    /** A script of the `.data` folder: executable whatever its mode, and left out when it is a Python launcher. */
    readonly script: boolean;
}

/** Files of a dist-info folder that describe an installation (PEP 376, PEP 610), which a layer is not. */
const installationRecords = ["INSTALLER", "REQUESTED", "direct_url.json"];

/**
 * The wheel's names, from its one dist-info folder at the top (PEP 427).
 *
 * Throws {@link ZipDefect} when there is none, more than one, or one of another distribution.
 */
export function wheelNames(name: string, entryNames: Iterable<string>): WheelNames {
    const found = new Set<string>();
    for (const entry of entryNames) {
        const [folder = ""] = entry.split("/", 1);
        if (folder !== entry && folder.endsWith(".dist-info")) found.add(folder);
    }
    const [distInfo, second] = found;
    if (distInfo === undefined) throw new ZipDefect("it has no dist-info folder");
    if (second !== undefined)
        throw new ZipDefect(`it has two dist-info folders, ${quoted(distInfo)} and ${quoted(second)}`);
    const stem = distInfo.slice(0, -".dist-info".length);
    const [distribution = ""] = stem.split("-", 1);
    if (distribution.replace(/[-_.]+/g, "-").toLowerCase() !== name) {
        throw new ZipDefect(`its dist-info folder ${quoted(distInfo)} is not ${name}'s`);
    }
    return { name, distInfo, data: `${stem}.data` };
}

/**
 * Where an entry goes, as `uv pip install --target` has it; undefined for what is left out: byte code caches (they name
 * the time and place of their sources), records of an installation, and RECORD, which is written anew. A `.pyc` outside
 * `__pycache__` stays: it may be all there is of a module.
 *
 * Of a `.data` folder (PEP 427) purelib, platlib and data go to the root, scripts to `bin/`, headers to `include/<name>/`.
 * Throws {@link ZipDefect} for any other part of it.
 */
export function placeEntry(entryName: string, names: WheelNames): Placement | undefined {
    const parts = entryName.split("/");
    if (parts.slice(0, -1).includes("__pycache__")) return undefined;
    const [top, scheme, ...rest] = parts;
    if (top === names.distInfo && rest.length === 0 && scheme !== undefined) {
        if (scheme === "RECORD" || installationRecords.includes(scheme)) return undefined;
    }
    if (top !== names.data) return { path: entryName, script: false };
    const path = rest.join("/");
    if (path === "" || scheme === undefined)
        throw new ZipDefect(`entry ${quoted(entryName)} belongs to no installation scheme`);
    switch (scheme) {
        case "purelib":
        case "platlib":
        case "data":
            return { path, script: false };
        case "scripts":
            return { path: `bin/${path}`, script: true };
        case "headers":
            return { path: `include/${names.name}/${path}`, script: false };
        default:
            throw new ZipDefect(
                `entry ${quoted(entryName)} is of the unknown installation scheme ${quoted(scheme)}`,
            );
    }
}

/**
 * Whether a script starts with `#!python` or `#!pythonw`: a placeholder that an installer replaces by its own Python
 * (PEP 427), and that a layer has no replacement for.
 */
export const isPythonLauncher = (start: Buffer): boolean =>
    start.subarray(0, 8).toString("latin1") === "#!python";
