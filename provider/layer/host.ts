import type { AwsSession } from "../aws/session";
import type { Run } from "../build/run";
import type { RunMemory } from "./memory";

/**
 * What a front end gives the core: one for each process or provider. Everything that belongs to a process as a whole comes in
 * here, so that two hosts in one process do not see each other.
 */
export interface Host {
    /** Where relative paths start: the program's folder. Absolute. */
    readonly folder: string;
    /** Variables of the environment. Foreign programs are given a part of them. */
    readonly environment: NodeJS.ProcessEnv;
    /** Where folders for a single piece of work are made. Absolute. */
    readonly temporaryFolder: string;
    readonly aws: AwsSession;
    /** Starts foreign programs. */
    readonly run: Run;
    readonly memory: RunMemory;
}

/** How much a message matters. */
export type Severity = "info" | "warning";

/** What a front end gives the core for one operation on one resource. */
export interface Call {
    /** Says what was done, or what the user should look at, in a line that stays. */
    readonly log: (severity: Severity, text: string) => void;
    /** Says how far the work is, in a line that the next one replaces. It may be called any number of times. */
    readonly status: (text: string) => void;
    /** Ends the operation. Its reason is the error that the operation then throws. */
    readonly signal: AbortSignal;
}
