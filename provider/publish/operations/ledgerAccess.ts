import { isProblem, type LedgerProblem, parseLedger, serialiseLedger } from "../ledger/format";
import { changeFaults, type Grounds, removalFaults } from "../ledger/invariants";
import { type Ledger, newLedger } from "../ledger/ledger";
import { LedgerFailure } from "./failure";
import type { Place, StoredText } from "./place";

/** The ledger as it was read or written last, with what a write has to be conditional on. */
export interface Known {
    /** The ledger; a new one, that is not written yet, where there is none. */
    readonly ledger: Ledger;
    /** ETag; `undefined`: there is no ledger. */
    readonly version: string | undefined;
    /** S3's time of the answer, milliseconds since the epoch. */
    readonly date: number;
    /** The clock's time of the answer. */
    readonly readAt: number;
    /** How often in a row a write met somebody else's. */
    readonly conflicts: number;
}

/** S3's time now, as far as the last answer tells: both clocks only count on. */
export const storeTime = ({ clock }: Place, { date, readAt }: Known): number =>
    date + Math.max(0, Math.round(clock.now() - readAt));

/**
 * Reads the ledger.
 *
 * @throws LedgerFailure LEDGER_UNREADABLE where there is one that is not to be used
 */
export async function readLedger(place: Place): Promise<Known> {
    const read = await look(place);
    if ("problem" in read) {
        throw new LedgerFailure("LEDGER_UNREADABLE", { layer: place.layer, problem: read.problem });
    }
    return read;
}

/** The ledger, or why it is not to be used. */
export async function look(place: Place): Promise<Known | { readonly problem: LedgerProblem }> {
    return toKnown(place, await readText(place));
}

/** The ledger's text as it is, whatever it says. */
export async function readText({ store }: Place): Promise<StoredText> {
    for (;;) {
        const found = await store.read();
        if (found !== "unchanged") return found;
    }
}

/** Reads the ledger only if it is another one than that. */
export async function readAgain(place: Place, known: Known): Promise<Known> {
    const found = await place.store.read(known.version);
    if (found === "unchanged") {
        return known;
    }
    const read = toKnown(place, found);
    if ("problem" in read) {
        throw new LedgerFailure("LEDGER_UNREADABLE", { layer: place.layer, problem: read.problem });
    }
    return read;
}

function toKnown(place: Place, { text, version, date }: StoredText): Known | { problem: LedgerProblem } {
    if (text === undefined) {
        return toKnownAbsence(place, date);
    }
    const readAt = place.clock.now();
    const ledger = parseLedger(text, place.layer);
    return isProblem(ledger) ? { problem: ledger } : { ledger, version, date, readAt, conflicts: 0 };
}

/**
 * Writes a changed ledger over the one that it was made from.
 *
 * @param grounds what the change rests on beside the ledger; it must have been looked up after the ledger was read
 * @returns the ledger as it is now; `undefined` when another is there, or nobody knows: read again, look again, apply again
 * @throws LedgerFailure LEDGER_INVARIANT for a change that no rule allows, before anything is written
 */
export async function commit(
    place: Place,
    known: Known,
    changed: Ledger,
    grounds: Grounds = {},
): Promise<Known | undefined> {
    if (changed === known.ledger) {
        return known;
    }
    const ledger = { ...changed, sequence: known.ledger.sequence + 1 };
    const faults = changeFaults(ledger, known.ledger, grounds);
    if (faults.length > 0) {
        throw new LedgerFailure("LEDGER_INVARIANT", { layer: place.layer, faults });
    }
    const written = await place.store.write(serialiseLedger(ledger), known.version);
    return written && { ledger, ...written, readAt: place.clock.now(), conflicts: 0 };
}

/** Takes the ledger away, if it is still that one, and nothing is left in it: see {@link commit}. */
export async function removeLedger(place: Place, known: Known, emptied: Ledger): Promise<Known | undefined> {
    const faults = removalFaults(emptied);
    if (faults.length > 0) {
        throw new LedgerFailure("LEDGER_INVARIANT", { layer: place.layer, faults });
    }
    const written = await place.store.write(undefined, known.version);
    return written && toKnownAbsence(place, written.date);
}

function toKnownAbsence({ layer, clock }: Place, date: number): Known {
    const ledger = newLedger(layer, clock.newId());
    return { ledger, version: undefined, date, readAt: clock.now(), conflicts: 0 };
}

/** Milliseconds to wait after so many conflicts in a row, at most. */
const conflictPause = (conflicts: number): number => Math.min(2000, 300 * 2 ** conflicts);

/** Waits after a conflict, then reads the ledger that is there now. */
export async function afterConflict(place: Place, { conflicts }: Known): Promise<Known> {
    await place.clock.sleep(place.clock.random() * conflictPause(conflicts));
    return { ...(await readLedger(place)), conflicts: conflicts + 1 };
}

/** What a change decides, given the ledger as it is. */
export interface Decision<Result> {
    /** The ledger itself where there is nothing to change. */
    readonly ledger: Ledger;
    readonly grounds?: Grounds;
    readonly result: Result;
}

/**
 * Changes the ledger: read, look, decide, write; again from the start when somebody else has written in between.
 *
 * @param decide looks up what it needs, after the read; applied twice it must answer the same
 * @param known read already; default: read now
 */
export async function changeLedger<Result>(
    place: Place,
    decide: (known: Known) => Promise<Decision<Result>> | Decision<Result>,
    known?: Known,
): Promise<{ readonly known: Known; readonly result: Result }> {
    let current = known ?? (await readLedger(place));
    for (;;) {
        const { ledger, grounds, result } = await decide(current);
        const written = await commit(place, current, ledger, grounds);
        if (written !== undefined) {
            return { known: written, result };
        }
        current = await afterConflict(place, current);
    }
}
