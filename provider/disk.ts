import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, stat } from "node:fs/promises";
import path from "node:path";
import { LayerError } from "./errors";

/** What the operating system said about a file or folder of this machine, told apart from what a network said. */
export class DiskFailure extends Error {
    /** `ENOSPC`, `EACCES`. */
    readonly code: string;
    /** Where; absent where the system does not say. */
    readonly path: string | undefined;

    constructor(cause: NodeJS.ErrnoException) {
        super(cause.message, { cause });
        this.code = cause.code ?? "";
        this.path = cause.path;
    }
}

/** Waits for a file operation; what the system refuses becomes a {@link DiskFailure}. */
export async function onDisk<Result>(operation: Promise<Result>): Promise<Result> {
    try {
        return await operation;
    } catch (error) {
        throw isSystemError(error) ? new DiskFailure(error) : error;
    }
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
    error instanceof Error && "errno" in error && "syscall" in error && "code" in error;

/** Nothing more fits: on the file system, within the user's quota, into one file. */
const fullCodes = ["ENOSPC", "EDQUOT", "EFBIG"];

/** Whether a failure is one for want of room, and not of a permission or a folder. */
export const isFull = ({ code }: DiskFailure): boolean => fullCodes.includes(code);

/**
 * The failure to write below `folder` that an error is about; `undefined` for any other error. A full disk says no path, so
 * ask this only where everything is written below `folder`.
 */
export function diskFailureBelow(folder: string, error: unknown): DiskFailure | undefined {
    const failure =
        error instanceof DiskFailure ? error : isSystemError(error) ? new DiskFailure(error) : undefined;
    if (failure?.path === undefined) {
        return failure !== undefined && (isFull(failure) || failure.code === "EIO") ? failure : undefined;
    }
    const relative = path.relative(folder, failure.path);
    return relative.startsWith("..") || path.isAbsolute(relative) ? undefined : failure;
}

/** Where something was to be written. */
export interface DiskPlace {
    /** `temporary folder`, `output folder`. */
    readonly name: string;
    readonly path: string;
    /** The variable or option that names another one: `TMPDIR`. */
    readonly setting: string;
}

/** DISK_FULL or FOLDER_UNWRITABLE, with the place and what to do about it. */
export function diskError(failure: DiskFailure, place: DiskPlace): LayerError {
    const common = { where: place.path, detail: [failure.message.slice(0, 300)], cause: failure };
    if (failure.code === "EFBIG") {
        return new LayerError("DISK_FULL", {
            ...common,
            what: `A file in the ${place.name} became larger than this process may write.`,
            next: "Raise the limit: `ulimit -f unlimited` in the shell that starts Pulumi.",
        });
    }
    if (isFull(failure)) {
        return new LayerError("DISK_FULL", {
            ...common,
            what: `The ${place.name} is full.`,
            next: `Free space there, or name another folder in ${place.setting}.`,
        });
    }
    return new LayerError("FOLDER_UNWRITABLE", {
        ...common,
        what: `The ${place.name} can't be written to.`,
        next: `Make it a folder that this user may write to, or name another one in ${place.setting}.`,
    });
}

/**
 * Opens a regular file for reading. A FIFO, whose opening waits for a writer, and a device are not opened at all.
 *
 * @param follow whether a symbolic link may lead to the file
 * @throws what `fs` throws: ENOENT, EACCES; EISDIR for a folder, ENXIO for anything else that is no regular file
 */
export async function openRegularFile(
    file: string,
    { follow = true }: { readonly follow?: boolean } = {},
): Promise<FileHandle> {
    requireRegular(await (follow ? stat : lstat)(file), file);
    // In case that it is another file by now. Windows has neither flag.
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
    const handle = await open(file, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
    try {
        requireRegular(await handle.stat(), file);
        return handle;
    } catch (error) {
        await handle.close();
        throw error;
    }
}

function requireRegular(found: Stats, file: string): void {
    if (found.isFile()) return;
    const [code, what] = found.isDirectory() ? ["EISDIR", "a folder"] : ["ENXIO", "no regular file"];
    throw Object.assign(new Error(`${code}: it is ${what}, '${file}'`), { code, path: file });
}

/** The bytes of a regular file, as {@link openRegularFile} opens it. Throws what that throws. */
export async function readRegularFile(file: string): Promise<Buffer> {
    const handle = await openRegularFile(file);
    try {
        return await handle.readFile();
    } finally {
        await handle.close();
    }
}
