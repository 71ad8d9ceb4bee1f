import { setTimeout as sleep } from "node:timers/promises";

/** Something to undo before this process ends: stop a server, remove a folder. Told the signal, if one ends it. */
export type Cleanup = (signal?: NodeJS.Signals) => void | Promise<void>;

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long an interruption may take altogether. */
const graceMs = 15_000;
/** How long commands may take after each of two interruptions, before what they use is removed. */
const commandGraceMs = 4_000;
/** Signals that come so soon after the first are the same interruption. */
const repeatedMs = 1_000;

const cleanups = new Set<Cleanup>();
/** Ids of the groups, and which kind each is. */
const processGroups = new Map<number, "command" | "server">();
let installed = false;
/** When the first interruption came, in ms of `performance.now()`. */
let endingSince: number | undefined;

/**
 * Sees to it that `cleanup` runs when this process is interrupted (SIGINT, SIGTERM, SIGHUP), the newest first.
 * It is not called at a normal end: call what is returned, which runs it at most once and forgets it.
 */
export function atShutdown(cleanup: Cleanup): () => Promise<void> {
    install();
    let running: Promise<void> | undefined;
    const once = (signal?: NodeJS.Signals): Promise<void> => {
        // It stays due until it is done: an interruption in the middle has to wait for it.
        running ??= (async () => cleanup(signal))().finally(() => cleanups.delete(once));
        return running;
    };
    cleanups.add(once);
    return () => once();
}

/** Throws when this process is being interrupted. Called before anything is started or made that would be left behind. */
export function refuseWhenInterrupted(): void {
    if (endingSince !== undefined) {
        throw new Error("Interrupted.");
    }
}

/**
 * Remembers a process group (the id of a process started with `detached`), so that it never outlives this process.
 * When this process is interrupted, commands are too, and may end in their own way; servers last until the clean-up.
 * Returns a function that forgets the group.
 */
export function trackProcessGroup(id: number, kind: "command" | "server"): () => void {
    install();
    processGroups.set(id, kind);
    return () => {
        processGroups.delete(id);
    };
}

/** Sends a signal to a whole process group. A group that is gone is no error. */
export function signalProcessGroup(id: number, signal: NodeJS.Signals): void {
    try {
        process.kill(-id, signal);
    } catch {
        // Gone already, which is what the caller wanted.
    }
}

function install(): void {
    if (installed) {
        return;
    }
    installed = true;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.on(signal, () => void interrupt(signal));
    }
    process.on("exit", () => {
        for (const id of processGroups.keys()) {
            signalProcessGroup(id, "SIGKILL");
        }
    });
}

async function interrupt(signal: keyof typeof exitCodes): Promise<void> {
    if (endingSince !== undefined) {
        // A second Ctrl-C does not wait for the clean-up. But npm and mocha pass on what a terminal has sent to all.
        if (performance.now() - endingSince > repeatedMs) {
            process.exit(exitCodes[signal]);
        }
        return;
    }
    endingSince = performance.now();
    setTimeout(() => process.exit(exitCodes[signal]), graceMs).unref();
    // Pulumi finishes what it is at after the first interruption, and stops at once after the second.
    await interruptCommands(commandGraceMs);
    await interruptCommands(commandGraceMs);
    // Tests go on meanwhile, and may still register something.
    for (let due = [...cleanups]; due.length > 0; due = [...cleanups]) {
        for (const cleanup of due.reverse()) {
            try {
                await cleanup(signal);
            } catch (error) {
                console.error(`Clean-up failed: ${error instanceof Error ? error.message : String(error)}`);
            }
        }
    }
    process.exit(exitCodes[signal]);
}

/** Asks every command to end, and waits for that, though not for ever. */
async function interruptCommands(timeoutMs: number): Promise<void> {
    const commands = () => [...processGroups].filter(([, kind]) => kind === "command").map(([id]) => id);
    for (const id of commands()) {
        signalProcessGroup(id, "SIGINT");
    }
    const deadline = Date.now() + timeoutMs;
    while (commands().length > 0 && Date.now() < deadline) {
        await sleep(50);
    }
}
