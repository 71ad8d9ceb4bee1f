import type { LeaseFindings } from "../ledger/lease";
import { callUntilAnswered, type Prepared } from "./callUntilAnswered";
import { LedgerFailure } from "./failure";
import type { Place, PublishedFacts } from "./place";

/** A layer without a bucket: no ledger, so nobody knows who else uses a version. */
export type BarePlace = Pick<Place, "layer" | "versions" | "clock">;

/**
 * Publishes a version of a layer without a bucket, once as far as Lambda itself can tell: after a call without an answer the only version
 * that is new, and has these bytes and settings, is taken for its own.
 *
 * @param settings digest of the settings that Lambda shows
 * @throws what {@link callUntilAnswered} throws, and LedgerFailure PUBLISH_MISMATCH with a version that is deleted again
 */
export async function publishWithoutLedger(
    { layer, versions, clock }: BarePlace,
    settings: string,
    prepared: Prepared,
): Promise<PublishedFacts> {
    const above = await versions.newest();
    const look = async (): Promise<LeaseFindings<PublishedFacts>> => {
        const listed = (await versions.list()).filter(
            (each) => each.version > above && each.settings === settings,
        );
        const found = await Promise.all(listed.map(({ version }) => versions.get(version)));
        const matching = found.filter(
            (each) => each !== undefined && each.codeSha256 === prepared.codeSha256,
        );
        return { sure: matching.length === 1 ? matching[0] : undefined, doubtful: [] };
    };
    const { published } = await callUntilAnswered(prepared, {
        layer,
        clock,
        mayCall: async () => true,
        look,
        prepare: async () => prepared,
        doubt: () => undefined,
    });
    if (published === undefined) {
        throw new LedgerFailure("PUBLISH_UNANSWERED", { layer });
    }
    const { version, codeSha256: found } = published;
    if (found !== prepared.codeSha256) {
        await versions.delete(version);
        throw new LedgerFailure("PUBLISH_MISMATCH", { layer, version, expected: prepared.codeSha256, found });
    }
    return published;
}

/**
 * Gives up the version of a layer without a bucket. A resource that lives on leaves it: functions may use it. One that is removed deletes
 * its own version, and no other.
 */
export async function releaseWithoutLedger(
    { versions }: BarePlace,
    { version, lives }: { readonly version: number; readonly lives: boolean },
): Promise<"deleted" | "superseded"> {
    if (lives) {
        return "superseded";
    }
    await versions.delete(version);
    return "deleted";
}
