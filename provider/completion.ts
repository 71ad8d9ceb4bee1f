import type { Archive, PreparedArchive } from "./archive";
import type { Clients } from "./aws/clients";
import { isLayerError } from "./errors";
import { assertGrants, cameFromElsewhere, hadPermissions } from "./grants";
import { type CheckedInputs, readKeepVersions } from "./inputs";
import type { Call, Host } from "./layer/host";
import { reportSuperseded } from "./layer/messages";
import { PartialFailure } from "./layer/partialFailure";
import { toProps, type VersionOutputs } from "./outputs";
import type { Owner } from "./owner";
import type { PublishedVersion } from "./publish/layerVersion";
import { viewLayer } from "./publish/layerView";
import type { LayerStore } from "./publish/layout";
import { keepVersion } from "./publish/record";
import { supersede } from "./publish/succession";
import { createRecord } from "./record";

/** A version that a create came to, with everything that has to be recorded of it. */
export interface CreatedVersion {
    readonly host: Host;
    readonly call: Call;
    readonly clients: Clients;
    readonly inputs: CheckedInputs;
    readonly outputs: VersionOutputs;
    readonly claimId: string;
    readonly archive: Archive;
    readonly packages: PreparedArchive["packages"];
    readonly store: LayerStore | undefined;
    readonly owner: Owner;
    readonly published: PublishedVersion;
    /** Whether it was published just now, and not taken over. */
    readonly isNew: boolean;
}

/**
 * Records a version that exists, with the owner's claim, and does what follows from its being the current one: retention and
 * permissions. Whatever fails here must not lose the version.
 *
 * @returns the resource's outputs
 * @throws PartialFailure
 */
export async function completeVersion(made: CreatedVersion): Promise<Record<string, unknown>> {
    const { host, call, clients, inputs, outputs, claimId, archive, packages, store, owner } = made;
    const { published, isNew } = made;
    const { memory } = host;
    const { signal } = call;
    let settled = outputs;
    let deleted: readonly number[] = [];
    // Nothing was ever granted on a version that is new, or on a layer that has no other.
    const mayHaveGranted = cameFromElsewhere(memory, owner) && (!isNew || published.version > 1);
    const view = store === undefined ? undefined : viewLayer(clients, store, inputs.layerName, signal);
    try {
        if (outputs.artifactUri === undefined && outputs.uncompressedSize === undefined) {
            const { uncompressedSize, artifactUri } = await archive.look();
            settled = { ...outputs, uncompressedSize, artifactUri };
        }
        if (view !== undefined) {
            const { store } = view;
            const record = createRecord(inputs, settled, published, archive.manifest, packages);
            const kept = await keepVersion(store, published, archive.manifest, record, owner, claimId);
            settled = {
                ...settled,
                manifestUri: kept.manifestUri,
                recordUri: kept.recordUri,
                // What a version that was taken over is known for from its record.
                uncompressedSize: settled.uncompressedSize ?? kept.record.uncompressedSize,
                artifactUri: settled.artifactUri ?? kept.record.artifactUri,
            };
            // Nothing waits but with deleteBeforeReplace: usually the old version is deleted after all else has moved.
            if (kept.waiting.length > 0) {
                deleted = await supersede(view, {
                    layerName: inputs.layerName,
                    version: published.version,
                    owner,
                    waiting: kept.waiting,
                    keepVersions: readKeepVersions(inputs.keepVersions),
                    hadGrants: hadPermissions(memory, owner),
                    signal,
                });
                reportSuperseded(call, deleted);
            }
        }
        const { version } = published;
        const grants = { inputs, owner, version, without: deleted, isNew, mayHaveGranted };
        await assertGrants(memory, clients, view, grants, signal);
        return toProps(inputs, settled);
    } catch (error) {
        const reason = isLayerError(error) ? error.message : String(error);
        // An empty list instead of none: what was given before is still to be taken back, see update.ts.
        const permissions = inputs.permissions ?? (hadPermissions(memory, owner) ? [] : undefined);
        const properties = {
            ...toProps(inputs, settled),
            ...(permissions === undefined ? {} : { permissions }),
            ...(mayHaveGranted ? { mayHaveGranted } : {}),
        };
        throw new PartialFailure(reason, published.layerVersionArn, properties, [
            `Version ${published.version} of layer "${inputs.layerName}" is published and kept, but what belongs to it is not complete. The next \`pulumi up\` finishes it without publishing again.`,
            reason,
        ]);
    }
}
