import { enterMismatch, enterPublished, type OwnVersion } from "../ledger/enter";
import { enterDoubtful } from "../ledger/lease";
import type { Prepared } from "./callUntilAnswered";
import { LedgerFailure } from "./failure";
import { described, retainReleased } from "./joinVersion";
import { afterConflict, changeLedger, commit, type Known } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import type { Place, PublishedFacts } from "./place";
import type { Step, TakingRequest } from "./takeVersion";
import { tidy } from "./tidy";

/** A create that has published a version. */
export interface PublishedBy extends TakingRequest {
    readonly key: string;
    readonly nonce: string;
    /** Of the ledger that the lease was in. */
    readonly epoch: string;
    readonly prepared: Prepared;
}

/**
 * Enters a version that this process has just published, with its holder.
 *
 * @param read the ledger as it was when the lease's renewal ended
 * @returns without a hold when the version is a duplicate, or gone: the create goes on from there
 * @throws LedgerFailure PUBLISH_MISMATCH, and LEDGER_UNREADABLE that names the version
 */
export async function enterOwn(
    place: Place,
    read: Known,
    published: PublishedFacts,
    request: PublishedBy,
): Promise<Step> {
    const { key, nonce, epoch, prepared, holder, wanted, doubtful } = request;
    const { version, codeSha256 } = published;
    const own: OwnVersion = { version, key, codeSha256, artifact: wanted.artifact, nonce, epoch };
    if (codeSha256 !== prepared.codeSha256) {
        throw await takeBack(place, read, own, prepared.codeSha256);
    }
    const problems = await described(request, published);
    // What fails here ends the create without a state: a state without a hold would point at a version that others may delete.
    for (let known = read; ; known = await afterPublishing(place, known, version)) {
        let entered = enterPublished(known.ledger, own, holder, undefined);
        if (entered.outcome === "look") {
            const isThere = (await lookUp(place, version)) !== undefined;
            entered = enterPublished(known.ledger, own, holder, isThere);
        }
        if (entered.outcome === "lost" || entered.outcome === "look") {
            return { known };
        }
        const ledger = entered.outcome === "held" ? retainReleased(entered.ledger, request) : entered.ledger;
        const grounds = { creates: [holder.createId] };
        const written = await commit(place, known, enterDoubtful(ledger, doubtful), grounds);
        if (written !== undefined && entered.outcome === "held") {
            return { held: published, known: written, before: known.ledger, problems };
        }
        if (written !== undefined) {
            place.tell({ code: "duplicate", version });
            return { known: written };
        }
    }
}

/** From here on a ledger that cannot be read leaves a version that only this message names. */
async function afterPublishing(place: Place, known: Known, published: number): Promise<Known> {
    try {
        return await afterConflict(place, known);
    } catch (error) {
        throw error instanceof LedgerFailure && error.code === "LEDGER_UNREADABLE"
            ? new LedgerFailure("LEDGER_UNREADABLE", { ...error.data, published }, { cause: error })
            : error;
    }
}

/** Deletes a version that holds other bytes than those that were meant, by way of the ledger like any other. */
async function takeBack(
    place: Place,
    read: Known,
    own: OwnVersion,
    expected: string,
): Promise<LedgerFailure> {
    const { known } = await changeLedger(
        place,
        ({ ledger }) => ({ ledger: enterMismatch(ledger, own), result: undefined }),
        read,
    );
    await tidy(place, known, read.ledger, own.version);
    const { version, codeSha256 } = own;
    return new LedgerFailure("PUBLISH_MISMATCH", {
        layer: place.layer,
        version,
        expected,
        found: codeSha256,
    });
}
