import type { LeaseFindings } from "../ledger/lease";
import { callUntilAnswered, type Prepared } from "./callUntilAnswered";
import { LedgerFailure } from "./failure";
import { granteesOf, type Place, type PublishedFacts } from "./place";

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

/** Who may use the version of a layer without a bucket, as this resource has permitted it; sorted. */
export async function permittedWithoutLedger({ versions }: BarePlace, version: number): Promise<string[]> {
    return granteesOf(await versions.readPolicy(version)).sort();
}

/**
 * Permits the use of a version of a layer without a bucket, and takes back what was permitted and is not wanted any more.
 *
 * @param former what the state says was permitted; with nothing wanted and nothing permitted before, nothing is asked
 * @returns what failed: the version is there all the same
 */
export async function permitWithoutLedger(
    { versions }: BarePlace,
    version: number,
    wanted: readonly string[],
    former: readonly string[],
): Promise<unknown[]> {
    if (wanted.length === 0 && former.length === 0) {
        return [];
    }
    try {
        const policy = await versions.readPolicy(version);
        const present = granteesOf(policy);
        let { revision } = policy;
        for (const grantee of wanted.filter((each) => !present.includes(each))) {
            revision = (await versions.addStatement(version, { grantee }, revision)) ?? revision;
        }
        for (const grantee of present.filter((each) => !wanted.includes(each))) {
            // A removal answers no revision.
            const { revision: current } = await versions.readPolicy(version);
            await versions.removeStatement(version, { grantee }, current ?? "");
        }
        return [];
    } catch (error) {
        return [error];
    }
}
