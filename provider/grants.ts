import type { Clients } from "./aws/clients";
import { mapConcurrently } from "./concurrency";
import { isLayerError } from "./errors";
import type { CheckedInputs } from "./inputs";
import type { RunMemory } from "./layer/memory";
import type { Owner } from "./owner";
import type { Props } from "./props";
import { type LayerView, listOwnedVersions } from "./publish/layerView";
import { assertPermissions, readPermissions } from "./publish/permissions";

/** Versions whose permissions are looked at at the same time; the account's request rate holds all the same. */
export const policiesAtOnce = 8;

/** Whose permissions are asserted, and on what. */
export interface Grants {
    readonly inputs: CheckedInputs;
    readonly owner: Owner;
    /** The current version. */
    readonly version: number;
    /** What the state says of the resource. Default: nothing. */
    readonly olds?: Props;
    /** Versions that are gone since the view was taken. Default: none. */
    readonly without?: readonly number[];
    /** Whether the current version was published just now, so that it has no permissions. Default: false. */
    readonly isNew?: boolean;
    /** Whether the resource may have granted something here before it went to another layer. Default: what the state says. */
    readonly mayHaveGranted?: boolean;
}

/**
 * Makes the permissions of the current and every kept version of this owner what the argument says. Without the
 * argument nothing is asked, unless it was there before: then what was given is taken back. Where nobody knows whether it was,
 * since the resource comes back from another layer, the versions are asked.
 *
 * @param view of the layer, where records are kept
 */
export async function assertGrants(
    memory: RunMemory,
    clients: Clients,
    view: LayerView | undefined,
    grants: Grants,
    signal: AbortSignal,
): Promise<void> {
    const { inputs, owner, version, olds = {}, without = [], isNew = false } = grants;
    const { mayHaveGranted = olds["mayHaveGranted"] === true } = grants;
    const { layerName, permissions = [] } = inputs;
    const isKnown = inputs.permissions !== undefined || hadPermissions(memory, owner, olds);
    if (!isKnown && !mayHaveGranted) {
        return;
    }
    const unaffected = isNew && !isKnown ? [...without, version] : without;
    const permitted = await permittedVersions(view, owner, version);
    await mapConcurrently(
        permitted.filter((each) => !unaffected.includes(each)),
        policiesAtOnce,
        signal,
        (each) =>
            isKnown
                ? assertPermissions(clients, layerName, each, permissions, owner, signal)
                : withdrawWhatMayBe(clients, layerName, each, owner, signal),
    );
}

/**
 * Takes back what an owner granted on a version, if it did. Who may not ask is taken to have granted nothing: most resources
 * have no permissions and no right to look at them.
 */
async function withdrawWhatMayBe(
    clients: Clients,
    layerName: string,
    version: number,
    owner: Owner,
    signal: AbortSignal,
): Promise<void> {
    const present = await readPermissions(clients, layerName, version, owner, signal).catch(nothingIfDenied);
    if (present.length > 0) {
        await assertPermissions(clients, layerName, version, [], owner, signal);
    }
}

function nothingIfDenied(error: unknown): readonly string[] {
    if (isLayerError(error) && error.code === "ACCESS_DENIED") {
        return [];
    }
    throw error;
}

/** Whether a resource that is checked in this run was on no layer before, or on another one. */
export const cameFromElsewhere = (memory: RunMemory, owner: Owner): boolean =>
    memory.checkedFor(owner.id)?.cameFromElsewhere === true;

/**
 * Whether a resource had permissions before, as its state or this run's check of it says: without any now, what was given is
 * to be taken back.
 */
export const hadPermissions = (memory: RunMemory, owner: Owner, olds: Props = {}): boolean =>
    olds["permissions"] !== undefined || memory.checkedFor(owner.id)?.hadPermissions === true;

/** The versions that an owner's permissions are for: the current one, and every other that it answers for. */
export async function permittedVersions(
    view: LayerView | undefined,
    owner: Owner,
    version: number,
): Promise<number[]> {
    const owned = view === undefined ? [] : await listOwnedVersions(view, owner);
    return [...new Set([version, ...owned.filter(({ exists }) => exists).map((each) => each.version)])];
}
