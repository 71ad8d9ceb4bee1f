import type { Clients } from "./aws/clients";
import { mapConcurrently } from "./concurrency";
import { engineMemory } from "./engineMemory";
import { isLayerError } from "./errors";
import type { CheckedInputs } from "./inputs";
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
    /** Versions that are gone since the view was taken, or have no permissions yet. Default: none. */
    readonly without?: readonly number[];
}

/**
 * Makes the permissions of the current and every kept version of this owner what the argument says. Without the
 * argument nothing is asked, unless it was there before: then what was given is taken back.
 *
 * @param view of the layer, where records are kept
 */
export async function assertGrants(
    clients: Clients,
    view: LayerView | undefined,
    { inputs, owner, version, olds, without = [] }: Grants,
    signal: AbortSignal,
): Promise<void> {
    if (inputs.permissions === undefined && !hadPermissions(owner, olds)) {
        return;
    }
    const { layerName, permissions = [] } = inputs;
    const granted = (await permittedVersions(view, owner, version)).filter((each) => !without.includes(each));
    await mapConcurrently(granted, policiesAtOnce, signal, (each) =>
        assertPermissions(clients, layerName, each, permissions, owner, signal),
    );
}

/**
 * Takes back what a resource granted on a layer before it went to another one, now that it is here again without permissions.
 * Its state does not tell, so the versions are asked. Who may not ask is taken to have granted nothing: most resources have
 * no permissions and no right to look at them.
 */
export async function withdrawFormerGrants(
    clients: Clients,
    view: LayerView | undefined,
    { inputs, owner, version, without = [] }: Grants,
    signal: AbortSignal,
): Promise<void> {
    if (inputs.permissions !== undefined) {
        return;
    }
    const { layerName } = inputs;
    const left = (await permittedVersions(view, owner, version)).filter((each) => !without.includes(each));
    await mapConcurrently(left, policiesAtOnce, signal, async (each) => {
        const present = await readPermissions(clients, layerName, each, owner, signal).catch(nothingIfDenied);
        if (present.length > 0) {
            await assertPermissions(clients, layerName, each, [], owner, signal);
        }
    });
}

function nothingIfDenied(error: unknown): readonly string[] {
    if (isLayerError(error) && error.code === "ACCESS_DENIED") {
        return [];
    }
    throw error;
}

/** Whether a resource that is checked in this run was on no layer before, or on another one. */
export const cameFromElsewhere = (owner: Owner): boolean =>
    engineMemory.checkedFor(owner.id)?.cameFromElsewhere === true;

/**
 * Whether a resource had permissions before, as its state or this run's check of it says: without any now, what was given is
 * to be taken back.
 */
export const hadPermissions = (owner: Owner, olds: Props = {}): boolean =>
    olds["permissions"] !== undefined || engineMemory.checkedFor(owner.id)?.hadPermissions === true;

/** The versions that an owner's permissions are for: the current one, and every other that it answers for. */
export async function permittedVersions(
    view: LayerView | undefined,
    owner: Owner,
    version: number,
): Promise<number[]> {
    const owned = view === undefined ? [] : await listOwnedVersions(view, owner);
    return [...new Set([version, ...owned.filter(({ exists }) => exists).map((each) => each.version)])];
}
