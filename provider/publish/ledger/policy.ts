import { type Entry, type Holder, type Ledger, type Policy, putEntry } from "./ledger";

/** What a version's holders want to be permitted, sorted. */
export const unionOf = ({ holders }: Pick<Entry, "holders">): string[] =>
    sortedSet([...holders.values()].flatMap(({ permissions }) => permissions));

/**
 * The entry with other holders. Where these want other permissions than the former ones, the change is counted: the policy in
 * Lambda is behind until somebody has brought it on.
 */
export function withHolders(entry: Entry, holders: Entry["holders"]): Entry {
    const changed = { ...entry, holders };
    const union = unionOf(changed);
    return sameTexts(union, unionOf(entry)) ? changed : wantPolicy(changed, union);
}

/** The ledger in which a create holds a version that is there in this way. */
export function putHolder(ledger: Ledger, version: number, createId: string, holder: Holder): Ledger {
    const entry = ledger.versions.get(version);
    return entry === undefined
        ? ledger
        : putEntry(ledger, version, withHolders(entry, new Map(entry.holders).set(createId, holder)));
}

/** The entry whose policy is to be looked at again; `given` may have been granted besides. */
export const wantPolicy = (entry: Entry, given: readonly string[]): Entry => ({
    ...entry,
    policy: {
        want: entry.policy.want + 1,
        done: entry.policy.done,
        given: sortedSet([...entry.policy.given, ...given]),
    },
});

/** Versions whose policy in Lambda is behind. One that is being deleted takes its policy with it. */
export const versionsToPermit = ({ versions }: Ledger): number[] =>
    [...versions]
        .filter(([, { policy, deleting }]) => policy.done < policy.want && !deleting)
        .map(([version]) => version);

/** The ledger that says that a version's policy follows from its holders. */
export function donePolicy(ledger: Ledger, version: number): Ledger {
    const entry = ledger.versions.get(version);
    if (entry === undefined) {
        return ledger;
    }
    const { want } = entry.policy;
    const policy: Policy = { want, done: want, given: unionOf(entry) };
    return putEntry(ledger, version, { ...entry, policy });
}

/**
 * The ledger in which the policies of these versions are looked at again, where a change has not seen to that already: somebody changed
 * them by hand.
 *
 * @param before the ledger before the change
 */
export const repairPolicies = (ledger: Ledger, before: Ledger, versions: readonly number[]): Ledger =>
    versions.reduce((repaired, version) => {
        const entry = repaired.versions.get(version);
        const isCounted = entry?.policy.want !== before.versions.get(version)?.policy.want;
        return entry === undefined || entry.deleting || isCounted
            ? repaired
            : putEntry(repaired, version, wantPolicy(entry, []));
    }, ledger);

/** What is to be done to a policy. */
export interface PolicyChange {
    readonly add: readonly string[];
    readonly remove: readonly string[];
}

/**
 * The difference between what Lambda has of our statements and what it should have. Taken back is only what this ledger knows to
 * have been given: another's statement is never ours to remove.
 */
export function policyChange(entry: Entry, present: readonly string[]): PolicyChange {
    const union = unionOf(entry);
    return {
        add: union.filter((grantee) => !present.includes(grantee)),
        remove: present.filter((grantee) => entry.policy.given.includes(grantee) && !union.includes(grantee)),
    };
}

const sortedSet = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

const sameTexts = (left: readonly string[], right: readonly string[]): boolean =>
    left.length === right.length && left.every((text, position) => text === right[position]);
