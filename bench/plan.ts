import type { Plan } from "./rounds";
import { type SetName, setNames } from "./sets";

/** What a run measures. */
export interface BenchPlan {
    readonly sets: readonly { readonly set: SetName; readonly runs: Plan }[];
    /** Stacks of so many layers, and how many previews of each; absent when they are not asked for. */
    readonly stacks?: { readonly counts: readonly number[]; readonly runs: number };
    /** In how many processes a large lock is read; absent when that is not asked for. */
    readonly manifest?: number;
    /** Everything, as often as for the results in the repository. */
    readonly complete: boolean;
}

/** Some twenty minutes together, most of which the others take. */
const runs: Readonly<Record<SetName, Plan>> = {
    small: { cold: 1, warm: 3 },
    middle: { cold: 1, warm: 3 },
    large: { cold: 1, warm: 1 },
};

/**
 * What `npm run bench -- <words>` asks for: names of sets, `stacks` for the real CLI, `manifest` for
 * reading a large lock, `--quick` for one round of each.
 * No word means all. Throws an Error that lists the words for an unknown one.
 */
export function parseBenchArguments(words: readonly string[]): BenchPlan {
    const known = [...setNames, "stacks", "manifest", "--quick"];
    const unknown = words.find((word) => !known.includes(word));
    if (unknown !== undefined) {
        throw new Error(`There is no "${unknown}". The words are ${known.join(", ")}.`);
    }
    const quick = words.includes("--quick");
    const named = words.filter((word) => word !== "--quick");
    const asked = (word: string) => named.length === 0 || named.includes(word);
    // The stacks need a set's manifest; the small one is the quickest.
    const sets = setNames.filter((name) => asked(name) || (name === "small" && named.includes("stacks")));
    return {
        sets: sets.map((set) => ({ set, runs: quick ? { cold: 1, warm: 1 } : runs[set] })),
        ...(asked("stacks")
            ? { stacks: { counts: quick ? [1, 10] : [1, 10, 100], runs: quick ? 1 : 7 } }
            : {}),
        ...(asked("manifest") ? { manifest: quick ? 1 : 7 } : {}),
        complete: words.length === 0,
    };
}
