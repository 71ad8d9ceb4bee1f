import { choose } from "./random";
import type { Outcome } from "./scheduler";
import { comeToRest, type Line, outcomes, type Stage } from "./script";
import type { Verdict } from "./verdicts";

/** What a random script is made of. */
export interface Scenario {
    readonly title: string;
    /** Stacks by name, with the name of their resource's owner. */
    readonly stacks: Readonly<Record<string, string>>;
    readonly locks: readonly string[];
    readonly keeps: readonly (number | "all")[];
    readonly permissions?: readonly string[];
    readonly buckets?: readonly string[];
    readonly layers?: readonly string[];
    /** In how many of a hundred cases: answers are lost or late, calls go wrong in any way, processes die, plugin processes are split. */
    readonly answersLost?: number;
    readonly faults?: number;
    readonly deaths?: number;
    readonly split?: number;
    /** In how many of a thousand steps: the ledger is lost or damaged, a state is lost, versions or zips are deleted by hand, time passes. */
    readonly losses?: number;
    readonly forgets?: number;
    readonly byHand?: number;
    readonly stalls?: number;
    /** Whether only other calls go wrong. */
    readonly publishes?: "always answered";
    /** What must hold at the end. Default: what holds all the time. */
    readonly verdict?: Verdict;
    /** Runs of the engine, of all stacks together. */
    readonly runs: number;
    /** Lines at most, but for those that bring everybody to an end. Default: 400. */
    readonly steps?: number;
}

/** Plays a random script on a stage, until its runs are used up or something has gone wrong. */
export async function playRandomly(stage: Stage, scenario: Scenario, random: () => number): Promise<void> {
    const { stacks, runs, steps: most = 400, answersLost = 0, faults = 0, deaths = 0 } = scenario;
    const names = Object.keys(stacks);
    const percent = (share: number) => random() * 100 < share;
    const pick = <Choice>(choices: readonly Choice[]): Choice =>
        choose(
            random,
            choices.map((each) => [1, each]),
        );
    let left = runs;
    for (let steps = 0; steps < most && stage.result().fault === undefined; steps++) {
        const working = names.filter((name) => stage.stacks.get(name)?.running);
        const idle = names.filter((name) => !stage.stacks.get(name)?.running);
        if (left === 0 && working.length === 0) {
            break;
        }
        const disturbance = chooseDisturbance(stage, scenario, random);
        if (disturbance !== undefined) {
            await stage.play(disturbance);
        }
        const begins = left > 0 && idle.length > 0 && (working.length === 0 || percent(20));
        if (begins) {
            left -= 1;
            await stage.play(chooseRun(pick(idle), scenario, random));
            continue;
        }
        const name = pick(preferAwake(stage, working, random));
        if (percent(deaths)) {
            await stage.play(`${name} dies${pick(["", " lands", " late"])}`);
        } else {
            const harmless: readonly Outcome[] = ["unanswered", "refused", "stale"];
            const outcome = percent(faults) ? pick(outcomes) : percent(answersLost) ? pick(harmless) : "ok";
            const isSure =
                scenario.publishes !== undefined &&
                stage.world.scheduler.pendingOf(name).some((call) => call.name === "publish");
            await stage.play(outcome === "ok" || isSure ? name : `${name} ${outcome}`);
        }
    }
    if (stage.result().fault === undefined) {
        await comeToRest(stage);
    }
}

/** Who sleeps seldom goes first: time passes when everybody sleeps. */
function preferAwake(stage: Stage, working: readonly string[], random: () => number): readonly string[] {
    const { scheduler } = stage.world;
    const awake = working.filter((name) =>
        scheduler.pendingOf(name).some(({ due }) => due === undefined || due <= scheduler.now()),
    );
    return awake.length === 0 || random() < 0.03 ? working : awake;
}

function chooseRun(name: string, scenario: Scenario, random: () => number): Line {
    const { stacks, locks, keeps, permissions = [], buckets = ["s"], layers = ["l"], split = 0 } = scenario;
    const pick = <Choice>(choices: readonly Choice[]): Choice =>
        choose(
            random,
            choices.map((each) => [1, each]),
        );
    const verb = choose(random, [
        [80, "up"],
        [12, "destroy"],
        [8, "refresh"],
    ] as const);
    if (verb !== "up") {
        return `${name} ${verb}`;
    }
    const granted = permissions.filter(() => random() < 0.5);
    const renamed = random() < 0.05;
    return [
        `${name} up lock=${pick(locks)} keep=${pick(keeps)} owner=${stacks[name]}${renamed ? "2" : ""}`,
        ...(buckets.length > 1 ? [`bucket=${random() < 0.8 ? buckets[0] : pick(buckets)}`] : []),
        ...(layers.length > 1 ? [`layer=${random() < 0.8 ? layers[0] : pick(layers)}`] : []),
        ...(random() < 0.1 ? ["description=other"] : []),
        ...(granted.length > 0 ? [`permissions=${granted.join("+")}`] : []),
        ...(random() < 0.2 ? ["dbr"] : []),
        ...(random() < 0.2 ? ["force"] : []),
        ...(random() < 0.05 ? ["replace"] : []),
        ...(renamed && random() < 0.5 ? ["noalias"] : []),
        ...(random() * 100 < split ? ["split"] : []),
    ].join(" ");
}

function chooseDisturbance(stage: Stage, scenario: Scenario, random: () => number): Line | undefined {
    const {
        losses = 0,
        forgets = 0,
        byHand = 0,
        stalls = 0,
        buckets = ["s"],
        layers = ["l"],
        stacks,
    } = scenario;
    const pick = <Choice>(choices: readonly Choice[]): Choice =>
        choose(
            random,
            choices.map((each) => [1, each]),
        );
    const layer = pick(layers);
    const perMille = (share: number) => random() * 1000 < share;
    if (perMille(losses)) {
        return `${random() < 0.7 ? "lose" : "damage"} ${pick(buckets)}/${layer}`;
    }
    if (perMille(forgets)) {
        return `${pick(Object.keys(stacks))} forgets`;
    }
    if (perMille(byHand)) {
        const versions = stage.world.layers.get(layer)?.length ?? 0;
        return versions === 0 || random() < 0.5
            ? "sweep"
            : `remove ${layer}:${1 + Math.floor(random() * versions)}`;
    }
    if (perMille(stalls)) {
        return `wait ${pick([1000, 10_000, 25_000, 40_000])}`;
    }
    return stage.world.scheduler.late.length > 0 && perMille(100) ? "land" : undefined;
}
