import { holdingOf } from "../ledger/ledger";
import { look } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import type { Place, PublishedFacts } from "./place";

/** What a state says of its version. */
export interface StateHold {
    readonly version: number;
    /** `undefined` in a state that was imported: it never held anything. */
    readonly createId: string | undefined;
    readonly epoch: string | undefined;
}

/** What is there of it. Everything but `current` is drift: the next update makes the state's create a holder again. */
export interface InspectedHold {
    /** `undefined`: Lambda does not have the version. */
    readonly version: PublishedFacts | undefined;
    readonly hold:
        | "current"
        | "kept"
        | "none"
        | "deleting"
        | "another epoch"
        | "no ledger"
        | "ledger not used";
}

/** Looks at a state's version and its hold. Changes nothing. */
export async function inspectHold(place: Place, state: StateHold): Promise<InspectedHold> {
    const read = await look(place);
    const version = await lookUp(place, state.version);
    if ("problem" in read) {
        place.tell({ code: "ledger not used", problem: read.problem });
        return { version, hold: "ledger not used" };
    }
    if (read.version === undefined) {
        return { version, hold: "no ledger" };
    }
    if (state.epoch !== undefined && read.ledger.epoch !== state.epoch) {
        return { version, hold: "another epoch" };
    }
    if (read.ledger.versions.get(state.version)?.deleting) {
        return { version, hold: "deleting" };
    }
    const holding = state.createId === undefined ? undefined : holdingOf(read.ledger, state.createId);
    return { version, hold: holding?.version === state.version ? holding.holder.use : "none" };
}
