/**
 * What can go wrong, as codes that documentation and programs may rely on. A code, once released, keeps its meaning.
 */
export type ErrorCode =
    // inputs
    | "ARGUMENT_INVALID"
    | "TARGET_UNSUPPORTED"
    | "STATE_UNSUPPORTED"
    // manifest
    | "MANIFEST_NOT_FOUND"
    | "MANIFEST_UNREADABLE"
    | "MANIFEST_KIND_UNKNOWN"
    | "MANIFEST_SYNTAX"
    | "MANIFEST_CHANGED"
    | "MANIFEST_CREDENTIALS"
    | "MANIFEST_SELECTION"
    | "MANIFEST_EMPTY"
    | "MANIFEST_TARGET"
    | "REQUIREMENT_UNPINNED"
    | "REQUIREMENTS_INCOMPLETE"
    | "WHEEL_NOT_FOUND"
    // build
    | "TOOL_NOT_FOUND"
    | "TOOL_FAILED"
    | "DOWNLOAD_FAILED"
    | "HASH_MISMATCH"
    | "SOURCE_BUILD_REFUSED"
    | "DISK_FULL"
    | "FOLDER_UNWRITABLE"
    | "ABORTED"
    // package
    | "WHEEL_INVALID"
    | "FILES_CONFLICT"
    | "PLATFORM_MISMATCH"
    | "LAYER_TOO_LARGE"
    | "LAYER_EMPTY"
    // upload
    | "BUCKET_NOT_FOUND"
    | "BUCKET_WRONG_REGION"
    | "UPLOAD_FAILED"
    // publish
    | "ARCHIVE_NOT_FOUND"
    | "ARCHIVE_STALE"
    | "ARCHIVE_INVALID"
    | "ARCHIVE_UNLABELLED"
    | "PUBLISH_REFUSED"
    | "PUBLISH_MISMATCH"
    | "PUBLISH_CONTENDED"
    | "PUBLISH_UNANSWERED"
    | "ARTIFACT_MISSING"
    | "VERSION_NOT_FOUND"
    | "LEDGER_UNREADABLE"
    | "LEDGER_EXISTS"
    | "LEDGER_INVARIANT"
    | "RECORD_MISSING"
    // aws
    | "SETTING_INVALID"
    | "CREDENTIALS_MISSING"
    | "REGION_MISSING"
    | "ACCESS_DENIED"
    | "AWS_FAILED";

/** The parts of a {@link LayerError}'s message. No part may hold a secret, and the whole stays within a dozen lines. */
export interface Failure {
    /** What failed, on what: one sentence that names the layer, package, file or call. Ends with a full stop. */
    readonly what: string;
    /** Where: `file:line:column`, an S3 URI, an AWS call. */
    readonly where?: string | undefined;
    /** Lines worth seeing: the offending line under its caret, a failed tool's last lines, a table of sizes. */
    readonly detail?: readonly string[] | undefined;
    /** What to do next: an imperative sentence, or several when there are several ways out. */
    readonly next: string | readonly string[];
    /** The argument at fault, where there is one. */
    readonly property?: string | undefined;
    /** The error underneath. */
    readonly cause?: unknown;
}

/**
 * An error that a user can act on: a stable {@link code}, what failed on what, and what to do next.
 *
 * Recognise one with {@link isLayerError}, which also works across two copies of this package.
 */
export class LayerError extends Error {
    /** What went wrong, as a word that keeps its meaning. */
    readonly code: ErrorCode;
    /** The parts that the message is made of: `what`, `where`, `detail`, `next`, and the argument at fault as `property`. */
    readonly failure: Failure;
    /** @internal */
    readonly __pulumiLambdaLayerError = true;

    constructor(code: ErrorCode, failure: Failure) {
        super(
            describeFailure(code, failure),
            failure.cause === undefined ? undefined : { cause: failure.cause },
        );
        this.name = "LayerError";
        this.code = code;
        this.failure = failure;
    }
}

/** Whether `error` is a {@link LayerError}, of this or another copy of the package. */
export function isLayerError(error: unknown): error is LayerError {
    return typeof error === "object" && error !== null && "__pulumiLambdaLayerError" in error;
}

/** The longest part of a message, in characters: the rest is somebody else's text. */
const longestPart = 1000;

/** A part of a message on its one line: what a manifest or a program says can neither fill the screen nor pass for a line of ours. */
function onOneLine(part: string): string {
    const line = part.slice(0, 2 * longestPart).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
    return line.length > longestPart ? `${line.slice(0, longestPart - 1)}…` : line;
}

/** The message of a failure with this code, as {@link LayerError} carries it. */
function describeFailure(code: ErrorCode, failure: Failure): string {
    const next = typeof failure.next === "string" ? [failure.next] : failure.next;
    return [
        `${code}: ${onOneLine(failure.what)}`,
        ...(failure.where === undefined ? [] : [`  at ${onOneLine(failure.where)}`]),
        ...(failure.detail ?? []).map((line) => `  | ${onOneLine(line)}`),
        ...next.map((line) => `  → ${onOneLine(line)}`),
    ].join("\n");
}
