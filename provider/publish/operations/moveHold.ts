import { holdingsOf } from "../ledger/ledger";
import { letGo } from "../ledger/moving";
import { LedgerFailure } from "./failure";
import { changeLedger, type Known, look } from "./ledgerAccess";
import type { Place } from "./place";
import { tidy } from "./tidy";
import { type UpdatedHold, type UpdateRequest, updateHold } from "./updateHold";

/**
 * Takes a state's version to another ledger: the bucket or the prefix has changed.
 *
 * Here it is let go first, as a version that nobody deletes any more: from the moment that the other ledger knows it, neither knows all
 * holders. Permissions are given there before they are taken back here.
 *
 * @param from `undefined` when the old place is gone, bucket and all
 * @throws LedgerFailure VERSION_NOT_FOUND when the version is being deleted
 */
export async function moveHold(
    from: Place | undefined,
    to: Place,
    request: UpdateRequest,
): Promise<UpdatedHold> {
    const left = from && (await leave(from, request));
    const updated = await updateHold(to, request);
    if (from === undefined || left === undefined) {
        return updated;
    }
    const problems = await tidy(from, left.known, left.before, request.version);
    return { ...updated, problems: [...updated.problems, ...problems] };
}

async function leave(
    from: Place,
    { version, holder, formerOwner = holder.owner }: UpdateRequest,
): Promise<{ readonly known: Known; readonly before: Known["ledger"] } | undefined> {
    const read = await look(from);
    if ("problem" in read) {
        from.tell({ code: "ledger not used", problem: read.problem });
        return undefined;
    }
    const { known, result } = await changeLedger(
        from,
        ({ ledger }) => {
            const left = letGo(ledger, version, holder.createId);
            if (left === undefined) {
                throw new LedgerFailure("VERSION_NOT_FOUND", { layer: from.layer, version });
            }
            return { ledger: left, grounds: { creates: [holder.createId] }, result: ledger };
        },
        read,
    );
    for (const { version: kept } of holdingsOf(known.ledger, formerOwner, "kept")) {
        from.tell({ code: "kept", version: kept, because: "superseded", holders: [] });
    }
    return { known, before: result };
}
