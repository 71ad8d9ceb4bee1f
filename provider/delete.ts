import type { Clients } from "./aws/clients";
import { objectUri } from "./aws/objects";
import { accountOf, clientsFor } from "./awsAccess";
import { engineMemory, layerOf } from "./engineMemory";
import { isLayerError } from "./errors";
import { readKeepVersions, readMinutes } from "./inputs";
import { interruptible } from "./interrupt";
import { parseLayerVersionArn } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { deleteLayerVersion } from "./publish/layerVersion";
import type { LayerStore } from "./publish/layout";
import { type DepartureOutcome, leaveVersion } from "./publish/leave";
import { report } from "./report";
import { openDestination } from "./upload/destination";

/**
 * Gives up this owner's hold on a version, and deletes it where nobody else holds it.
 *
 * The old half of a replacement keeps its version: functions elsewhere may use it. Deleting twice is success.
 */
export function remove(id: string, props: Props): Promise<void> {
    return interruptible(readMinutes(props), async (signal) => {
        const { layerName, version, region } = parseLayerVersionArn(id);
        const owner = parseOwner(textOf(props, "owner") ?? "");
        if (engineMemory.createdFor(owner.id) === id) {
            // The replacement took over this very version: the state points at it.
            return;
        }
        const survivor = engineMemory.survivorOf(owner.id, layerOf(props));
        const clients = await clientsFor(region);
        await requireOwnVersion(id, clients);
        const store = await openStore(clients, props, signal);
        if (store === undefined) {
            // Without records nothing tells who else uses a version: only a removed resource's own one is deleted.
            if (survivor === undefined && props["origin"] !== "adopted") {
                await deleteLayerVersion(clients, layerName, version, signal);
            } else {
                report(layerName, `kept version ${version}`);
            }
            return;
        }
        const { outcome, deleted, kept } = await leaveVersion(clients, store, {
            layerName,
            version,
            owner,
            survivor: survivor === undefined ? undefined : parseOwner(survivor),
            successor: successorOf(id, owner.id),
            adopted: props["origin"] === "adopted",
            // What the program says now counts, not what it said when the version was published.
            keepVersions:
                engineMemory.checkedFor(owner.id)?.keepVersions ?? readKeepVersions(props["keepVersions"]),
            forceDestroy: props["forceDestroy"] === true,
            hadGrants:
                props["permissions"] !== undefined ||
                engineMemory.checkedFor(owner.id)?.hadPermissions === true,
            heirGrants: engineMemory.checkedFor(survivor ?? "")?.permissions,
            signal,
        });
        if (outcome === "waiting") {
            // deleteBeforeReplace: the claim keeps the version until its successor exists.
            engineMemory.pendingReleases.set(`${owner.id} ${layerOf(props)}`, version);
        }
        reportOutcome(
            layerName,
            version,
            outcome,
            deleted,
            kept,
            objectUri(store.bucket, store.versionsFolder),
        );
    });
}

/** Where the records are; `undefined` when there are none, or their bucket is gone. */
async function openStore(
    clients: Clients,
    props: Props,
    signal: AbortSignal,
): Promise<LayerStore | undefined> {
    const bucket = textOf(props, "bucket");
    if (bucket === undefined) {
        return undefined;
    }
    const account = await accountOf(clients);
    const place = { bucket, prefix: textOf(props, "prefix") ?? "" };
    try {
        return (await openDestination(clients, account, place, signal)).store;
    } catch (error) {
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}

function successorOf(id: string, ownerId: string): number | "elsewhere" | undefined {
    const created = engineMemory.createdFor(ownerId);
    if (created === undefined) {
        return undefined;
    }
    const layerArn = (arn: string) => arn.slice(0, arn.lastIndexOf(":"));
    return layerArn(created) === layerArn(id) ? parseLayerVersionArn(created).version : "elsewhere";
}

function reportOutcome(
    layerName: string,
    version: number,
    outcome: DepartureOutcome["outcome"],
    deleted: readonly number[],
    kept: readonly number[],
    uri: string,
): void {
    if (outcome !== "deleted") {
        report(layerName, `kept version ${version}; its records are below ${uri}`);
    }
    const others = kept.filter((each) => each !== version);
    if (others.length > 0) {
        report(layerName, `kept versions ${others.join(", ")}; their records are below ${uri}`);
    }
    const retired = deleted.filter((each) => each !== version);
    if (retired.length > 0) {
        report(layerName, `deleted superseded versions ${retired.join(", ")}`);
    }
}
