import { objectUri } from "./aws/objects";
import { hadPermissions } from "./grants";
import { readKeepVersions, requireReadable } from "./inputs";
import type { Call, Host } from "./layer/host";
import { layerOf, type RunMemory } from "./layer/memory";
import { reportSuperseded } from "./layer/messages";
import { layerArnOf, parseLayerVersionArn } from "./layerVersionArn";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { deleteLayerVersion } from "./publish/layerVersion";
import { type DepartureOutcome, leaveVersion } from "./publish/leave";
import { versionList } from "./quantities";
import { openRecords } from "./records";

/**
 * Gives up this owner's hold on a version, and deletes it where nobody else holds it.
 *
 * The old half of a replacement keeps its version: functions elsewhere may use it. Deleting twice is success.
 */
export async function remove(host: Host, call: Call, id: string, props: Props): Promise<void> {
    const { aws, memory } = host;
    const { signal } = call;
    requireReadable(props);
    const { layerName, version, region } = parseLayerVersionArn(id);
    const owner = parseOwner(textOf(props, "owner") ?? "");
    if (memory.createdFor(owner.id) === id) {
        // The replacement took over this very version: the state points at it.
        return;
    }
    const survivor = memory.survivorOf(owner.id, layerOf(props));
    const clients = await aws.clients(region);
    await requireOwnVersion(aws, id, clients);
    const store = await openRecords(aws, clients, props, signal);
    if (store === undefined) {
        // Without records nothing tells who else uses a version: only a removed resource's own one is deleted.
        if (survivor === undefined) {
            await deleteLayerVersion(clients, layerName, version, signal);
        } else {
            call.log("info", `kept version ${version}`);
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
        successor: successorOf(memory, id, owner.id, layerOf(props)),
        // What the program says now counts, not what it said when the version was published.
        keepVersions: memory.checkedFor(owner.id)?.keepVersions ?? readKeepVersions(props["keepVersions"]),
        forceDestroy: props["forceDestroy"] === true,
        hadGrants: hadPermissions(memory, owner, props),
        heirGrants: memory.checkedFor(survivor ?? "")?.permissions,
        signal,
    });
    reportOutcome(call, version, outcome, deleted, kept, objectUri(store.bucket, store.versionsFolder));
}

function successorOf(
    memory: RunMemory,
    id: string,
    ownerId: string,
    layer: string,
): number | "elsewhere" | undefined {
    const created = memory.createdFor(ownerId);
    if (created === undefined) {
        // deleteBeforeReplace: it is still to come, and it is known where.
        const checked = memory.checkedFor(ownerId);
        return checked === undefined || checked.layer === layer ? undefined : "elsewhere";
    }
    return layerArnOf(created) === layerArnOf(id) ? parseLayerVersionArn(created).version : "elsewhere";
}

function reportOutcome(
    call: Call,
    version: number,
    outcome: DepartureOutcome["outcome"],
    deleted: readonly number[],
    kept: readonly number[],
    uri: string,
): void {
    if (outcome === "waiting") {
        call.log("info", `version ${version} stays until its successor is there, records below ${uri}`);
    } else if (outcome === "kept") {
        call.log("info", `kept version ${version}; its records are below ${uri}`);
    }
    const others = kept.filter((each) => each !== version);
    if (others.length > 0) {
        call.log("info", `kept ${versionList(others)} too; the records are below ${uri}`);
    }
    reportSuperseded(
        call,
        deleted.filter((each) => each !== version),
    );
}
