import { type EntryFacts, enterFound, type HolderRequest, hold } from "../ledger/acquire";
import { holdingsOf } from "../ledger/ledger";
import { renameKept } from "../ledger/moving";
import { repairPolicies } from "../ledger/policy";
import { retain } from "../ledger/retention";
import { LedgerFailure } from "./failure";
import { changeLedger } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import type { Place, PublishedFacts } from "./place";
import { tidy } from "./tidy";

/** An update: a state has a version, and says anew how it uses it. */
export interface UpdateRequest {
    readonly version: number;
    readonly holder: HolderRequest;
    /** What the state knows of the version, for a ledger that does not have it. */
    readonly facts: Pick<EntryFacts, "key" | "artifacts">;
    /** The owner's name before a rename. Default: the same. */
    readonly formerOwner?: string | undefined;
    /** Who was permitted to use the version before, as the state says. */
    readonly formerPermissions: readonly string[];
    /** Writes what is kept beside the version, for people. */
    readonly describe: (version: PublishedFacts) => Promise<void>;
}

/** The hold as it is now. */
export interface UpdatedHold {
    readonly version: PublishedFacts;
    readonly epoch: string;
    readonly problems: readonly unknown[];
}

/**
 * Makes a state's create a current holder of its version, as its owner's newest; also in a ledger that does not know it, or that was
 * made anew. Then the owner's kept versions go as `keepVersions` says.
 *
 * @throws LedgerFailure VERSION_NOT_FOUND, LEDGER_UNREADABLE
 */
export async function updateHold(place: Place, request: UpdateRequest): Promise<UpdatedHold> {
    const { version, holder, facts, formerOwner = holder.owner, formerPermissions } = request;
    const { known, result } = await changeLedger(place, async ({ ledger }) => {
        const shown = await lookUp(place, version);
        if (shown === undefined || ledger.versions.get(version)?.deleting) {
            throw new LedgerFailure("VERSION_NOT_FOUND", { layer: place.layer, version });
        }
        const entered = enterFound(ledger, version, { ...facts, ...shown }, formerPermissions);
        const held = hold(entered, version, holder);
        const renamed = renameKept(held, formerOwner, holder.owner, holder.createId);
        const retained = retain(renamed, { owner: holder.owner });
        // What a refresh has found differs from what the ledger knows: the policies are looked at.
        const isRepair =
            [...formerPermissions].sort().join() !== [...new Set(holder.permissions)].sort().join();
        const owned = holdingsOf(retained, holder.owner, "kept").map((each) => each.version);
        return {
            ledger: isRepair ? repairPolicies(retained, ledger, [...new Set([version, ...owned])]) : retained,
            grounds: { creates: [holder.createId] },
            result: { shown, before: ledger },
        };
    });
    const { shown, before } = result;
    const problems: unknown[] = [];
    try {
        await request.describe(shown);
    } catch (error) {
        problems.push(error);
    }
    problems.push(...(await tidy(place, known, before, version)));
    return { version: shown, epoch: known.ledger.epoch, problems };
}
