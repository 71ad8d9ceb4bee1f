/** What a resource of the model is set to. */
export interface Settings {
    readonly layer: string;
    readonly variant: number;
    readonly description: number;
    readonly keepVersions: number | "all";
    readonly forceDestroy: boolean;
    readonly permissions: readonly string[] | undefined;
    readonly deleteBeforeReplace: boolean;
}

/** A layer version as the model sees it. */
export interface ModelVersion {
    readonly layer: string;
    readonly version: number;
    readonly key: string;
    /** Whether Lambda has it. */
    alive: boolean;
    /** Whether it counts as one of the product's; not so what somebody else published, and what is known to be gone. */
    known: boolean;
    holders: readonly ModelHolder[];
}

/** A create that uses a version, or left it and keeps it. */
export interface ModelHolder {
    readonly create: number;
    readonly owner: string;
    /** Grows: of two of an owner the later one is its newest. */
    readonly since: number;
    readonly isCurrent: boolean;
    readonly settings: Settings;
}

interface ModelResource {
    readonly owner: string;
    readonly create: number;
    readonly version: ModelVersion;
    readonly settings: Settings;
}

export interface ModelStack {
    readonly resources: Map<string, ModelResource>;
    readonly pendingDeletes: ModelResource[];
}

/** A resource that a run of the model brings up. */
export interface ModelDeclared {
    readonly name: string;
    readonly owner: string;
    readonly alias?: string;
    readonly settings: Settings;
}

/** What the provider of one run remembers. */
interface Run {
    /** Owners whose resource lives on, with where it is now; the former name of a renamed one lives on elsewhere. */
    readonly checked: Map<string, { readonly settings: Settings; readonly renamed: boolean }>;
    readonly released: Set<string>;
}

/** Ends a run of the model where the product has to report a failure. */
export class ExpectedFailure extends Error {}

/** What must exist after any sequence of runs: the rules of holders, retention and permissions, and nothing else. */
export function createModel() {
    const versions: ModelVersion[] = [];
    const keyOf = ({ variant, description }: Settings) => `${variant}/${description}`;
    let time = 0;

    const publish = (layer: string, key: string, known: boolean): ModelVersion => {
        const others = versions.filter((each) => each.layer === layer);
        const version = 1 + Math.max(0, ...others.map((each) => each.version));
        const made: ModelVersion = { layer, version, key, alive: true, known, holders: [] };
        versions.push(made);
        return made;
    };
    /** Holders of an owner on a layer with their versions, the newest first. */
    const heldBy = (owner: string, layer: string, isCurrent: boolean) =>
        versions
            .filter((version) => version.known && version.layer === layer)
            .flatMap((version) => version.holders.map((holder) => ({ version, holder })))
            .filter(({ holder }) => holder.owner === owner && holder.isCurrent === isCurrent)
            .sort((left, right) => right.holder.since - left.holder.since);
    const end = (version: ModelVersion, create: number) => {
        version.holders = version.holders.filter((holder) => holder.create !== create);
        if (version.holders.length === 0) {
            version.alive = false;
            version.known = false;
        }
    };
    const hold = (version: ModelVersion, create: number, owner: string, settings: Settings) => {
        const former = version.holders.find((holder) => holder.create === create);
        const newest = heldBy(owner, version.layer, true)[0]?.holder.create;
        time += 1;
        const since = former?.isCurrent === true && newest === create ? former.since : time;
        version.holders = [
            ...version.holders.filter(
                (each) => each.create !== create && (each.owner !== owner || each.isCurrent),
            ),
            { create, owner, since, isCurrent: true, settings },
        ];
    };
    /** Kept versions follow the owner's permissions as they are now. */
    const permit = (owner: string, layer: string) => {
        const newest = heldBy(owner, layer, true)[0]?.holder.settings;
        for (const { version, holder } of newest === undefined ? [] : heldBy(owner, layer, false)) {
            const settings = { ...holder.settings, permissions: newest?.permissions };
            version.holders = version.holders.map((each) => (each === holder ? { ...each, settings } : each));
        }
    };
    const retain = (owner: string, layer: string, elsewhere?: Settings) => {
        permit(owner, layer);
        const newest = heldBy(owner, layer, true)[0]?.holder.settings;
        const keep = (newest ?? elsewhere)?.keepVersions ?? "all";
        if (keep !== "all") {
            const kept = [...new Set(heldBy(owner, layer, false).map(({ version }) => version))];
            for (const version of kept.slice(keep)) {
                for (const { holder } of heldBy(owner, layer, false).filter(
                    (each) => each.version === version,
                )) {
                    end(version, holder.create);
                }
            }
        }
    };

    const create = (run: Run, { owner, settings }: ModelDeclared, hasState: boolean) => {
        const { layer } = settings;
        const key = keyOf(settings);
        const there = versions.filter((each) => each.known && each.layer === layer && each.key === key);
        for (const gone of there.filter(({ alive }) => !alive)) {
            gone.known = false;
            gone.holders = [];
        }
        const version = there.find(({ alive }) => alive) ?? publish(layer, key, true);
        time += 1;
        const made = { owner, create: time, version, settings };
        hold(version, made.create, owner, settings);
        permit(owner, layer);
        if (!hasState || run.released.has(owner)) {
            retain(owner, layer);
        }
        return made;
    };

    const leave = (run: Run, { owner, create, version, settings }: ModelResource) => {
        run.released.add(owner);
        const holder = version.holders.find((each) => each.create === create);
        if (!version.known || holder === undefined) {
            return;
        }
        const { layer } = version;
        const lives = run.checked.get(owner);
        const isElsewhere = lives !== undefined && (lives.renamed || lives.settings.layer !== layer);
        if (lives !== undefined || heldBy(owner, layer, true)[0]?.holder.create !== create) {
            const isBeside = version.holders.some(
                (each) => each.owner === owner && each.isCurrent && each.create !== create,
            );
            if (isBeside) {
                end(version, create);
            } else {
                version.holders = version.holders.map((each) =>
                    each.create === create ? { ...each, isCurrent: false } : each,
                );
            }
            retain(owner, layer, isElsewhere ? lives.settings : undefined);
            return;
        }
        end(version, create);
        if (settings.forceDestroy) {
            for (const kept of heldBy(owner, layer, false)) {
                end(kept.version, kept.holder.create);
            }
        }
    };

    const bringUp = (run: Run, stack: ModelStack, declared: ModelDeclared) => {
        const { name, owner, alias, settings } = declared;
        const formerName = stack.resources.has(name) ? name : alias;
        const old = formerName === undefined ? undefined : stack.resources.get(formerName);
        run.checked.set(owner, { settings, renamed: false });
        if (old === undefined) {
            stack.resources.set(name, create(run, declared, false));
            return;
        }
        if (old.owner !== owner) {
            run.checked.set(old.owner, { settings, renamed: true });
        }
        stack.resources.delete(formerName ?? name);
        if (old.settings.layer !== settings.layer || keyOf(old.settings) !== keyOf(settings)) {
            if (settings.deleteBeforeReplace) {
                leave(run, old);
            } else {
                stack.pendingDeletes.push(old);
            }
            stack.resources.set(name, create(run, declared, true));
            return;
        }
        stack.resources.set(name, old);
        const isSame = JSON.stringify(comparable(old.settings)) === JSON.stringify(comparable(settings));
        if (old.owner === owner && isSame) {
            stack.resources.set(name, { ...old, settings });
            return;
        }
        if (!old.version.alive) {
            throw new ExpectedFailure();
        }
        hold(old.version, old.create, owner, settings);
        if (old.owner !== owner && heldBy(old.owner, settings.layer, true).length === 0) {
            for (const { version, holder } of heldBy(old.owner, settings.layer, false)) {
                version.holders = version.holders.map((each) =>
                    each === holder ? { ...each, owner } : each,
                );
            }
        }
        retain(owner, settings.layer);
        stack.resources.set(name, { ...old, owner, settings });
    };

    const removeAll = (run: Run, stack: ModelStack, wanted: ReadonlySet<string>) => {
        for (const old of [...stack.pendingDeletes].reverse()) {
            leave(run, old);
            stack.pendingDeletes.splice(stack.pendingDeletes.indexOf(old), 1);
        }
        for (const [name, old] of [...stack.resources].reverse()) {
            if (!wanted.has(name)) {
                leave(run, old);
                stack.resources.delete(name);
            }
        }
    };
    const newRun = (): Run => ({ checked: new Map(), released: new Set() });

    return {
        versions,
        up: (stack: ModelStack, program: readonly ModelDeclared[]) => {
            const run = newRun();
            for (const declared of program) {
                bringUp(run, stack, declared);
            }
            removeAll(run, stack, new Set(program.map(({ name }) => name)));
        },
        destroy: (stack: ModelStack) => removeAll(newRun(), stack, new Set()),
        refresh: (stack: ModelStack) => {
            for (const [name, { version }] of [...stack.resources]) {
                if (!version.alive) {
                    stack.resources.delete(name);
                }
            }
        },
        publishForeign: (layer: string) => publish(layer, "foreign", false),
        deleteByHand: (version: ModelVersion) => {
            version.alive = false;
        },
    };
}

/** What an update in place follows: everything but how a replacement would be done. */
const comparable = ({ deleteBeforeReplace: _, ...settings }: Settings) => settings;
