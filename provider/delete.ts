import path from "node:path";
import { layerOf, requireReadable } from "./inputs";
import type { Call, Host } from "./layer/host";
import { parseLayerVersionArn } from "./layerVersionArn";
import { openLedgerPlace, unlessBucketIsGone } from "./ledgerPlace";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { recordFileName } from "./publish/layout";
import { releaseVersion } from "./publish/operations/releaseVersion";
import { releaseWithoutLedger } from "./publish/operations/withoutLedger";
import { openBarePlace } from "./publish/store/openPlace";

/**
 * Gives up what a state holds, and deletes the version where nobody else holds it.
 *
 * The old half of a replacement keeps its version: functions elsewhere may use it. Deleting twice is success.
 */
export async function remove(host: Host, call: Call, id: string, props: Props): Promise<void> {
    requireReadable(props);
    const { layerName, version, region, account } = parseLayerVersionArn(id);
    const ownerId = textOf(props, "owner") ?? "";
    const seen = host.memory.seenOf(parseOwner(ownerId).id);
    const clients = await host.aws.clients(region);
    await requireOwnVersion(host.aws, id, clients);
    const lives = seen.isChecked;
    if (textOf(props, "bucket") === undefined) {
        const place = openBarePlace({ clients, account, layerName, owner: ownerId, signal: call.signal });
        if ((await releaseWithoutLedger(place, { version, lives })) === "superseded") {
            call.log("info", `kept version ${version}: functions may still use it`);
        }
        return;
    }
    const createId = textOf(props, "createId") ?? "";
    const files = filesOf(version, textOf(props, "manifestUri"));
    const isElsewhere = lives && seen.placedIn !== layerOf({ ...props, region });
    const released = await unlessBucketIsGone(async () => {
        const ledger = await openLedgerPlace(host, call, props, { clients, layerName, files });
        return ledger?.run(async (place) => {
            const { problems } = await releaseVersion(place, {
                createId,
                epoch: textOf(props, "epoch") ?? "",
                version,
                lives,
                forceDestroy: props["forceDestroy"] === true,
                ...(isElsewhere ? { movedOn: { keep: seen.keepVersions ?? null } } : {}),
            });
            if (problems.length > 0) {
                throw problems[0];
            }
            return true;
        });
    });
    if (released === undefined) {
        call.log(
            "warning",
            `kept version ${version}: the bucket of its ledger does not exist, so it is not known who else uses it`,
        );
    }
    seen.released.add(createId);
}

/** What is kept beside a version, as far as the state says. */
function filesOf(version: number, manifestUri: string | undefined): ReadonlyMap<number, readonly string[]> {
    return new Map(
        manifestUri === undefined ? [] : [[version, [path.basename(manifestUri), recordFileName]]],
    );
}
