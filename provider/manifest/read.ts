import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import path from "node:path";
import { readRegularFile } from "../disk";
import { LayerError } from "../errors";
import type { RememberUnchanged } from "../unchangedFile";
import { manifestKindNamed } from "./kind";
import { type IncludedFile, type ManifestFile, type ManifestKind, manifestKinds } from "./model";
import { type NoManifest, otherFormatNamed, otherFormatOf } from "./otherFormats";
import { errorAt } from "./position";
import { isInProject, projectRoots } from "./project";
import { requirementsIncludes } from "./requirementsLines";
import type { Variables } from "./variables";

/** Bytes: no real manifest comes near, and one that does would hold up every preview. */
const largestManifest = 32 * 1024 * 1024;
/** Files; a guard against generated mazes. */
const mostIncludes = 500;

/** The bytes of a file that a manifest argument names, and their MD5. */
export interface FileBytes {
    readonly absolutePath: string;
    readonly bytes: Buffer;
    /** Lower-case hex. */
    readonly md5: string;
}

/** A manifest's own bytes and text. */
export interface ManifestContent extends FileBytes {
    readonly text: string;
}

/**
 * Reads a file that belongs to a layer, whatever it holds. `filePath` may be relative to `folder`.
 *
 * Throws `MANIFEST_NOT_FOUND`, or `MANIFEST_UNREADABLE` for a directory, a file without permission, one of more than 32 MiB, and a
 * link that leads out of the project: whoever may change the project could otherwise have any file of this machine shown or stored.
 */
export async function readManifestBytes(filePath: string, folder: string): Promise<FileBytes> {
    const absolutePath = path.resolve(folder, filePath);
    const roots = await projectRoots(path.dirname(absolutePath), folder);
    return readFileOf(roots, absolutePath, filePath, folder);
}

async function readFileOf(
    roots: readonly string[],
    absolutePath: string,
    filePath: string,
    folder: string,
): Promise<FileBytes> {
    try {
        if (!(await isInProject(absolutePath, roots))) throw new OutsideProject(filePath, roots);
        const status = await stat(absolutePath);
        if (!status.isFile()) {
            throw unreadable(filePath, status.isDirectory() ? "it is a directory" : "it is no regular file");
        }
        if (status.size > largestManifest) {
            const size = Math.round(status.size / 1024 / 1024);
            throw unreadable(filePath, `it has ${size} MiB, which no manifest has`);
        }
        const bytes = await readRegularFile(absolutePath);
        return { absolutePath, bytes, md5: createHash("md5").update(bytes).digest("hex") };
    } catch (error) {
        throw error instanceof LayerError ? error : readFailure(filePath, folder, error);
    }
}

/**
 * Reads a manifest and what it includes; parses nothing but the `-r` and `-c` lines of requirements.
 *
 * `options.folder` is the directory that a relative path starts from; `options.kind` overrides what the file's name says
 * (`uv.lock`, `poetry.lock`, and any `*.txt` for requirements.txt). Throws `MANIFEST_NOT_FOUND`,
 * `MANIFEST_KIND_UNKNOWN`, `MANIFEST_UNREADABLE` (no file, not text, not UTF-8, too large) and `MANIFEST_SYNTAX` (an included file
 * that is missing, an address, or in a circle), the latter at the line that includes it.
 */
export async function readManifest(
    manifestPath: string,
    options: {
        readonly folder: string;
        readonly kind?: ManifestKind;
        /** What a requirements.txt's variables stand for. @default - nothing but PROJECT_ROOT, the manifest's folder */
        readonly environment?: Variables;
        /** Keeps what was read. @default - nothing does */
        readonly texts?: RememberUnchanged<ManifestContent>;
    },
): Promise<ManifestFile> {
    const folder = path.resolve(options.folder);
    const other = otherFormatNamed(manifestPath, options.kind);
    if (other !== undefined) throw notReadable(manifestPath, other);
    const kind = options.kind ?? manifestKindOf(manifestPath);
    const absolutePath = path.resolve(folder, manifestPath);
    const readContent = async () => {
        const read = await readManifestBytes(manifestPath, folder);
        return { ...read, text: decodeText(manifestPath, read.bytes) };
    };
    const { bytes, md5, text } = await (options.texts?.(absolutePath, readContent) ?? readContent());
    const found = otherFormatOf(manifestPath, text, kind);
    if (found !== undefined) throw notReadable(manifestPath, found);
    const file = { kind, path: manifestPath, folder, absolutePath, bytes, md5, text };
    if (kind !== "requirements.txt") return { ...file, includes: [] };
    const { environment = {} } = options;
    const used = new Map<string, string>();
    const known = { PROJECT_ROOT: path.dirname(absolutePath), ...environment };
    const includes = await readIncludes(file, known, (name) => {
        const value = environment[name];
        if (value) used.set(name, value);
    });
    return {
        ...file,
        includes,
        ...(used.size === 0 ? {} : { variables: Object.fromEntries([...used].sort()) }),
    };
}

/** The kind that a file's name stands for. Throws `MANIFEST_KIND_UNKNOWN`. */
export function manifestKindOf(manifestPath: string): ManifestKind {
    const kind = manifestKindNamed(manifestPath);
    if (kind !== undefined) return kind;
    throw new LayerError("MANIFEST_KIND_UNKNOWN", {
        what: `What kind of manifest ${manifestPath} is does not show from its name.`,
        next: `Name its kind in \`manifestKind\`: ${manifestKinds.map((kind) => `"${kind}"`).join(", ")}.`,
        property: "manifest",
    });
}

const notReadable = (manifestPath: string, { what, next }: NoManifest): LayerError =>
    new LayerError("MANIFEST_KIND_UNKNOWN", {
        what: `${manifestPath} is not read: it is ${what}.`,
        next,
        property: "manifest",
    });

async function readIncludes(
    root: Omit<ManifestFile, "includes">,
    variables: Variables,
    used: (name: string) => void,
): Promise<IncludedFile[]> {
    const found = new Map<string, IncludedFile>();
    const roots = await projectRoots(path.dirname(root.absolutePath), root.folder);

    const follow = async (file: IncludedFile, trail: readonly IncludedFile[]): Promise<void> => {
        for (const include of requirementsIncludes(file.path, file.text, variables, used)) {
            const fail = (what: string, next: string, cause?: unknown) =>
                errorAt(include.position, file.text, { what, next, cause });
            if (/^[a-z][a-z0-9+.-]+:\/\//i.test(include.target)) {
                throw fail(
                    `${file.path} includes an address, which a preview without network cannot read.`,
                    "Download the file, keep it beside the manifest, and include it by its path.",
                );
            }
            const absolutePath = path.resolve(path.dirname(file.absolutePath), include.target);
            const circle = [...trail, file].findIndex((each) => each.absolutePath === absolutePath);
            if (circle !== -1) {
                const names = [...trail.slice(circle), file, { path: includedPath(file, include.target) }];
                throw fail(
                    `Requirements files include each other in a circle: ${names.map((each) => each.path).join(" → ")}.`,
                    "Remove one of the `-r` or `-c` lines.",
                );
            }
            if (found.has(absolutePath)) {
                continue;
            }
            if (found.size >= mostIncludes) {
                throw fail(
                    `${root.path} includes more than ${mostIncludes} files.`,
                    "Compile them into one requirements.txt.",
                );
            }
            const { bytes } = await readFileOf(roots, absolutePath, include.target, root.folder).catch(
                (error: unknown) => {
                    if (error instanceof OutsideProject) {
                        throw fail(
                            `${file.path} includes ${include.target}, which lies outside of the project (${error.roots}).`,
                            "Copy the file into the project, and include the copy.",
                        );
                    }
                    throw fail(
                        `${file.path} includes ${include.target}, which cannot be read.`,
                        `Create ${includedPath(file, include.target)}, or correct the line: the path starts from the folder of the file it is in.`,
                        error,
                    );
                },
            );
            const included: IncludedFile = {
                path: includedPath(file, include.target),
                absolutePath,
                bytes,
                text: decodeText(includedPath(file, include.target), bytes),
            };
            found.set(absolutePath, included);
            await follow(included, [...trail, file]);
        }
    };

    await follow(root, []);
    return [...found.values()];
}

function includedPath(includer: { readonly path: string }, target: string): string {
    return path.isAbsolute(target) ? target : path.join(path.dirname(includer.path), target);
}

/** The text of UTF-8 bytes without a byte order mark. Throws `MANIFEST_UNREADABLE` for anything else. */
function decodeText(filePath: string, bytes: Buffer): string {
    if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
        throw unreadable(filePath, "it is UTF-16", [
            "Save it as UTF-8. PowerShell writes UTF-16 with `>`: use `| Out-File -Encoding utf8`, or the tool's own `-o`.",
        ]);
    }
    if (bytes.includes(0)) {
        throw unreadable(filePath, "it is binary, not text");
    }
    try {
        return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
        throw unreadable(
            filePath,
            `line ${firstInvalidLine(bytes)} is not UTF-8`,
            ["Save it as UTF-8."],
            error,
        );
    }
}

function firstInvalidLine(bytes: Buffer): number {
    let start = 0;
    for (let line = 1; ; line += 1) {
        const end = bytes.indexOf(0x0a, start);
        try {
            new TextDecoder("utf-8", { fatal: true }).decode(
                bytes.subarray(start, end === -1 ? undefined : end),
            );
        } catch {
            return line;
        }
        if (end === -1) {
            return line;
        }
        start = end + 1;
    }
}

/** A file that is named from inside the project and lies outside of it. */
class OutsideProject extends LayerError {
    readonly roots: string;

    constructor(filePath: string, roots: readonly string[]) {
        const shown = roots.join(", ");
        super("MANIFEST_UNREADABLE", {
            what: `The manifest ${filePath} cannot be read: it is a link that leads out of the project (${shown}).`,
            next: "Copy the file into the project, or name the file itself in `manifest`.",
            property: "manifest",
        });
        this.roots = shown;
    }
}

function unreadable(
    filePath: string,
    why: string,
    next: readonly string[] = ["Check that `manifest` names the right file."],
    cause?: unknown,
): LayerError {
    return new LayerError("MANIFEST_UNREADABLE", {
        what: `The manifest ${filePath} cannot be read: ${why}.`,
        next,
        property: "manifest",
        ...(cause === undefined ? {} : { cause }),
    });
}

function readFailure(filePath: string, folder: string, error: unknown): LayerError {
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") {
        return new LayerError("MANIFEST_NOT_FOUND", {
            what: `There is no manifest ${filePath}.`,
            where: path.resolve(folder, filePath),
            next: `Give \`manifest\` a path relative to the program's directory, ${folder}.`,
            property: "manifest",
            cause: error,
        });
    }
    const reasons: Readonly<Record<string, string>> = {
        EACCES: "permission denied",
        EPERM: "permission denied",
        ELOOP: "its symbolic links go in a circle",
        ENAMETOOLONG: "its name is too long",
    };
    return unreadable(filePath, reasons[code] ?? (code === "" ? String(error) : code), undefined, error);
}
