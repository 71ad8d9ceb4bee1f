import { type Pruning, prune, type RecordedVersion, rebuild } from "../ledger/byHand";
import { isProblem, parseLedger, serialiseLedger } from "../ledger/format";
import { type Holding, holdings } from "../ledger/ledger";
import { type KnownStates, type PruningPlan, planPruning } from "../ledger/pruning";
import { LedgerFailure } from "./failure";
import { changeLedger, readLedger, readText } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import type { Place } from "./place";
import { tidy } from "./tidy";

/**
 * Looks for what may be let go. Changes nothing.
 *
 * @param kept whether kept versions are let go too
 */
export async function lookForPruning(place: Place, states: KnownStates, kept: boolean): Promise<PruningPlan> {
    const { ledger } = await readLedger(place);
    const listed = await place.versions.list();
    return planPruning(ledger, states, new Set(listed.map(({ version }) => version)), kept);
}

/**
 * Lets go of what a person has chosen, and deletes what nobody holds then. What somebody has come to hold meanwhile stays.
 *
 * @returns what could not be completed
 */
export async function pruneLedger(place: Place, chosen: Pruning): Promise<readonly unknown[]> {
    const { known, result } = await changeLedger(place, async ({ ledger }) => {
        const missing: number[] = [];
        for (const version of chosen.missing) {
            if ((await lookUp(place, version)) === undefined) missing.push(version);
        }
        const { createIds, waiting } = chosen;
        return {
            ledger: prune(ledger, { ...chosen, missing }),
            grounds: { creates: createIds, gone: missing, chosen: waiting },
            result: ledger,
        };
    });
    return tidy(place, known, result, 0);
}

/**
 * Lets go of what creates hold, and deletes what nobody holds then.
 *
 * @returns the holds that there were
 */
export async function releaseHolds(place: Place, createIds: readonly string[]): Promise<Holding[]> {
    const { known, result } = await changeLedger(place, async ({ ledger }) => ({
        ledger: prune(ledger, { createIds, waiting: [], missing: [] }),
        grounds: { creates: createIds },
        result: ledger,
    }));
    await tidy(place, known, result, 0);
    return holdings(result).filter(({ createId }) => createIds.includes(createId));
}

/**
 * Makes a ledger anew where it was lost, or cannot be read. By hand only: a run never does.
 *
 * @param recorded what the records beside the ledger say; what Lambda does not have, or has otherwise, is left out
 * @returns the numbers of the versions that are in it
 * @throws LedgerFailure LEDGER_EXISTS where there is one that can be read, LEDGER_UNREADABLE for one of a newer format or another layer
 */
export async function rebuildLedger(place: Place, recorded: readonly RecordedVersion[]): Promise<number[]> {
    const { version, confirmed } = await confirm(place, recorded);
    const ledger = { ...rebuild(place.layer, place.clock.newId(), confirmed), sequence: 1 };
    const written = await place.store.write(serialiseLedger(ledger), version);
    return written === undefined ? rebuildLedger(place, recorded) : [...ledger.versions.keys()];
}

/** The versions that {@link rebuildLedger} would enter; throws what it does. Changes nothing. */
export async function confirmRecorded(place: Place, recorded: readonly RecordedVersion[]): Promise<number[]> {
    return (await confirm(place, recorded)).confirmed.map(({ version }) => version);
}

async function confirm(
    place: Place,
    recorded: readonly RecordedVersion[],
): Promise<{
    readonly version: string | undefined;
    readonly confirmed: readonly RecordedVersion[];
}> {
    const found = await readText(place);
    const parsed = found.text === undefined ? undefined : parseLedger(found.text, place.layer);
    if (parsed !== undefined && !isProblem(parsed)) {
        throw new LedgerFailure("LEDGER_EXISTS", { layer: place.layer });
    }
    if (parsed !== undefined && parsed.problem !== "unreadable") {
        throw new LedgerFailure("LEDGER_UNREADABLE", { layer: place.layer, problem: parsed });
    }
    const confirmed: RecordedVersion[] = [];
    for (const each of recorded) {
        const shown = await place.versions.get(each.version);
        if (shown?.codeSha256 === each.codeSha256) {
            confirmed.push(each);
        }
    }
    return { version: found.version, confirmed };
}
