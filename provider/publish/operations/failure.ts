import type { LedgerProblem } from "../ledger/format";

/** What an operation on a ledger failed with: a code, and the data that its wording needs. */
export interface FailureData {
    /** There is a ledger that is not to be used; nothing was changed. */
    readonly LEDGER_UNREADABLE: {
        readonly layer: string;
        readonly problem: LedgerProblem;
        readonly published?: number;
    };
    /** There is a ledger that can be read: it is not made anew. */
    readonly LEDGER_EXISTS: { readonly layer: string };
    /** A fault of this program: the change was not written. */
    readonly LEDGER_INVARIANT: { readonly layer: string; readonly faults: readonly string[] };
    /** Others hold the lease for longer than this process waits. */
    readonly PUBLISH_CONTENDED: { readonly layer: string; readonly versionKey: string };
    /** Lambda published other bytes than those that were meant; the version is deleted again. */
    readonly PUBLISH_MISMATCH: {
        readonly layer: string;
        readonly version: number;
        readonly expected: string;
        readonly found: string;
    };
    /** The zip was deleted again each time that it was uploaded. */
    readonly ARTIFACT_MISSING: { readonly layer: string };
    /** Nobody knows whether something was published. The lease leads the next run to it. */
    readonly PUBLISH_UNANSWERED: { readonly layer: string };
    /** Lambda does not have the version, or it is being deleted. */
    readonly VERSION_NOT_FOUND: { readonly layer: string; readonly version: number };
}

/** Thrown by the operations on a ledger. */
export class LedgerFailure<Code extends keyof FailureData = keyof FailureData> extends Error {
    constructor(
        readonly code: Code,
        readonly data: FailureData[Code],
        options?: ErrorOptions,
    ) {
        super(`${code} ${JSON.stringify(data)}`, options);
        this.name = "LedgerFailure";
    }
}

/** Whether an error is a {@link LedgerFailure} with this code. */
export const isLedgerFailure = <Code extends keyof FailureData>(
    error: unknown,
    code: Code,
): error is LedgerFailure<Code> => error instanceof LedgerFailure && error.code === code;
