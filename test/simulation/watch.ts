import type { Ledger } from "../../provider/publish/ledger/ledger";
import { unionOf } from "../../provider/publish/ledger/policy";
import { isLedgerFailure } from "../../provider/publish/operations/failure";
import type { Saved, Stack } from "./stack";
import type { SimulatedVersion, World } from "./world";

/** What must hold after each step, whatever happened: everything that does not. */
export function watch(world: World, stacks: readonly Stack[], excused: ReadonlySet<string>): string[] {
    return [
        ...world.violations,
        ...stacks.flatMap(({ name, error }) =>
            isLedgerFailure(error, "LEDGER_INVARIANT")
                ? [`${name} would have written: ${error.message}`]
                : [],
        ),
        ...stacks.flatMap((stack) => [
            ...liveVersionsAreThere(world, stack, excused),
            ...currentIsNewest(world, stack),
        ]),
        ...[...world.layers].flatMap(([layer, versions]) =>
            versions.flatMap((version) => versionsAreKnown(world, stacks, layer, version, excused)),
        ),
        ...[...world.ledgers.keys()].flatMap((name) => policiesFollow(world, name)),
    ];
}

/** I1: what a saved state has, and has not yet passed to its own delete hook, is in Lambda. */
function liveVersionsAreThere(world: World, stack: Stack, excused: ReadonlySet<string>): string[] {
    const live = [...(stack.current === undefined ? [] : [stack.current]), ...stack.pending];
    return live
        .filter(({ createId }) => !stack.leaving.has(createId))
        .filter(({ settings, version }) => !excused.has(nameOf(settings.layer, version)))
        .filter(({ settings, version }) => world.versionOf(settings.layer, version) === undefined)
        .map(
            ({ createId, version }) => `I1 version ${version} of ${stack.name} is gone (create ${createId})`,
        );
}

/** I4: every live version is in a ledger, under a lease, or in the hands of its publisher. */
function versionsAreKnown(
    world: World,
    stacks: readonly Stack[],
    layer: string,
    version: SimulatedVersion,
    excused: ReadonlySet<string>,
): string[] {
    if (
        version.deletedAt !== undefined ||
        version.cameLate ||
        excused.has(nameOf(layer, version.version)) ||
        stacks.some(({ name, running }) => name === version.actor && running) ||
        wasLost(world, layer, version)
    ) {
        return [];
    }
    const isKnown = ledgersOf(world, layer).some(
        ({ versions, publishing }) =>
            versions.has(version.version) ||
            [...publishing.values()].some(
                ({ codeSha256, above }) => codeSha256 === version.codeSha256 && above < version.version,
            ),
    );
    return isKnown ? [] : [`I4 version ${version.version} is known to nobody`];
}

/** Whether a ledger of the layer was lost while the version was being published, or later. */
const wasLost = (world: World, layer: string, { publishedIn }: SimulatedVersion): boolean =>
    [...world.ledgers].some(
        ([name, { losses }]) => name.endsWith(`/${layer}`) && losses.some((at) => at >= publishedIn),
    );

/** I6: a state's current hold has the highest number of those that this state ever saved. */
function currentIsNewest(world: World, { name, current, saved }: Stack): string[] {
    if (current === undefined) {
        return [];
    }
    const { layer, bucket } = current.settings;
    const ledger = world.ledgerOf(layer, bucket);
    const numberOf = ({ version, createId }: Saved) =>
        ledger?.versions.get(version)?.holders.get(createId)?.number;
    const now = numberOf(current);
    const higher = saved.find((each) => now !== undefined && (numberOf(each) ?? 0) > now);
    return ledger?.epoch === current.epoch && higher !== undefined
        ? [`I6 ${name} has ${current.createId}, and ${higher.createId} is newer`]
        : [];
}

/** I9: a policy is the union of what the holders want, or the ledger says that it is behind. */
function policiesFollow(world: World, name: string): string[] {
    const [bucket = "", layer = ""] = name.split("/");
    const { losses } = world.objectOf(layer, bucket);
    return [...(world.ledgerOf(layer, bucket)?.versions ?? [])].flatMap(([number, entry]) => {
        const version = world.versionOf(layer, number);
        if (version === undefined || entry.deleting || entry.policy.done < entry.policy.want) {
            return [];
        }
        const ours = [...(version.statements.get(bucket)?.values() ?? [])];
        const present = ours
            .flatMap((statement) => ("grantee" in statement ? [statement.grantee] : []))
            .sort();
        const wanted = unionOf(entry);
        const isMissing = wanted.some((grantee) => !present.includes(grantee));
        // What a lost ledger knew to have been given, nobody takes back.
        const isTooMuch = losses.length === 0 && present.some((grantee) => !wanted.includes(grantee));
        return isMissing || isTooMuch
            ? [
                  `I9 version ${number} permits ${present.join("+") || "nobody"}, its holders want ${wanted.join("+") || "nobody"}`,
              ]
            : [];
    });
}

/** The ledgers of a layer, in all buckets. */
export const ledgersOf = (world: World, layer: string): Ledger[] =>
    [...world.ledgers.keys()].flatMap((name) => {
        const [bucket = "", ofLayer = ""] = name.split("/");
        const ledger = ofLayer === layer ? world.ledgerOf(layer, bucket) : undefined;
        return ledger === undefined ? [] : [ledger];
    });

/** Names a version among all layers. */
export const nameOf = (layer: string, version: number): string => `${layer}:${version}`;
