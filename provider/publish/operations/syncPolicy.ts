import { donePolicy, type PolicyChange, policyChange } from "../ledger/policy";
import { forgetMissing } from "./forgetMissing";
import { commit, type Known, readAgain } from "./ledgerAccess";
import { lookUp } from "./lookForVersion";
import { granteesOf, type LayerVersions, type Place, type PolicyState, type Statement } from "./place";

/** Rounds until a policy that others change all the time is left to them. */
const mostRounds = 30;

/**
 * Brings a version's policy in Lambda to what its holders want, and says so in the ledger.
 *
 * The policy is read before the ledger, and every call carries the revision that was read. So a call that was decided on an older
 * ledger fails, if whoever has changed the ledger since has changed the policy. The mark sees to that: a statement that permits the
 * account what it may do anyway, turned where somebody else's calls are to be stopped and nothing else is to be changed. It also gives
 * a version without a policy a revision to start from.
 *
 * @param counted the change of permissions that this operation has counted itself, on a policy that was not behind: nobody's calls
 *   that were decided before it are on their way
 */
export async function syncPolicy(
    place: Place,
    read: Known,
    version: number,
    counted: number | undefined,
): Promise<Known> {
    const { versions, clock } = place;
    let known = read;
    let fencedAt = counted;
    for (let round = 1; round <= mostRounds; round++) {
        const policy = await versions.readPolicy(version);
        known = await readAgain(place, known);
        const entry = known.ledger.versions.get(version);
        if (entry === undefined || entry.deleting || entry.policy.done === entry.policy.want) {
            return known;
        }
        const { want } = entry.policy;
        const change = policyChange(entry, granteesOf(policy));
        const { revision } = policy;
        const outcome =
            revision === undefined
                ? await start(versions, version, change)
                : await apply(versions, version, { ...policy, revision }, change, want === fencedAt);
        if (outcome === "done" || outcome === "unneeded") {
            const written = await commit(place, known, donePolicy(known.ledger, version));
            if (written !== undefined) {
                return written;
            }
        }
        // After a change of this process every call that was decided on an older ledger fails.
        fencedAt = outcome === "done" || outcome === "more" ? want : fencedAt;
        if (outcome === "conflict") {
            const without =
                (await lookUp(place, version)) === undefined
                    ? await forgetMissing(place, known, version)
                    : undefined;
            if (without !== undefined) {
                return without;
            }
            await clock.sleep(clock.random() * 200 * round);
        }
    }
    return known;
}

/**
 * Where there is no policy, and so no revision: the mark alone, which may come late and does no harm. Everything else is decided on what is
 * there by then.
 */
async function start(
    versions: LayerVersions,
    version: number,
    { add }: PolicyChange,
): Promise<"unneeded" | "started" | "conflict"> {
    if (add.length === 0) {
        return "unneeded";
    }
    const revision = await versions.addStatement(version, { mark: "even" }, undefined);
    return revision === undefined ? "conflict" : "started";
}

/** Makes all additions and one removal, after which the revision is not known any more. */
async function apply(
    versions: LayerVersions,
    version: number,
    { revision, statements }: PolicyState & { readonly revision: string },
    { add, remove }: PolicyChange,
    isFenced: boolean,
): Promise<"done" | "more" | "conflict"> {
    let current = revision;
    for (const grantee of add) {
        const added = await versions.addStatement(version, { grantee }, current);
        if (added === undefined) {
            return "conflict";
        }
        current = added;
    }
    const [removed] = remove;
    if (removed !== undefined) {
        const isRemoved = await versions.removeStatement(version, { grantee: removed }, current);
        return isRemoved ? (remove.length === 1 ? "done" : "more") : "conflict";
    }
    if (add.length > 0 || isFenced) {
        return "done";
    }
    return (await turnMark(versions, version, statements, current)) ? "done" : "conflict";
}

/** Changes the policy's revision and nothing else: adds the mark that is not there, or removes one of two. */
async function turnMark(
    versions: LayerVersions,
    version: number,
    statements: readonly Statement[],
    revision: string,
): Promise<boolean> {
    const has = (mark: "even" | "odd") =>
        statements.some((statement) => "mark" in statement && statement.mark === mark);
    if (has("even") && has("odd")) {
        return versions.removeStatement(version, { mark: "even" }, revision);
    }
    const added = await versions.addStatement(version, { mark: has("even") ? "odd" : "even" }, revision);
    return added !== undefined;
}
