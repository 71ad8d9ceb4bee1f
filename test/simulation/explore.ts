import { playRandomly, type Scenario } from "./generate";
import { createRandom } from "./random";
import { comeToRest, createStage, type Line, type Stage } from "./script";
import type { Verdict } from "./verdicts";

/** A run that broke something, as small as it could be made. */
export interface Finding {
    readonly seed: number;
    readonly fault: string;
    readonly script: readonly Line[];
}

/** Plays a scenario with the seeds from `first` on. Answers the first run that breaks something, and how many went well. */
export async function explore(
    scenario: Scenario,
    seeds: { readonly first: number; readonly runs: number },
    verdict: Verdict = async () => undefined,
): Promise<Finding | undefined> {
    for (let seed = seeds.first; seed < seeds.first + seeds.runs; seed++) {
        const stage = createStage(Object.keys(scenario.stacks));
        await playRandomly(stage, scenario, createRandom(seed));
        const { played, fault: seen } = stage.result();
        const script = [...played];
        const fault = seen ?? (await verdict(stage));
        if (fault !== undefined) {
            const names = Object.keys(scenario.stacks);
            const smallest = await shrink(names, script, fault, verdict);
            return { seed, fault: (await replay(names, smallest, verdict)) ?? fault, script: smallest };
        }
    }
    return undefined;
}

/** Plays a script again; what it breaks. A script that breaks nothing on its way comes to rest before it is judged. */
export async function replay(
    names: readonly string[],
    script: readonly Line[],
    verdict: Verdict = async () => undefined,
): Promise<string | undefined> {
    const stage = createStage(names);
    await playAll(stage, script);
    const { fault } = stage.result();
    if (fault !== undefined) {
        return fault;
    }
    await comeToRest(stage);
    return stage.result().fault ?? verdict(stage);
}

async function playAll(stage: Stage, script: readonly Line[]): Promise<void> {
    for (const line of script) {
        await stage.play(line);
        if (stage.result().fault !== undefined) {
            return;
        }
    }
}

/** Leaves out lines, ever smaller groups of them, as long as a fault of the same kind remains. */
async function shrink(
    names: readonly string[],
    script: readonly Line[],
    fault: string,
    verdict: Verdict,
): Promise<readonly Line[]> {
    const kind = kindOf(fault);
    let smallest = script;
    for (let size = Math.ceil(script.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
        for (let start = 0; start < smallest.length; ) {
            const without = [...smallest.slice(0, start), ...smallest.slice(start + size)];
            const again = await replay(names, without, verdict);
            if (again !== undefined && kindOf(again) === kind) {
                smallest = without;
            } else {
                start += size;
            }
        }
    }
    return smallest;
}

/** A fault without what differs from run to run. */
const kindOf = (fault: string): string => fault.replace(/\d+/g, "#").slice(0, 24);

/** A finding as a message, with what to write into a test to play it again. */
export const describeFinding = (title: string, { seed, fault, script }: Finding): string =>
    [`${title}, seed ${seed}: ${fault}`, ...script.map((line) => `    ${JSON.stringify(line)},`)].join("\n");
