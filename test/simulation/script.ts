import { createExpectations, type Expectations } from "./expectations";
import { createRandom } from "./random";
import type { Outcome, PendingCall } from "./scheduler";
import { createEngine, createStack, type RunOptions, type Settings, type Stack } from "./stack";
import { nameOf, watch } from "./watch";
import { createWorld, type World } from "./world";

/**
 * One line of a script:
 *
 * ```
 * A up lock=b description=d keep=0 owner=deps layer=l bucket=s permissions=x+y force dbr split replace noalias
 * A destroy | A refresh
 * A                      the next call of A goes on
 * A fails | A late | …   it goes on with this outcome
 * A does publish         this call of A goes on
 * A until publish        A goes on until this call is next
 * A done                 A goes on to its end
 * A dies | A dies lands | A dies late    its calls on the way are lost, have their effect, have it later
 * A forgets              the state of A is lost
 * wait 20000             time passes
 * land                   the oldest late effect comes
 * lose s/l | damage s/l  the ledger is deleted, or overwritten with rubbish
 * copy s/m s/l           the ledger of layer m is put in the place of that of l
 * edit s/l "1" "2"       somebody changes the ledger by hand
 * remove l:1             somebody deletes the version by hand
 * sweep                  somebody deletes all zips
 * ```
 */
export type Line = string;

/** How a script went. */
export interface Play {
    readonly world: World;
    readonly stacks: readonly Stack[];
    /** What went wrong first, with the line; `undefined` when nothing did. */
    readonly fault: string | undefined;
    /** Lines that did something. */
    readonly played: readonly Line[];
    /** Whether anything but calls that go well and answers that are lost was in it. */
    readonly disturbed: boolean;
    readonly excused: ReadonlySet<string>;
    readonly expectations: Expectations;
}

/** A script as it is played, line by line. */
export interface Stage {
    readonly world: World;
    readonly stacks: ReadonlyMap<string, Stack>;
    readonly play: (line: Line) => Promise<void>;
    readonly result: () => Play;
}

export const outcomes: readonly Outcome[] = [
    "ok",
    "fails",
    "fails after",
    "unanswered",
    "refused",
    "late",
    "stale",
];

/** @param options `check: false` leaves the invariants alone; `callTime` is what each call takes, milliseconds */
export function createStage(
    names: readonly string[],
    { check = true, callTime = 40 }: { readonly check?: boolean; readonly callTime?: number } = {},
): Stage {
    const world = createWorld(createRandom(1), callTime);
    const { scheduler } = world;
    const stacks = new Map(names.map((name) => [name, createStack(name)]));
    const expectations = createExpectations();
    const excused = new Set<string>();
    const played: Line[] = [];
    let disturbed = false;
    let fault: string | undefined;
    // What only reads, or sleeps, breaks nothing.
    let mayHaveChanged = false;

    const begin = (stack: Stack, run: () => Promise<void>) => {
        stack.running = true;
        stack.startedAt = world.scheduler.now();
        stack.error = undefined;
        run().then(
            () => {
                stack.running = false;
            },
            (error: unknown) => {
                stack.running = false;
                stack.error = error;
            },
        );
    };
    const next = (name: string): PendingCall | undefined => {
        const calls = scheduler.pendingOf(name);
        const due = calls.find((call) => call.due !== undefined && call.due <= scheduler.now());
        const byTime = [...calls].sort((left, right) => (left.due ?? 0) - (right.due ?? 0));
        return due ?? byTime[0];
    };
    const step = async (name: string, outcome: Outcome, what?: string): Promise<boolean> => {
        const call =
            what === undefined ? next(name) : scheduler.pendingOf(name).find((each) => each.name === what);
        if (call === undefined) {
            return false;
        }
        const applied = call.outcomes.includes(outcome) ? outcome : "ok";
        disturbed ||= !["ok", "unanswered", "refused", "stale"].includes(applied);
        await scheduler.step(call, applied);
        mayHaveChanged ||= call.effect !== undefined || call.name === "save" || !stacks.get(name)?.running;
        return true;
    };
    const on = async (stack: Stack, [verb = "", ...words]: readonly string[]): Promise<boolean> => {
        const { name } = stack;
        if (verb === "up" || verb === "destroy" || verb === "refresh") {
            if (stack.running) {
                return false;
            }
            const engine = createEngine(world, stack, expectations);
            const { settings, options } = readSettings(words);
            begin(stack, () => (verb === "up" ? engine.up(settings, options) : engine[verb]()));
            return true;
        }
        if (verb === "forgets") {
            disturbed = true;
            stack.current = undefined;
            stack.pending = [];
            return true;
        }
        if (!stack.running) {
            return false;
        }
        if (verb === "dies") {
            disturbed = true;
            const [fate = "lost"] = words;
            scheduler.kill(name, fate === "lands" || fate === "late" ? fate : "lost");
            stack.running = false;
            return true;
        }
        if (verb === "done" || verb === "until") {
            const wanted = words.join(" ");
            for (let steps = 0; stack.running && steps < 2000; steps++) {
                if (verb === "until" && next(name)?.name === wanted) {
                    return true;
                }
                await step(name, "ok");
                look();
            }
            return true;
        }
        if (verb === "does") {
            return step(name, "ok", words.join(" "));
        }
        return step(name, outcomes.find((outcome) => outcome === [verb, ...words].join(" ").trim()) ?? "ok");
    };
    const disturb = ([verb = "", what = "", to = "", by = ""]: readonly string[]): boolean => {
        const [first = "", second = ""] = what.split(/[/:]/);
        if (verb === "wait") {
            scheduler.wait(Number(what));
            return true;
        }
        if (verb === "land") {
            scheduler.land(0);
            return true;
        }
        disturbed = true;
        if (verb === "lose" || verb === "damage") {
            const object = world.objectOf(second, first);
            object.text = verb === "lose" ? undefined : "rubbish";
            object.etag = verb === "lose" ? undefined : `rubbish ${scheduler.now()}`;
            object.losses.push(scheduler.now());
            return true;
        }
        if (verb === "copy") {
            const [bucket = "", layer = ""] = to.split("/");
            Object.assign(world.objectOf(layer, bucket), {
                text: world.objectOf(second, first).text,
                etag: "copied",
            });
            return true;
        }
        if (verb === "edit") {
            const object = world.objectOf(second, first);
            Object.assign(object, { text: object.text?.replaceAll(to, by), etag: "edited" });
            return true;
        }
        if (verb === "remove") {
            const version = world.versionOf(first, Number(second));
            excused.add(nameOf(first, Number(second)));
            if (version !== undefined) {
                version.deletedAt = scheduler.now();
            }
            return version !== undefined;
        }
        if (verb === "sweep") {
            world.artifacts.clear();
            return true;
        }
        throw new Error(`no line of a script: ${verb} ${what}`);
    };
    const look = () => {
        if (check && mayHaveChanged && fault === undefined) {
            mayHaveChanged = false;
            fault = watch(world, [...stacks.values()], excused)[0];
        }
    };
    return {
        world,
        stacks,
        play: async (line) => {
            const [name = "", ...words] = line.split(" ");
            const stack = stacks.get(name);
            const isStep = stack !== undefined && (words.length === 0 || stack.running);
            mayHaveChanged ||= !isStep || words[0] === "dies";
            const did = stack === undefined ? disturb([name, ...words]) : await on(stack, words);
            if (did) {
                played.push(line);
                look();
            }
        },
        result: () => ({
            world,
            stacks: [...stacks.values()],
            fault,
            played,
            disturbed,
            excused,
            expectations,
        }),
    };
}

/** Everybody who is still at work comes to an end, and what was on its way arrives. */
export async function comeToRest(stage: Stage): Promise<void> {
    for (const name of stage.stacks.keys()) {
        await stage.play(`${name} done`);
    }
    while (stage.world.scheduler.late.length > 0) {
        await stage.play("land");
    }
}

function readSettings(words: readonly string[]): { settings: Settings; options: RunOptions } {
    const values = new Map(words.map((word) => [word.split("=")[0], word.split("=")[1]]));
    const keep = values.get("keep");
    return {
        settings: {
            owner: values.get("owner") ?? "deps",
            layer: values.get("layer") ?? "l",
            bucket: values.get("bucket") ?? "s",
            lock: values.get("lock") ?? "a",
            description: values.get("description") ?? "plain",
            keep: keep === undefined || keep === "all" ? null : Number(keep),
            forceDestroy: values.has("force"),
            permissions: values.get("permissions")?.split("+") ?? [],
        },
        options: {
            deleteBeforeReplace: values.has("dbr"),
            split: values.has("split"),
            replace: values.has("replace"),
            withoutAlias: values.has("noalias"),
        },
    };
}
