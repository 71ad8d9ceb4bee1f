import type { Props } from "../props";

/** The form in which Pulumi takes a resource that exists, but is not complete (`ErrorResourceInitFailed`). */
export class PartialFailure extends Error {
    constructor(
        message: string,
        readonly id: string,
        readonly properties: Props,
        readonly reasons: readonly string[],
    ) {
        super(message);
    }
}
