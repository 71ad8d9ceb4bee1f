import { objectUri } from "./aws/objects";
import { clientsFor } from "./awsAccess";
import { engineMemory, layerOf } from "./engineMemory";
import { hadPermissions } from "./grants";
import { readKeepVersions, readMinutes, requireReadable } from "./inputs";
import { interruptible } from "./interrupt";
import { layerArnOf, parseLayerVersionArn } from "./layerVersionArn";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { deleteLayerVersion } from "./publish/layerVersion";
import { type DepartureOutcome, leaveVersion } from "./publish/leave";
import { versionList } from "./quantities";
import { openRecords } from "./records";
import { report, reportSuperseded, type Subject, subjectOf } from "./report";

/**
 * Gives up this owner's hold on a version, and deletes it where nobody else holds it.
 *
 * The old half of a replacement keeps its version: functions elsewhere may use it. Deleting twice is success.
 */
export function remove(id: string, props: Props): Promise<void> {
    return interruptible(readMinutes(props), async (signal) => {
        requireReadable(props);
        const { layerName, version, region } = parseLayerVersionArn(id);
        const owner = parseOwner(textOf(props, "owner") ?? "");
        if (engineMemory.createdFor(owner.id) === id) {
            // The replacement took over this very version: the state points at it.
            return;
        }
        const survivor = engineMemory.survivorOf(owner.id, layerOf(props));
        const clients = await clientsFor(region);
        await requireOwnVersion(id, clients);
        const store = await openRecords(clients, props, signal);
        if (store === undefined) {
            // Without records nothing tells who else uses a version: only a removed resource's own one is deleted.
            if (survivor === undefined) {
                await deleteLayerVersion(clients, layerName, version, signal);
            } else {
                report(subjectOf(props), `kept version ${version}`);
            }
            return;
        }
        const { outcome, deleted, kept } = await leaveVersion(clients, store, {
            layerName,
            version,
            owner,
            claimId: textOf(props, "claimId"),
            versionKey: textOf(props, "versionKey"),
            survivor: survivor === undefined ? undefined : parseOwner(survivor),
            successor: successorOf(id, owner.id, layerOf(props)),
            // What the program says now counts, not what it said when the version was published.
            keepVersions:
                engineMemory.checkedFor(owner.id)?.keepVersions ?? readKeepVersions(props["keepVersions"]),
            forceDestroy: props["forceDestroy"] === true,
            hadGrants: hadPermissions(owner, props),
            heirGrants: engineMemory.checkedFor(survivor ?? "")?.permissions,
            signal,
        });
        reportOutcome(
            subjectOf(props),
            version,
            outcome,
            deleted,
            kept,
            objectUri(store.bucket, store.versionsFolder),
        );
    });
}

function successorOf(id: string, ownerId: string, layer: string): number | "elsewhere" | undefined {
    const created = engineMemory.createdFor(ownerId);
    if (created === undefined) {
        // deleteBeforeReplace: it is still to come, and it is known where.
        const checked = engineMemory.checkedFor(ownerId);
        return checked === undefined || checked.layer === layer ? undefined : "elsewhere";
    }
    return layerArnOf(created) === layerArnOf(id) ? parseLayerVersionArn(created).version : "elsewhere";
}

function reportOutcome(
    subject: Subject,
    version: number,
    outcome: DepartureOutcome["outcome"],
    deleted: readonly number[],
    kept: readonly number[],
    uri: string,
): void {
    if (outcome === "waiting") {
        report(subject, `version ${version} stays until its successor is there, records below ${uri}`);
    } else if (outcome === "kept") {
        report(subject, `kept version ${version}; its records are below ${uri}`);
    }
    const others = kept.filter((each) => each !== version);
    if (others.length > 0) {
        report(subject, `kept ${versionList(others)} too; the records are below ${uri}`);
    }
    reportSuperseded(
        subject,
        deleted.filter((each) => each !== version),
    );
}
