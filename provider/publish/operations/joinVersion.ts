import { distrust, hold, learnArtifact } from "../ledger/acquire";
import { enterDoubtful } from "../ledger/lease";
import type { Ledger } from "../ledger/ledger";
import { retain } from "../ledger/retention";
import { forgetMissing } from "./forgetMissing";
import { afterConflict, commit, type Known } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import type { Place } from "./place";
import type { Step, TakeRequest, TakingRequest } from "./takeVersion";

/**
 * Makes the create a holder of a version that the ledger has, once Lambda says that it is there and what the ledger says it is.
 *
 * One that Lambda certainly does not have leaves the ledger, holders and all: somebody deleted it by hand.
 */
export async function joinVersion(
    place: Place,
    known: Known,
    version: number,
    request: TakingRequest,
): Promise<Step> {
    const { ledger } = known;
    const entry = ledger.versions.get(version);
    const shown = await lookUp(place, version);
    if (entry === undefined || shown === undefined) {
        return { known: (await forgetMissing(place, known, version)) ?? (await afterConflict(place, known)) };
    }
    if (shown.codeSha256 !== entry.codeSha256 || shown.settings !== request.wanted.settings) {
        const without = await commit(place, known, distrust(ledger, shown));
        if (without !== undefined) {
            place.tell({ code: "not what it says", version });
        }
        return { known: without ?? (await afterConflict(place, known)) };
    }
    const problems = await described(request, shown);
    const joined = hold(learnArtifact(ledger, version, request.wanted.artifact), version, request.holder);
    const complete = enterDoubtful(retainReleased(joined, request), request.doubtful);
    const held = await commit(place, known, complete, {
        creates: [request.holder.createId],
    });
    return held === undefined
        ? { known: await afterConflict(place, known) }
        : { held: shown, known: held, before: ledger, problems };
}

/** Writes what is kept beside the version. What fails is told with the version, which exists all the same. */
export async function described(
    { describe }: Pick<TakeRequest, "describe">,
    version: Parameters<TakeRequest["describe"]>[0],
): Promise<unknown[]> {
    try {
        await describe(version);
        return [];
    } catch (error) {
        return [error];
    }
}

/** What no delete hook will retain any more: with deleteBeforeReplace the old version is released before the new one is there. */
export function retainReleased(
    ledger: Ledger,
    { holder, retains = new Set() }: Pick<TakeRequest, "holder" | "retains">,
): Ledger {
    const { owner } = holder;
    return retains === "all" ? retain(ledger, { owner }) : retain(ledger, { owner, only: retains });
}
