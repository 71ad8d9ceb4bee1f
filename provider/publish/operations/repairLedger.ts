import {
    findLeftovers,
    type Leftovers,
    type Pruning,
    prune,
    type RecordedVersion,
    rebuild,
} from "../ledger/byHand";
import { isProblem, parseLedger, serialiseLedger } from "../ledger/format";
import { LedgerFailure } from "./failure";
import { changeLedger, readLedger } from "./ledgerAccess";
import type { Place } from "./place";
import { tidy } from "./tidy";

/**
 * Looks for what nobody may need any more. Changes nothing.
 *
 * @param known create ids of all states that use the layer
 */
export async function lookForLeftovers(place: Place, known: ReadonlySet<string>): Promise<Leftovers> {
    const { ledger } = await readLedger(place);
    const listed = await place.versions.list();
    return findLeftovers(ledger, known, new Set(listed.map(({ version }) => version)));
}

/**
 * Lets go of what a person has chosen, and deletes what nobody holds then. What somebody has come to hold meanwhile stays.
 *
 * @returns what could not be completed
 */
export async function pruneLedger(place: Place, chosen: Pruning): Promise<readonly unknown[]> {
    const { known, result } = await changeLedger(place, async ({ ledger }) => {
        const listed = new Set((await place.versions.list()).map(({ version }) => version));
        const missing = chosen.missing.filter((version) => !listed.has(version));
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
 * Makes a ledger anew where it was lost, or cannot be read. By hand only: a run never does.
 *
 * @param recorded what the records beside the ledger say; what Lambda does not have, or has otherwise, is left out
 * @returns the numbers of the versions that are in it
 * @throws LedgerFailure LEDGER_EXISTS where there is one that can be read
 */
export async function rebuildLedger(place: Place, recorded: readonly RecordedVersion[]): Promise<number[]> {
    const found = await place.store.read();
    if (found === "unchanged") {
        return rebuildLedger(place, recorded);
    }
    if (found.text !== undefined && !isProblem(parseLedger(found.text, place.layer))) {
        throw new LedgerFailure("LEDGER_EXISTS", { layer: place.layer });
    }
    const confirmed: RecordedVersion[] = [];
    for (const each of recorded) {
        const shown = await place.versions.get(each.version);
        if (shown?.codeSha256 === each.codeSha256) {
            confirmed.push(each);
        }
    }
    const ledger = { ...rebuild(place.layer, place.clock.newId(), confirmed), sequence: 1 };
    const written = await place.store.write(serialiseLedger(ledger), found.version);
    return written === undefined ? rebuildLedger(place, recorded) : [...ledger.versions.keys()];
}
