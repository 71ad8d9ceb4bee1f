import type { Clients } from "./aws/clients";
import { engineMemory } from "./engineMemory";
import type { CheckedInputs } from "./inputs";
import type { Owner } from "./owner";
import type { LayerStore } from "./publish/layout";
import { assertPermissions } from "./publish/permissions";
import { listOwnedVersions } from "./publish/retention";

/**
 * Makes the permissions of the current and every kept version of this owner what the argument says. Without the
 * argument nothing is asked, unless it was there before: then what was given is taken back.
 */
export async function assertGrants(
    clients: Clients,
    store: LayerStore | undefined,
    inputs: CheckedInputs,
    owner: Owner,
    version: number,
    hadPermissions: boolean,
    signal: AbortSignal,
): Promise<void> {
    const before = hadPermissions || (engineMemory.checkedFor(owner.id)?.hadPermissions ?? false);
    if (inputs.permissions === undefined && !before) {
        return;
    }
    const kept =
        store === undefined
            ? []
            : await listOwnedVersions(clients, store, { layerName: inputs.layerName, owner, signal });
    for (const each of new Set([
        version,
        ...kept.filter(({ exists }) => exists).map((owned) => owned.version),
    ])) {
        await assertPermissions(clients, inputs.layerName, each, inputs.permissions ?? [], owner, signal);
    }
}
