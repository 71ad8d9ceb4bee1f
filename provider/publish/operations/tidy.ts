import { batchesOf } from "../../concurrency";
import { completeDeletions, type Deletion, deletions } from "../ledger/deletion";
import { isStale, settleLease } from "../ledger/lease";
import { isEmpty, type Ledger } from "../ledger/ledger";
import { versionsToPermit } from "../ledger/policy";
import { afterConflict, changeLedger, commit, type Known, removeLedger, storeTime } from "./ledgerAccess";
import { lookForPublished, tellFindings } from "./lookForVersion";
import type { Place } from "./place";
import { syncPolicy } from "./syncPolicy";

/** Versions that are deleted at the same time. */
const atOnce = 8;

/**
 * Completes what the ledger says is to be done, whoever began it: deletions, leases of dead publishers, permissions. Asks nothing
 * where there is nothing to do.
 *
 * @param known the ledger as it was read or written last
 * @param before the ledger as it was before this process's own change
 * @param own the version that this operation is about
 * @returns what failed for that version. What fails for others is told, and left to whoever comes next.
 */
export async function tidy(place: Place, known: Known, before: Ledger, own: number): Promise<unknown[]> {
    const problems: unknown[] = [];
    const fail =
        (what: "deletion" | "lease" | "permissions", version: number | undefined) => (error: unknown) => {
            if (version === own) {
                problems.push(error);
            } else {
                place.tell({ code: "left undone", what, version, error });
            }
            return undefined;
        };
    let now = known;
    now = (await endStaleLeases(place, now).catch(fail("lease", undefined))) ?? now;
    const completed: number[] = [];
    for (const batch of batchesOf(deletions(now.ledger), atOnce)) {
        const deleted = batch.map((deletion) =>
            deleteVersion(place, deletion).catch(fail("deletion", deletion.version)),
        );
        completed.push(...(await Promise.all(deleted)).flatMap((done) => done ?? []));
    }
    now = (await forgetDeleted(place, now, completed).catch(fail("deletion", own))) ?? now;
    for (const version of versionsToPermit(now.ledger)) {
        const counted = countedOf(before, known.ledger, version);
        now = (await syncPolicy(place, now, version, counted).catch(fail("permissions", version))) ?? now;
    }
    return problems;
}

/** The change of permissions that this process has counted; `undefined` where another was not completed by then. */
function countedOf(before: Ledger, after: Ledger, version: number): number | undefined {
    const former = before.versions.get(version)?.policy ?? { want: 0, done: 0 };
    const now = after.versions.get(version)?.policy.want;
    return former.want === former.done && now === former.want + 1 ? now : undefined;
}

async function endStaleLeases(place: Place, known: Known): Promise<Known> {
    let now = known;
    for (const key of known.ledger.publishing.keys()) {
        const changed = await changeLedger(
            place,
            async (current) => {
                const lease = current.ledger.publishing.get(key);
                const watched = { now: storeTime(place, current), unchangedFor: 0, stale: place.stale };
                if (lease === undefined || !isStale(lease, watched)) {
                    return { ledger: current.ledger, result: undefined };
                }
                const findings = await lookForPublished(place, current.ledger, lease);
                return { ledger: settleLease(current.ledger, key, findings), result: findings };
            },
            now,
        );
        if (changed.result !== undefined) {
            tellFindings(place, changed.result);
        }
        now = changed.known;
    }
    return now;
}

/** Deletes in Lambda first: a version without a record is nobody's loss, a record without its version would mislead. */
async function deleteVersion(place: Place, { version, artifacts }: Deletion): Promise<number[]> {
    await place.versions.delete(version);
    await place.objects.delete(version, artifacts);
    place.tell({ code: "deleted", version });
    return [version];
}

/** Takes out the entries of deleted versions, and the ledger with the last of them. */
async function forgetDeleted(place: Place, read: Known, completed: readonly number[]): Promise<Known> {
    for (let known = read; ; known = await afterConflict(place, known)) {
        const rest = completeDeletions(known.ledger, completed);
        const written =
            rest !== known.ledger && isEmpty(rest)
                ? await removeLedger(place, known, rest)
                : await commit(place, known, rest, { deleted: completed });
        if (written !== undefined) {
            return written;
        }
    }
}
