import type { ErrorCode, LayerError } from "../errors";

/**
 * An error as a hook throws it. Pulumi prints what some hooks throw twice: once as `${error}: ${error.stack}` and once as the
 * resource's error. The message belongs into the second; the first gets the code alone.
 */
export class HookError extends Error {
    readonly code: ErrorCode;

    constructor(cause: LayerError) {
        super(cause.message, { cause });
        this.code = cause.code;
        this.stack = "";
    }

    override toString(): string {
        return this.code;
    }
}
