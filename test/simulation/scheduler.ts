import type { Clock } from "../../provider/publish/operations/place";

/**
 * How a call ends: as it should; without effect and with an error; with its effect and an error; with its effect and an answer that
 * leaves it open; without effect and with such an answer; the same, and its effect comes later; with an answer that is out of date.
 */
export type Outcome = "ok" | "fails" | "fails after" | "unanswered" | "refused" | "late" | "stale";

/** A call that an actor waits for. */
export interface PendingCall {
    readonly actor: string;
    /** What it is: `read ledger`, `publish`, `save`. */
    readonly name: string;
    /** For a sleep, when it ends. */
    readonly due: number | undefined;
    readonly outcomes: readonly Outcome[];
    readonly settle: (outcome: Outcome) => void;
    /** The call's effect without its answer, for a process that is killed; absent where it has none. */
    readonly effect: (() => void) | undefined;
}

/** What a call does at the moment at which it is let go on. */
export interface CallEffect<Answer> {
    /** Has the effect, and answers. */
    readonly act: () => Answer;
    /** Whether it changes anything. */
    readonly changes: boolean;
    /** What is answered where the answer leaves open what happened; absent: an error. */
    readonly open?: { readonly answer: Answer };
    /** The answer as it was a moment ago. */
    readonly stale?: () => Answer;
    readonly outcomes: readonly Outcome[];
}

/** The failure of a call that got no answer. */
export class NoAnswer extends Error {}

/** Decides which call goes on next; between two decisions no time passes and nothing else happens. */
export interface Scheduler {
    /** Milliseconds since the epoch. */
    readonly now: () => number;
    readonly pending: () => readonly PendingCall[];
    readonly pendingOf: (actor: string) => readonly PendingCall[];
    /** Effects of calls that will come, and whose callers do not wait for them any more. */
    readonly late: (() => void)[];
    /** Lets a late effect come; whether one is just coming. */
    readonly land: (position: number) => void;
    readonly isLanding: () => boolean;
    readonly call: <Answer>(actor: string, name: string, effect: CallEffect<Answer>) => Promise<Answer>;
    readonly clockOf: (actor: string) => Clock;
    /** Lets one call go on, and everybody until they wait again. */
    readonly step: (call: PendingCall, outcome: Outcome) => Promise<void>;
    /** Ends an actor in the middle of what it does; its calls on the way have their effect now, later, or never. */
    readonly kill: (actor: string, fate: "lost" | "lands" | "late") => void;
    readonly wait: (milliseconds: number) => void;
    /** Time passes until then, unless it is later already. */
    readonly waitUntil: (time: number) => void;
}

/** @param callTime milliseconds that a call takes */
export function createScheduler(random: () => number, callTime: number): Scheduler {
    let now = Date.UTC(2026, 0, 1);
    let ids = 0;
    let pending: PendingCall[] = [];
    const late: (() => void)[] = [];
    let landing = false;
    const drop = (call: PendingCall) => {
        pending = pending.filter((each) => each !== call);
    };
    const call = <Answer>(actor: string, name: string, effect: CallEffect<Answer>): Promise<Answer> =>
        new Promise((resolve, reject) => {
            const { act, changes, stale, outcomes } = effect;
            const noAnswer = () => reject(new NoAnswer(`${name}: no answer`));
            const answerOpen = () => (effect.open === undefined ? noAnswer() : resolve(effect.open.answer));
            const settle = (outcome: Outcome) => {
                if (outcome === "fails") {
                    return noAnswer();
                }
                if (outcome === "refused") {
                    return answerOpen();
                }
                if (outcome === "late") {
                    late.push(() => void tryTo(act));
                    return answerOpen();
                }
                if (outcome === "stale" && stale !== undefined) {
                    return resolve(stale());
                }
                let answer: Answer;
                try {
                    answer = act();
                } catch (error) {
                    return reject(error);
                }
                if (outcome === "fails after") {
                    return noAnswer();
                }
                return outcome === "unanswered" ? answerOpen() : resolve(answer);
            };
            const effectAlone = changes ? () => void tryTo(act) : undefined;
            pending.push({ actor, name, due: undefined, outcomes, settle, effect: effectAlone });
        });
    const sleep = (actor: string, milliseconds: number, signal?: AbortSignal): Promise<void> =>
        new Promise((resolve, reject) => {
            const due = now + milliseconds;
            const settle = () => resolve();
            const asleep: PendingCall = {
                actor,
                name: "sleep",
                due,
                outcomes: ["ok"],
                settle,
                effect: undefined,
            };
            pending.push(asleep);
            signal?.addEventListener("abort", () => {
                drop(asleep);
                reject(signal.reason);
            });
        });
    return {
        now: () => now,
        pending: () => pending,
        pendingOf: (actor) => pending.filter((each) => each.actor === actor),
        late,
        land: (position) => {
            const [effect] = late.splice(position, 1);
            landing = true;
            effect?.();
            landing = false;
        },
        isLanding: () => landing,
        call,
        clockOf: (actor) => ({
            now: () => now,
            sleep: (milliseconds, signal) => sleep(actor, milliseconds, signal),
            random,
            newId: () => {
                ids += 1;
                return `${actor}${ids}`;
            },
        }),
        step: async (chosen, outcome) => {
            drop(chosen);
            now = Math.max(now + (chosen.due === undefined ? callTime : 0), chosen.due ?? 0);
            chosen.settle(outcome);
            // Whoever goes on does so in microtasks only, until the next call.
            await new Promise((resolve) => setImmediate(resolve));
        },
        kill: (actor, fate) => {
            const dying = pending.filter((each) => each.actor === actor);
            pending = pending.filter((each) => each.actor !== actor);
            for (const { effect } of dying) {
                if (effect !== undefined && fate === "lands") {
                    effect();
                } else if (effect !== undefined && fate === "late") {
                    late.push(effect);
                }
            }
        },
        wait: (milliseconds) => {
            now += milliseconds;
        },
        waitUntil: (time) => {
            now = Math.max(now, time);
        },
    };
}

/** An effect whose caller is gone: nobody hears of its failure. */
function tryTo(act: () => unknown): void {
    try {
        act();
    } catch {
        // As Lambda would answer nobody.
    }
}
