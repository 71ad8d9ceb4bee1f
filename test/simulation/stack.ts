import type { HolderRequest } from "../../provider/publish/ledger/acquire";
import { versionKey } from "../../provider/publish/ledger/versionKey";
import { inspectHold } from "../../provider/publish/operations/inspectHold";
import { moveHold } from "../../provider/publish/operations/moveHold";
import { releaseVersion } from "../../provider/publish/operations/releaseVersion";
import { takeVersion } from "../../provider/publish/operations/takeVersion";
import { type UpdateRequest, updateHold } from "../../provider/publish/operations/updateHold";
import type { Expectations } from "./expectations";
import { arnOf, type World } from "./world";

/** What a program says of its layer. */
export interface Settings {
    readonly owner: string;
    readonly layer: string;
    readonly bucket: string;
    readonly lock: string;
    readonly description: string;
    readonly keep: number | null;
    readonly forceDestroy: boolean;
    readonly permissions: readonly string[];
}

/** How the engine runs it. */
export interface RunOptions {
    readonly deleteBeforeReplace: boolean;
    /** Each hook runs in a plugin process that has seen nothing. */
    readonly split: boolean;
    /** `--target-replace`: a replacement although nothing has changed. */
    readonly replace: boolean;
    /** The resource has a new name, and no alias. */
    readonly withoutAlias: boolean;
}

/** A resource in a stack's state. */
export interface Saved {
    readonly createId: string;
    readonly epoch: string;
    readonly version: number;
    readonly codeSha256: string;
    readonly settings: Settings;
    /** The next `up` updates it, whatever it compares. */
    readonly unfinished: boolean;
}

/** A stack with one layer in it. */
export interface Stack {
    readonly name: string;
    current: Saved | undefined;
    /** Old halves of replacements that are still to be deleted. */
    pending: Saved[];
    /** Everything that a save ever put into the state, with its place in order. */
    readonly saved: Saved[];
    /** Creates whose delete hook has begun. */
    readonly leaving: Set<string>;
    running: boolean;
    startedAt: number;
    /** Of the last run. */
    error: unknown;
}

export const createStack = (name: string): Stack => ({
    name,
    current: undefined,
    pending: [],
    saved: [],
    leaving: new Set(),
    running: false,
    startedAt: 0,
    error: undefined,
});

/** What one plugin process has seen: hints, as DESIGN has them. */
interface Memory {
    readonly checked: ReadonlySet<string>;
    readonly released: Set<string>;
    /** Whether the engine showed a state of the resource. */
    readonly isKnown: boolean;
    /** Where the resource is by now, as far as the engine showed it. */
    made: Saved | undefined;
}

/** Calls the operations as the hooks do, in the order in which the engine calls the hooks, and saves in between. */
export function createEngine(world: World, stack: Stack, expectations: Expectations) {
    const { name: actor } = stack;
    const place = ({ layer, bucket }: Settings) => world.placeOf(actor, layer, bucket);
    const save = async (change: () => void) => {
        await world.call(actor, "save");
        change();
    };
    const newId = () => world.placeOf(actor, "", "").clock.newId();
    const holderOf = (createId: string, { owner, keep, permissions }: Settings): HolderRequest => ({
        createId,
        owner,
        keep,
        permissions,
    });
    const describe = () => world.call(actor, "describe");

    const create = async (settings: Settings, memory: Memory, former: Saved | undefined): Promise<Saved> => {
        const { lock } = settings;
        const createId = newId();
        const taken = await takeVersion(place(settings), {
            wanted: { artifact: lock, settings: settings.description, triggers: "" },
            holder: holderOf(createId, settings),
            prepare: () => world.prepare(actor, settings, stack.startedAt),
            describe,
            retains: memory.isKnown ? memory.released : "all",
            former: former === undefined ? [] : [former.createId],
        });
        const { epoch, problems } = taken;
        const { version, codeSha256 } = taken.version;
        const unfinished = problems.length > 0;
        const made = { createId, epoch, version, codeSha256, settings, unfinished };
        memory.made = made;
        await save(() => {
            if (former !== undefined) {
                stack.pending.push(former);
            }
            stack.current = made;
            stack.saved.push(made);
            expectations.created(made, memory.isKnown ? memory.released : "all");
        });
        if (unfinished) {
            throw problems[0];
        }
        return made;
    };
    const remove = async (saved: Saved, memory: Memory | undefined, isOldHalf: boolean): Promise<void> => {
        const { createId, epoch, version, settings } = saved;
        const lives = memory?.checked.has(settings.owner) ?? false;
        stack.leaving.add(createId);
        const made = memory?.made?.settings;
        const isElsewhere =
            made !== undefined && (made.layer !== settings.layer || made.bucket !== settings.bucket);
        const { problems } = await releaseVersion(place(settings), {
            createId,
            epoch,
            version,
            lives,
            forceDestroy: settings.forceDestroy,
            ...(isElsewhere ? { movedOn: { keep: made.keep } } : {}),
        });
        memory?.released.add(createId);
        if (problems.length > 0) {
            throw problems[0];
        }
        await save(() => {
            stack.pending = stack.pending.filter((each) => each !== saved);
            stack.current = stack.current === saved ? undefined : stack.current;
            if (lives || isOldHalf) {
                expectations.superseded(saved, memory?.made);
            } else {
                expectations.removed(saved);
            }
        });
    };
    const update = async (old: Saved, settings: Settings): Promise<void> => {
        const { layer, lock, description } = settings;
        const wanted = { layer: arnOf(layer), settings: description, triggers: "" };
        const request: UpdateRequest = {
            version: old.version,
            holder: holderOf(old.createId, settings),
            facts: { key: versionKey(wanted, old.codeSha256), artifacts: [lock] },
            formerOwner: old.settings.owner,
            formerPermissions: old.settings.permissions,
            describe,
        };
        const updated =
            old.settings.bucket === settings.bucket
                ? await updateHold(place(settings), request)
                : await moveHold(place(old.settings), place(settings), request);
        const { epoch, problems } = updated;
        const unfinished = problems.length > 0;
        const now = { ...old, epoch, settings, unfinished };
        await save(() => {
            stack.current = now;
            stack.saved.push(now);
            expectations.updated(old, now);
        });
        if (unfinished) {
            throw problems[0];
        }
    };
    const register = async (settings: Settings, options: RunOptions, memory: Memory): Promise<void> => {
        const old = stack.current;
        if (old === undefined) {
            await create(settings, memory, undefined);
        } else if (options.withoutAlias && old.settings.owner !== settings.owner) {
            await create(settings, memory, old);
        } else if (options.replace || needsReplacement(old.settings, settings)) {
            if (options.deleteBeforeReplace) {
                await remove(old, memory, false);
                await create(settings, memory, undefined);
            } else {
                await create(settings, memory, old);
            }
        } else {
            memory.made = old;
            if (old.unfinished || JSON.stringify(old.settings) !== JSON.stringify(settings)) {
                await update(old, settings);
            }
        }
    };
    return {
        up: async (settings: Settings, options: RunOptions): Promise<void> => {
            const memory: Memory = {
                checked: new Set(options.split ? [] : [settings.owner]),
                released: new Set(),
                // A replacement of one target is checked without an old state.
                isKnown: options.split || (stack.current !== undefined && !options.replace),
                made: undefined,
            };
            await register(settings, options, memory);
            const forgotten = { ...memory, released: new Set<string>(), made: undefined };
            for (const each of [...stack.pending].reverse()) {
                const isRenamed = each.settings.owner !== settings.owner;
                await remove(each, options.split ? forgotten : memory, !isRenamed);
            }
        },
        destroy: async (): Promise<void> => {
            for (const each of [...stack.pending].reverse()) {
                await remove(each, undefined, false);
            }
            if (stack.current !== undefined) {
                await remove(stack.current, undefined, false);
            }
        },
        refresh: async (): Promise<void> => {
            const { current } = stack;
            if (current !== undefined) {
                const { version, hold } = await inspectHold(place(current.settings), current);
                const now = hold === "current" ? current : { ...current, unfinished: true };
                await save(() => {
                    stack.current = version === undefined ? undefined : now;
                });
            }
        },
    };
}

/** What the provider's diff says: another layer, or other dependencies. */
const needsReplacement = (old: Settings, settings: Settings): boolean =>
    old.layer !== settings.layer || old.lock !== settings.lock || old.description !== settings.description;
