import { findLeftovers, type Pruning } from "./byHand";
import type { Holding, Ledger } from "./ledger";

/** What is known of the states that use a layer. */
export interface KnownStates {
    /** `<project>/<stack>` of those whose state is at hand: of others no hold is let go. */
    readonly stacks: ReadonlySet<string>;
    /** Create ids in them. */
    readonly createIds: ReadonlySet<string>;
    /** Numbers of versions that they name anywhere. */
    readonly versions: ReadonlySet<number>;
}

/** Something that a layer has and perhaps nobody needs. */
export type Leftover =
    | { readonly what: "hold" | "kept hold"; readonly holding: Holding }
    | { readonly what: "waiting" | "missing" | "found" | "unknown"; readonly version: number };

/** Why something stays. */
export type StaysBecause = "stack not given" | "named in a state" | "kept" | "not ours" | "not in the ledger";

/** What goes, and what stays. */
export interface PruningPlan {
    readonly chosen: Pruning;
    readonly goes: readonly Leftover[];
    readonly stays: readonly { readonly leftover: Leftover; readonly because: StaysBecause }[];
}

/**
 * Chooses what may be let go. A hold goes only if the state of its own stack is known, and has neither its create nor names its version.
 *
 * @param inLambda numbers of all versions, looked up after the ledger was read
 * @param kept whether kept versions are let go too, which functions may still use
 */
export function planPruning(
    ledger: Ledger,
    states: KnownStates,
    inLambda: ReadonlySet<number>,
    kept: boolean,
): PruningPlan {
    const left = findLeftovers(ledger, states.createIds, inLambda);
    const stayed = (version: number, owner?: string): StaysBecause | undefined => {
        if (owner !== undefined && !states.stacks.has(stackOf(owner))) {
            return "stack not given";
        }
        return states.versions.has(version) ? "named in a state" : undefined;
    };
    const judged: { leftover: Leftover; because: StaysBecause | undefined }[] = [
        ...left.unknownHolds.map((holding) => ({
            leftover: { what: "hold", holding } as const,
            because: stayed(holding.version, holding.holder.owner),
        })),
        ...left.keptHolds.map((holding) => ({
            leftover: { what: "kept hold", holding } as const,
            because: kept ? stayed(holding.version, holding.holder.owner) : "kept",
        })),
        ...left.waiting.map((version) => ({
            leftover: { what: "waiting", version } as const,
            because: stayed(version),
        })),
        ...left.missing.map((version) => ({
            leftover: { what: "missing", version } as const,
            because: undefined,
        })),
        ...left.abandoned.map((version) => ({
            leftover: { what: "found", version } as const,
            because: "not ours" as const,
        })),
        ...left.unknownVersions.map((version) => ({
            leftover: { what: "unknown", version } as const,
            because: "not in the ledger" as const,
        })),
    ];
    const goes = judged.flatMap(({ leftover, because }) => (because === undefined ? [leftover] : []));
    return {
        chosen: {
            createIds: goes.flatMap((each) => ("holding" in each ? [each.holding.createId] : [])),
            waiting: goes.flatMap((each) => (each.what === "waiting" ? [each.version] : [])),
            missing: goes.flatMap((each) => (each.what === "missing" ? [each.version] : [])),
        },
        goes,
        stays: judged.flatMap(({ leftover, because }) =>
            because === undefined ? [] : [{ leftover, because }],
        ),
    };
}

/** An owner's name begins with project and stack. */
const stackOf = (owner: string): string => owner.split("/").slice(0, 2).join("/");
