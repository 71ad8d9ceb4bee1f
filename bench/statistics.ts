/** What several runs of the same thing came out at, in the unit of the values. */
export interface Spread {
    readonly median: number;
    readonly min: number;
    readonly max: number;
    /** How many runs. */
    readonly runs: number;
}

/** The middle value; of an even number of values the mean of the two middle ones. Throws a RangeError without values. */
export function median(values: readonly number[]): number {
    const sorted = [...values].sort((left, right) => left - right);
    const upper = sorted[Math.floor(sorted.length / 2)];
    const lower = sorted[Math.ceil(sorted.length / 2) - 1];
    if (upper === undefined || lower === undefined) {
        throw new RangeError("There is no median of nothing.");
    }
    return (upper + lower) / 2;
}

/** Median, least and greatest of at least one value; undefined of none. */
export function spread(values: readonly number[]): Spread | undefined {
    if (values.length === 0) {
        return undefined;
    }
    return {
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
        runs: values.length,
    };
}

/** A value that was measured. Throws a RangeError when it was not. */
export function known(value: Spread | undefined): Spread {
    if (value === undefined) {
        throw new RangeError("Nothing was measured.");
    }
    return value;
}

/**
 * How many times greater `other` is than `own`, round by round: what slows a machine down for a while slows both of a
 * round. Only rounds that have both count; undefined when none has.
 */
export function ratioByRound(
    own: ReadonlyMap<number, number>,
    other: ReadonlyMap<number, number>,
): Spread | undefined {
    const ratios: number[] = [];
    for (const [round, value] of own) {
        const compared = other.get(round);
        if (compared !== undefined && value > 0) {
            ratios.push(compared / value);
        }
    }
    return spread(ratios);
}
