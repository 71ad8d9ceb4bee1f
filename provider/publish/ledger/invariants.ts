import { isEmpty, type Ledger } from "./ledger";
import { unionOf } from "./policy";

/** What a write rests on, beside the ledger that it replaces. */
export interface Grounds {
    /** Creates that the writer speaks for: only their holds may end, or cease to be current. */
    readonly creates?: readonly string[];
    /** Versions that Lambda certainly does not have, as looked up after the ledger was read. */
    readonly gone?: readonly number[];
    /** Versions that nobody holds, and that a person has chosen to delete. */
    readonly chosen?: readonly number[];
    /** Versions that Lambda was told to delete, or had deleted, after the ledger said that they are being deleted. */
    readonly deleted?: readonly number[];
}

/** Something that must hold of a ledger, or of a change; answers what is wrong, `undefined` when it holds. */
type Invariant = (after: Ledger, before: Ledger | undefined, grounds: Grounds) => string | undefined;

/** Of every ledger: one that was read and breaks these was changed by hand, and is not trusted. */
const ofLedgers: readonly Invariant[] = [
    deletingIsHeldByNobody,
    oneVersionForAKey,
    numbersAreOfThePast,
    policiesAreCounted,
];

/** Of every change. */
const ofChanges: readonly Invariant[] = [
    sameLedger,
    deletingIsFinal,
    foundStaysFound,
    entriesLeaveForAReason,
    holdsAreTheirOwn,
    deletingFollowsAHold,
];

/** What is wrong with a ledger as it stands; empty when nothing is. */
export const ledgerFaults = (ledger: Ledger): string[] =>
    ofLedgers.flatMap((invariant) => invariant(ledger, undefined, {}) ?? []);

/** What is wrong with a change that is about to be written; empty when nothing is. */
export const changeFaults = (after: Ledger, before: Ledger, grounds: Grounds): string[] => [
    ...ledgerFaults(after),
    ...ofChanges.flatMap((invariant) => invariant(after, before, grounds) ?? []),
];

/** What is wrong with taking the ledger away. */
export const removalFaults = (ledger: Ledger): string[] =>
    isEmpty(ledger) ? [] : ["a ledger that says something may not be taken away"];

function deletingIsHeldByNobody({ versions }: Ledger): string | undefined {
    const wrong = [...versions].find(
        ([, { deleting, holders, origin }]) => deleting && (holders.size > 0 || origin === "found"),
    );
    return wrong && `version ${wrong[0]} is being deleted, and held or found`;
}

function oneVersionForAKey({ versions }: Ledger): string | undefined {
    const keys = [...versions.values()].flatMap(({ key, deleting, origin }) =>
        key === undefined || deleting || origin === "found" ? [] : [key],
    );
    const twice = keys.find((key, position) => keys.indexOf(key) !== position);
    return twice && `two versions are published for key ${twice}`;
}

function numbersAreOfThePast({ versions, sequence }: Ledger): string | undefined {
    const ahead = [...versions].find(([, { holders }]) =>
        [...holders.values()].some(({ number }) => number > sequence),
    );
    return ahead && `version ${ahead[0]} has a holder with a number above the ledger's sequence`;
}

function policiesAreCounted({ versions }: Ledger): string | undefined {
    const wrong = [...versions].find(
        ([, entry]) =>
            entry.policy.done > entry.policy.want ||
            unionOf(entry).some((grantee) => !entry.policy.given.includes(grantee)),
    );
    return wrong && `the policy of version ${wrong[0]} is not counted`;
}

function sameLedger(after: Ledger, before: Ledger | undefined): string | undefined {
    return before === undefined || (after.layer === before.layer && after.epoch === before.epoch)
        ? undefined
        : "the ledger is another one";
}

function deletingIsFinal(after: Ledger, before: Ledger | undefined): string | undefined {
    const back = [...(before?.versions ?? [])].find(
        ([version, { deleting }]) => deleting && after.versions.get(version)?.deleting === false,
    );
    return back && `version ${back[0]} was being deleted, and would be no more`;
}

function foundStaysFound(after: Ledger, before: Ledger | undefined): string | undefined {
    const taken = [...(before?.versions ?? [])].find(
        ([version, { origin }]) => origin === "found" && after.versions.get(version)?.origin === "published",
    );
    return taken && `version ${taken[0]} was found, and would count as published`;
}

function entriesLeaveForAReason(
    after: Ledger,
    before: Ledger | undefined,
    { gone = [], deleted = [] }: Grounds,
): string | undefined {
    const left = [...(before?.versions ?? [])].find(
        ([version, { deleting }]) =>
            !after.versions.has(version) &&
            !gone.includes(version) &&
            !(deleting && deleted.includes(version)),
    );
    return left && `version ${left[0]} would be forgotten`;
}

function holdsAreTheirOwn(
    after: Ledger,
    before: Ledger | undefined,
    { creates = [], gone = [] }: Grounds,
): string | undefined {
    for (const [version, { holders }] of before?.versions ?? []) {
        for (const [createId, { use }] of holders) {
            const kept = after.versions.get(version)?.holders.get(createId)?.use === "current";
            if (use === "current" && !kept && !creates.includes(createId) && !gone.includes(version)) {
                return `the hold of create ${createId} on version ${version} would end`;
            }
        }
    }
    return undefined;
}

function deletingFollowsAHold(
    after: Ledger,
    before: Ledger | undefined,
    { chosen = [] }: Grounds,
): string | undefined {
    const unheld = [...after.versions].find(([version, { deleting }]) => {
        const former = before?.versions.get(version);
        const isUnheld = former !== undefined && !former.deleting && former.holders.size === 0;
        return deleting && isUnheld && !chosen.includes(version);
    });
    return unheld && `version ${unheld[0]} would be deleted though no hold on it ends`;
}
