import { holdings } from "../../provider/publish/ledger/ledger";
import type { Saved, Settings } from "./stack";
import type { World } from "./world";

/** What must be held when all is quiet and nothing went wrong: the current version of each owner, and what `keepVersions` keeps. */
export interface Expectations {
    readonly created: (made: Saved, retains: "all" | ReadonlySet<string>) => void;
    readonly updated: (old: Saved, now: Saved) => void;
    /** A resource that lives on has left a version; `made` is where it is now, if it is anywhere yet. */
    readonly superseded: (left: Saved, made: Saved | undefined) => void;
    readonly removed: (left: Saved) => void;
    /** What differs from what the ledgers say. */
    readonly differences: (world: World) => string[];
}

interface Expected {
    current: Saved | undefined;
    /** The version that was left last comes first. */
    kept: { readonly version: number; readonly createId: string; readonly permissions: string }[];
}

export function createExpectations(): Expectations {
    const byOwner = new Map<string, Expected>();
    const at = ({ bucket, layer }: Settings, owner: string): Expected => {
        const name = `${bucket}/${layer} ${owner}`;
        const found = byOwner.get(name) ?? { current: undefined, kept: [] };
        byOwner.set(name, found);
        return found;
    };
    const of = ({ settings }: Saved) => at(settings, settings.owner);
    const retain = (expected: Expected, keep: number | null, only?: ReadonlySet<string>) => {
        const { current } = expected;
        expected.kept = expected.kept.filter(({ version }) => version !== current?.version);
        const beyond = keep === null ? [] : expected.kept.slice(keep);
        expected.kept = expected.kept.filter(
            (each) => !beyond.includes(each) || (only !== undefined && !only.has(each.createId)),
        );
    };
    /** Kept versions follow the permissions of the current one, once it is updated or another has been left. */
    const permit = (expected: Expected) => {
        const { current } = expected;
        if (current !== undefined) {
            expected.kept = expected.kept.map((each) => ({ ...each, permissions: permissionsOf(current) }));
        }
    };
    return {
        created: (made, retains) => {
            const expected = of(made);
            expected.current = made;
            permit(expected);
            retain(expected, made.settings.keep, retains === "all" ? undefined : retains);
        },
        updated: (old, now) => {
            of(old).current = undefined;
            // What is kept takes a new name in the ledger that the update is about.
            const renamed = at(now.settings, old.settings.owner);
            if (renamed !== of(now)) {
                const moved = new Set(renamed.kept.map(({ version }) => version));
                const others = of(now).kept.filter(({ version }) => !moved.has(version));
                of(now).kept = [...renamed.kept, ...others];
                renamed.kept = [];
            }
            of(now).current = now;
            permit(of(now));
            retain(of(now), now.settings.keep);
        },
        superseded: (left, made) => {
            const expected = of(left);
            const { version, createId } = left;
            const permissions = permissionsOf(left);
            expected.current = expected.current?.createId === createId ? undefined : expected.current;
            expected.kept = [
                { version, createId, permissions },
                ...expected.kept.filter((each) => each.version !== version),
            ];
            permit(expected);
            const isElsewhere = made !== undefined && of(made) !== expected;
            const keep = expected.current?.settings.keep ?? (isElsewhere ? made.settings.keep : null);
            retain(expected, keep);
        },
        removed: (left) => {
            const expected = of(left);
            expected.current = expected.current?.createId === left.createId ? undefined : expected.current;
            expected.kept = left.settings.forceDestroy
                ? []
                : expected.kept.filter(({ version }) => version !== left.version);
        },
        differences: (world) => {
            const wanted = [...byOwner].flatMap(([name, { current, kept }]) => [
                ...(current === undefined
                    ? []
                    : [`${name} current ${current.version} ${permissionsOf(current)}`]),
                ...kept.map(({ version, permissions }) => `${name} kept ${version} ${permissions}`),
            ]);
            const found = [...world.ledgers.keys()].flatMap((name) => {
                const [bucket = "", layer = ""] = name.split("/");
                const ledger = world.ledgerOf(layer, bucket);
                return ledger === undefined
                    ? []
                    : holdings(ledger).map(
                          ({ version, holder: { owner, use, permissions } }) =>
                              `${name} ${owner} ${use} ${version} ${permissions.join("+")}`,
                      );
            });
            return [
                ...wanted.filter((each) => !found.includes(each)).map((each) => `missing: ${each}`),
                ...found.filter((each) => !wanted.includes(each)).map((each) => `left over: ${each}`),
                ...(found.length === new Set(found).size ? [] : [`I7 held twice: ${found.join(", ")}`]),
                ...unheldVersions(world),
            ];
        },
    };
}

/** Live versions that no ledger lets anybody hold, and deletions that nobody has completed. */
export function unheldVersions(
    world: World,
    leniency?: "a version may wait for the next create of its key",
): string[] {
    return [...world.layers].flatMap(([layer, versions]) =>
        versions.flatMap(({ version, deletedAt, cameLate }) => {
            const entries = [...world.ledgers.keys()].flatMap((name) => {
                const [bucket = "", ofLayer = ""] = name.split("/");
                return ofLayer === layer ? (world.ledgerOf(layer, bucket)?.versions.get(version) ?? []) : [];
            });
            if (deletedAt !== undefined) {
                return entries.length === 0
                    ? []
                    : [`version ${version} of ${layer} is gone, and in a ledger`];
            }
            const isKnown = entries.some(
                ({ holders, origin, key }) =>
                    holders.size > 0 || origin === "found" || (leniency !== undefined && key !== undefined),
            );
            return isKnown || cameLate ? [] : [`version ${version} of ${layer} is there, and held by nobody`];
        }),
    );
}

const permissionsOf = ({ settings }: Saved): string => settings.permissions.join("+");
