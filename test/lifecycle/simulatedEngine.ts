import type { dynamic } from "@pulumi/pulumi";
import type { Hooks } from "../../provider/dynamic/provider";
import { openProvider } from "./place";

type Props = Record<string, unknown>;

/** A resource as a program declares it. */
export interface Declared {
    readonly name: string;
    readonly type?: "LayerVersion" | "PythonLayer";
    readonly args: Readonly<Props>;
    /** A name that the resource had before. */
    readonly alias?: string;
    readonly deleteBeforeReplace?: boolean;
    /** An explicit provider: a plugin process of its own. */
    readonly provider?: Hooks;
}

/** A resource in a stack's state. */
export interface Saved {
    readonly urn: string;
    readonly id: string;
    readonly inputs: Props;
    readonly outputs: Props;
    /** Set after a partial failure: the engine updates it then, whatever diff says. */
    readonly unfinished: boolean;
    /** The explicit provider that made it, which also deletes it. */
    readonly provider?: Hooks | undefined;
}

/** What a run did, for assertions: `create deps`, `update deps`, `delete deps`. */
export interface RunOutcome {
    readonly steps: readonly string[];
    /** The first failure, which ended the run. */
    readonly error?: Error;
}

/** A stack with its state. Each run is a process of its own for the provider, as with the real engine. */
export interface SimulatedStack {
    readonly resources: Map<string, Saved>;
    /** Old halves of replacements that a run did not come to delete. */
    readonly pendingDeletes: Saved[];
    /** Who serves the runs from now on. `undefined`, as at first: a provider of its own for each run. */
    useHooks(hooks: Hooks | undefined): void;
    ownerOf(declared: Pick<Declared, "name" | "type">): string;
    up(program: readonly Declared[]): Promise<RunOutcome>;
    destroy(): Promise<RunOutcome>;
    refresh(): Promise<RunOutcome>;
}

const overTheWire = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/**
 * A small engine that calls the hooks in the order, and with the arguments, that was measured of the real one:
 * check, diff, then create, update or nothing, a second check before a replacement, all deletes last.
 */
export function createStack(project: string, stack: string): SimulatedStack {
    let others: Hooks | undefined;
    let hooks: Hooks;
    const resources = new Map<string, Saved>();
    const pendingDeletes: Saved[] = [];
    const urnOf = ({ name, type }: Pick<Declared, "name" | "type">) =>
        `urn:pulumi:${stack}::${project}::pulumi-nodejs:dynamic/lambda:${type ?? "LayerVersion"}::${name}`;
    const ownerOf = (declared: Pick<Declared, "name" | "type">) => `organization/${urnOf(declared)}`;
    const nameOf = (urn: string) => urn.slice(urn.lastIndexOf(":") + 1);

    const run = async (work: (steps: string[]) => Promise<void>): Promise<RunOutcome> => {
        hooks = others ?? openProvider();
        const steps: string[] = [];
        try {
            await work(steps);
            return { steps };
        } catch (error) {
            return { steps, error: error instanceof Error ? error : new Error(String(error)) };
        }
    };

    const checked = async (hooks: Hooks, olds: Props, news: Props): Promise<Props> => {
        const { inputs, failures = [] } = await hooks.check(overTheWire(olds), overTheWire(news));
        if (failures.length > 0) {
            throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
        }
        return overTheWire(inputs as Props);
    };

    const create = async (urn: string, { provider }: Declared, inputs: Props): Promise<void> => {
        try {
            const { id, outs } = await (provider ?? hooks).create(overTheWire(inputs));
            // The state lists resources in the order in which they were last made: deletes go backwards.
            resources.delete(urn);
            const outputs = overTheWire(outs as Props);
            resources.set(urn, { urn, id, inputs, outputs, unfinished: false, provider });
        } catch (error) {
            keepPartial(urn, inputs, provider, error);
            throw error;
        }
    };

    const keepPartial = (urn: string, inputs: Props, provider: Hooks | undefined, error: unknown): void => {
        const { id, properties } = (error ?? {}) as { id?: string; properties?: Props };
        if (id !== undefined && properties !== undefined) {
            const outputs = overTheWire(properties);
            resources.set(urn, { urn, id, inputs, outputs, unfinished: true, provider });
        }
    };

    const remove = async (saved: Saved, steps: string[]): Promise<void> => {
        steps.push(`delete ${nameOf(saved.urn)}`);
        await (saved.provider ?? hooks).delete(saved.id, overTheWire(saved.outputs));
    };

    const replace = async (old: Saved, urn: string, declared: Declared, news: Props, steps: string[]) => {
        const inputs = await checked(declared.provider ?? hooks, {}, news);
        if (declared.deleteBeforeReplace === true) {
            await remove(old, steps);
            resources.delete(old.urn);
        }
        steps.push(`create ${declared.name}`);
        try {
            await create(urn, declared, inputs);
        } finally {
            // Once the new one is in the state, the old one is there for its deletion only.
            if (declared.deleteBeforeReplace !== true && resources.get(urn) !== old && resources.has(urn)) {
                pendingDeletes.push(old);
                if (old.urn !== urn) {
                    resources.delete(old.urn);
                }
            }
        }
    };

    const register = async (declared: Declared, steps: string[]): Promise<void> => {
        const urn = urnOf(declared);
        const news = { ...declared.args, __layer: { owner: ownerOf(declared) } };
        const former =
            declared.alias === undefined ? undefined : urnOf({ ...declared, name: declared.alias });
        const old = resources.get(urn) ?? (former === undefined ? undefined : resources.get(former));
        const serving = declared.provider ?? hooks;
        const inputs = await checked(serving, old?.inputs ?? {}, news);
        if (old === undefined) {
            steps.push(`create ${declared.name}`);
            return create(urn, declared, inputs);
        }
        // Another provider alone is no reason to replace, as measured: the new one is asked, and has the resource from then on.
        const difference: dynamic.DiffResult = await serving.diff(old.id, overTheWire(old.outputs), inputs);
        if ((difference.replaces ?? []).length > 0) {
            return replace(old, urn, declared, news, steps);
        }
        const changed =
            difference.changes ?? JSON.stringify(sorted(old.inputs)) !== JSON.stringify(sorted(inputs));
        resources.delete(old.urn);
        const { provider } = declared;
        resources.set(urn, { ...old, urn, provider });
        if (!changed && !old.unfinished) {
            resources.set(urn, { ...old, urn, inputs, provider });
            return;
        }
        steps.push(`update ${declared.name}`);
        try {
            const { outs } = await serving.update(old.id, overTheWire(old.outputs), inputs);
            resources.set(urn, {
                urn,
                id: old.id,
                inputs,
                outputs: overTheWire(outs as Props),
                unfinished: false,
                provider,
            });
        } catch (error) {
            keepPartial(urn, inputs, provider, error);
            throw error;
        }
    };

    const deletePending = async (steps: string[]): Promise<void> => {
        for (const saved of [...pendingDeletes].reverse()) {
            await remove(saved, steps);
            pendingDeletes.splice(pendingDeletes.indexOf(saved), 1);
        }
    };

    const deleteResources = async (urns: readonly string[], steps: string[]): Promise<void> => {
        for (const urn of [...urns].reverse()) {
            const saved = resources.get(urn);
            if (saved !== undefined) {
                await remove(saved, steps);
                resources.delete(urn);
            }
        }
    };

    return {
        resources,
        pendingDeletes,
        useHooks: (given) => {
            others = given;
        },
        ownerOf,
        up: (program) =>
            run(async (steps) => {
                for (const declared of program) {
                    await register(declared, steps);
                }
                const wanted = new Set(program.map(urnOf));
                await deletePending(steps);
                await deleteResources(
                    [...resources.keys()].filter((urn) => !wanted.has(urn)),
                    steps,
                );
            }),
        destroy: () =>
            run(async (steps) => {
                await deletePending(steps);
                await deleteResources([...resources.keys()], steps);
            }),
        refresh: () =>
            run(async (steps) => {
                for (const [urn, saved] of [...resources]) {
                    const found = await (saved.provider ?? hooks).read(saved.id, overTheWire(saved.outputs));
                    if (found.id === undefined) {
                        steps.push(`gone ${nameOf(urn)}`);
                        resources.delete(urn);
                    } else {
                        resources.set(urn, {
                            ...saved,
                            outputs: overTheWire((found.props ?? {}) as Props),
                            inputs: overTheWire((found.inputs as Props | undefined) ?? saved.inputs),
                        });
                    }
                }
            }),
    };
}

/** With the properties of every object in order: JSON of equal values is equal then. */
function sorted(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value)
            .sort(([left], [right]) => (left < right ? -1 : 1))
            .map(([name, member]) => [name, sorted(member)]),
    );
}
