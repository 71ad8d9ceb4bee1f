import type { CandidateVersion, ListedVersion } from "../ledger/lease";
import type { Tell } from "../ledger/notes";

/** One layer in one account and region, with the ledger that decides about its versions. */
export interface Place {
    /** ARN of the layer, without a version. */
    readonly layer: string;
    readonly store: LedgerStore;
    readonly versions: LayerVersions;
    readonly objects: VersionObjects;
    readonly clock: Clock;
    readonly tell: Tell;
    /** Milliseconds after which a publisher counts as dead. Default: see `ledger/lease.ts`. */
    readonly stale?: number | undefined;
    /** Milliseconds before a missing version is asked for again. Default: see `lookForVersion.ts`. */
    readonly secondLook?: number | undefined;
}

/** One object that is read whole and written on condition. */
export interface LedgerStore {
    /** @param known a version that need not be sent again: `unchanged` when it is still the latest */
    read(known?: string): Promise<StoredText | "unchanged">;
    /**
     * Writes only if the version is still that; `over: undefined` only if there is nothing, `text: undefined` takes the object away.
     *
     * @returns `undefined` when another version is there, or nobody knows: a repeated request may have met its own write
     */
    write(text: string | undefined, over: string | undefined): Promise<WrittenText | undefined>;
}

/** The object as it was read. */
export interface StoredText extends WrittenText {
    /** `undefined`: there is none. */
    readonly text: string | undefined;
}

export interface WrittenText {
    /** ETag; `undefined`: there is none. */
    readonly version: string | undefined;
    /** The store's own time of the answer, milliseconds since the epoch. */
    readonly date: number;
}

/** A published version. */
export interface PublishedFacts extends CandidateVersion {
    readonly codeSize: number;
}

/** Lambda's calls about the versions of one layer. */
export interface LayerVersions {
    /** The highest version number that exists; 0 for a layer without versions. */
    newest(): Promise<number>;
    /** Every version. */
    list(): Promise<readonly ListedVersion[]>;
    /** `undefined` only where Lambda says that there is none. */
    get(version: number): Promise<PublishedFacts | undefined>;
    /** Deletes a version; one that is not there is no failure. */
    delete(version: number): Promise<void>;
    /** Our statements of a version's policy. */
    readPolicy(version: number): Promise<PolicyState>;
    /**
     * Adds one of our statements; `undefined` when the policy is not of that revision any more, has the statement already, or is gone
     * with its version.
     *
     * @param revision `undefined`: unconditionally, where there was no policy to have a revision
     * @returns the new revision
     */
    addStatement(
        version: number,
        statement: Statement,
        revision: string | undefined,
    ): Promise<string | undefined>;
    /** Removes one of our statements; false when the policy is not of that revision any more, or is gone. */
    removeStatement(version: number, statement: Statement, revision: string): Promise<boolean>;
}

/** Ours of a policy: who is permitted to use the version, or a mark that permits nobody who was not permitted before. */
export type Statement = { readonly grantee: string } | { readonly mark: "even" | "odd" };

export interface PolicyState {
    /** `undefined`: the version has no policy. */
    readonly revision: string | undefined;
    readonly statements: readonly Statement[];
}

/** Who is permitted, as a policy has it. */
export const granteesOf = ({ statements }: PolicyState): string[] =>
    statements.flatMap((statement) => ("grantee" in statement ? [statement.grantee] : []));

/** What is kept beside the ledger, for people. */
export interface VersionObjects {
    /** Deletes a version's manifest and record, and the zips of these artifact keys; what is not there is no failure. */
    delete(version: number, artifacts: readonly string[]): Promise<void>;
}

/** Time and chance, so that a simulation can play them. */
export interface Clock {
    /** Milliseconds of a clock that never goes back. */
    now(): number;
    /** Rejects when the signal aborts. */
    sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
    /** From 0 up to 1. */
    random(): number;
    /** A new random id. */
    newId(): string;
}
