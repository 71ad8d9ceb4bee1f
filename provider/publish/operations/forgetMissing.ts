import { forget } from "../ledger/acquire";
import { holdingsOn } from "../ledger/ledger";
import { commit, type Known } from "./ledgerAccess";
import type { Place } from "./place";

/**
 * Takes a version out of the ledger, holders and all, and says so: Lambda certainly does not have it, since somebody deleted it by hand.
 *
 * @param known read before Lambda was asked, see `lookUp`
 * @returns the ledger as it is now; `undefined` as from `commit`
 */
export async function forgetMissing(place: Place, known: Known, version: number): Promise<Known | undefined> {
    const { ledger } = known;
    const written = await commit(place, known, forget(ledger, version), { gone: [version] });
    if (written !== undefined) {
        place.tell({ code: "missing in Lambda", version, holders: holdingsOn(ledger, version) });
    }
    return written;
}
