import { parseOwner } from "../../provider/owner";

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
    alive: boolean;
    /** Who answers for it; `foreign` for what somebody else published. */
    owner: string;
    readonly claims: Set<string>;
    /** Grantees by the owner whose statements they are. */
    readonly grants: Map<string, readonly string[]>;
}

interface ModelResource {
    readonly owner: string;
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
    readonly checked: Map<string, Settings>;
    readonly created: Map<string, ModelVersion>;
    readonly waiting: Map<string, ModelVersion>;
}

/** Ends a run of the model where the product has to report a failure. */
export class ExpectedFailure extends Error {}

/** What must exist after any sequence of runs: the rules of retention, claims and permissions, and nothing else. */
export function createModel() {
    const versions: ModelVersion[] = [];
    const index = new Map<string, ModelVersion>();
    const indexKey = (layer: string, key: string) => `${layer} ${key}`;
    const keyOf = ({ variant, description }: Settings) => `${variant}/${description}`;

    const publish = (layer: string, key: string, owner: string): ModelVersion => {
        const version =
            1 + Math.max(0, ...versions.filter((each) => each.layer === layer).map((each) => each.version));
        const made = {
            layer,
            version,
            key,
            alive: true,
            owner,
            claims: new Set<string>(),
            grants: new Map(),
        };
        versions.push(made);
        return made;
    };
    const ownedBy = (owner: string, layer: string) =>
        versions.filter((each) => each.alive && each.owner === owner && each.layer === layer);
    const isClaimedByOthers = (version: ModelVersion, owner: string) =>
        [...version.claims].some((claim) => claim !== owner);
    const remove = (version: ModelVersion) => {
        version.alive = false;
        if (index.get(indexKey(version.layer, version.key)) === version) {
            index.delete(indexKey(version.layer, version.key));
        }
    };
    const retire = (
        owner: string,
        layer: string,
        current: ModelVersion | undefined,
        keep: number | "all",
        spares: (version: ModelVersion) => boolean = () => false,
    ) => {
        if (keep === "all") {
            return;
        }
        const superseded = ownedBy(owner, layer)
            .filter((each) => each !== current)
            .sort((a, b) => b.version - a.version);
        for (const each of superseded.slice(keep)) {
            if (!isClaimedByOthers(each, owner) && !spares(each)) {
                remove(each);
            }
        }
    };
    const grant = (owner: string, version: ModelVersion, settings: Settings, had: boolean) => {
        if (settings.permissions === undefined && !had) {
            return;
        }
        for (const each of new Set([version, ...ownedBy(owner, version.layer)])) {
            each.grants.set(owner, settings.permissions ?? []);
        }
    };
    /** An owner has statements only on what it answers for, or uses. */
    const ungrant = (owner: string, version: ModelVersion) => {
        if (version.owner !== owner) {
            version.grants.delete(owner);
        }
    };
    const handOver = (version: ModelVersion, to: string, grants: readonly string[]) => {
        const from = version.owner;
        version.owner = to;
        ungrant(from, version);
        if (grants.length > 0) {
            version.grants.set(to, grants);
        }
    };
    /** Whoever still has a claim on a version that its owner leaves for good answers for it from then on. */
    const handToClaimant = (version: ModelVersion) => {
        const heir = [...version.claims].sort((a, b) =>
            parseOwner(a).hash < parseOwner(b).hash ? -1 : 1,
        )[0];
        if (heir !== undefined) {
            handOver(version, heir, []);
        }
    };

    const create = (run: Run, declared: ModelDeclared): ModelVersion => {
        const { owner, settings } = declared;
        const found = index.get(indexKey(settings.layer, keyOf(settings)));
        const version = found?.alive === true ? found : publish(settings.layer, keyOf(settings), owner);
        index.set(indexKey(settings.layer, keyOf(settings)), version);
        version.claims.add(owner);
        run.created.set(owner, version);
        const waiting = run.waiting.get(`${owner} ${settings.layer}`);
        if (waiting !== undefined && waiting !== version) {
            waiting.claims.delete(owner);
            retire(owner, settings.layer, version, settings.keepVersions, (each) => each.claims.has(owner));
            ungrant(owner, waiting);
        }
        return version;
    };

    const leave = (run: Run, old: ModelResource) => {
        const { owner, version, settings } = old;
        if (run.created.get(owner) === version) {
            return;
        }
        const sameLayer = [...run.checked].find(([, each]) => each.layer === version.layer)?.[0];
        const survivor = run.checked.has(owner) ? owner : sameLayer;
        const newer = [...versions]
            .reverse()
            .find(
                (each) =>
                    each.layer === version.layer &&
                    each.claims.has(owner) &&
                    claimOrder(each, owner) > claimOrder(version, owner),
            );
        if (survivor !== undefined && survivor !== owner) {
            version.claims.delete(owner);
            for (const each of ownedBy(owner, version.layer)) {
                handOver(each, survivor, run.checked.get(survivor)?.permissions ?? []);
            }
            ungrant(owner, version);
            return;
        }
        const created = run.created.get(owner);
        const staysHere = run.checked.get(owner)?.layer === version.layer;
        if (survivor !== undefined && created === undefined && newer === undefined && staysHere) {
            run.waiting.set(`${owner} ${version.layer}`, version);
            return;
        }
        version.claims.delete(owner);
        if (survivor !== undefined || newer !== undefined) {
            const current =
                created === undefined ? newer : created.layer === version.layer ? created : undefined;
            retire(
                owner,
                version.layer,
                current,
                run.checked.get(owner)?.keepVersions ?? settings.keepVersions,
            );
            ungrant(owner, version);
            return;
        }
        if (version.alive && version.owner === owner && !isClaimedByOthers(version, owner)) {
            remove(version);
        }
        for (const each of ownedBy(owner, version.layer)) {
            if (isClaimedByOthers(each, owner)) {
                each.claims.delete(owner);
                handToClaimant(each);
            } else if (settings.forceDestroy) {
                remove(each);
            }
        }
        ungrant(owner, version);
    };

    /** When an owner put its claim: the newest one is on its current version. */
    const claimTimes = new Map<string, number>();
    let time = 0;
    const claimOrder = (version: ModelVersion, owner: string) =>
        claimTimes.get(`${owner} ${version.layer} ${version.version}`) ?? 0;
    const noteClaim = (version: ModelVersion, owner: string) => {
        time += 1;
        claimTimes.set(`${owner} ${version.layer} ${version.version}`, time);
    };

    const bringUp = (run: Run, stack: ModelStack, declared: ModelDeclared) => {
        const { name, owner, alias, settings } = declared;
        const formerName = stack.resources.has(name) ? name : alias;
        const old = formerName === undefined ? undefined : stack.resources.get(formerName);
        run.checked.set(owner, settings);
        // Who comes to a layer is asked what it once granted there: nobody remembers.
        const had = old?.settings.permissions !== undefined || old?.settings.layer !== settings.layer;
        const made = () => {
            const version = create(run, declared);
            noteClaim(version, owner);
            grant(owner, version, settings, had);
            stack.resources.set(name, { owner, version, settings });
        };
        if (old === undefined) {
            return made();
        }
        const replaces = old.settings.layer !== settings.layer || keyOf(old.settings) !== keyOf(settings);
        if (replaces) {
            stack.resources.delete(formerName ?? name);
            if (settings.deleteBeforeReplace) {
                leave(run, old);
            } else {
                stack.pendingDeletes.push(old);
            }
            return made();
        }
        stack.resources.delete(formerName ?? name);
        const sameOwner = old.owner === owner;
        stack.resources.set(name, {
            owner: sameOwner ? owner : old.owner,
            version: old.version,
            settings: old.settings,
        });
        if (sameOwner && JSON.stringify(comparable(old.settings)) === JSON.stringify(comparable(settings))) {
            stack.resources.set(name, { owner, version: old.version, settings });
            return;
        }
        if (!old.version.alive) {
            throw new ExpectedFailure();
        }
        old.version.claims.add(owner);
        noteClaim(old.version, owner);
        if (!sameOwner) {
            old.version.claims.delete(old.owner);
            for (const each of ownedBy(old.owner, old.version.layer)) {
                handOver(each, owner, []);
            }
        }
        retire(owner, settings.layer, old.version, settings.keepVersions, (each) => each.claims.has(owner));
        grant(owner, old.version, settings, had);
        if (!sameOwner) {
            ungrant(old.owner, old.version);
        }
        stack.resources.set(name, { owner, version: old.version, settings });
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
    const newRun = (): Run => ({ checked: new Map(), created: new Map(), waiting: new Map() });

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
        publishForeign: (layer: string) => publish(layer, "foreign", "foreign"),
        deleteByHand: (version: ModelVersion) => {
            version.alive = false;
        },
    };
}

/** What an update in place follows: everything but how a replacement would be done. */
const comparable = ({ deleteBeforeReplace: _, ...settings }: Settings) => settings;
