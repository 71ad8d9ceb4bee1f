import { type Holding, holdings, holdingsOf, type Ledger, putEntry } from "./ledger";
import { putHolder } from "./policy";
import { removeHolder } from "./retention";

/**
 * Gives up a version whose holder goes to another ledger. From here on two ledgers know of it, and neither knows all holders, so the
 * entry becomes a found one: nobody deletes it. This comes before the other ledger learns of the version.
 *
 * @returns `undefined` when the version is being deleted here, so that nobody may go on with it
 */
export function letGo(ledger: Ledger, version: number, createId: string): Ledger | undefined {
    const entry = ledger.versions.get(version);
    if (entry === undefined) {
        return ledger;
    }
    if (entry.deleting) {
        return undefined;
    }
    const shared =
        entry.origin === "found" ? ledger : putEntry(ledger, version, { ...entry, origin: "found" });
    return removeHolder(shared, version, createId);
}

/**
 * Gives an owner's kept versions its new name, after a rename with an alias. Where another create holds a version under the former
 * name, the kept ones may be that one's, and keep their name.
 */
export function renameKept(ledger: Ledger, former: string, owner: string, createId: string): Ledger {
    const isShared = holdingsOf(ledger, former, "current").some((each) => each.createId !== createId);
    if (former === owner || isShared) {
        return ledger;
    }
    return holdingsOf(ledger, former, "kept").reduce(
        (renamed, holding) => renameHold(renamed, holding, owner),
        ledger,
    );
}

/** Of two holds that one owner would have on a version the current or the later one says as much as both. */
function renameHold(ledger: Ledger, { version, createId, holder }: Holding, owner: string): Ledger {
    const own = holdings(ledger).filter((each) => each.version === version && each.holder.owner === owner);
    const isSaid = own.some(({ holder: { use, number } }) => use === "current" || number > holder.number);
    if (isSaid) {
        return removeHolder(ledger, version, createId);
    }
    const renamed = putHolder(ledger, version, createId, { ...holder, owner });
    return own.reduce((rest, each) => removeHolder(rest, version, each.createId), renamed);
}
