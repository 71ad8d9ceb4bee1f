import { listObjects, objectUri } from "../aws/objects";
import { mapConcurrently } from "../concurrency";
import { LayerError } from "../errors";
import { listVersionNumbers } from "../publish/layerVersion";
import { parseVersionFolder, recordObject } from "../publish/layout";
import { type Holding, holdings } from "../publish/ledger/ledger";
import { look } from "../publish/operations/ledgerAccess";
import { readRecord, type VersionRecord } from "../publish/record";
import { openPlace } from "../publish/store/openPlace";
import type { NamedLayer } from "./layer";

/** Records that are read at the same time. */
const readsAtOnce = 16;

/** Which versions a layer has. */
export interface LayerOutline {
    readonly layer: NamedLayer;
    readonly layerName: string;
    /** Every version that has a record, or that Lambda has; ascending. Never empty. */
    readonly versions: readonly number[];
    /** Who holds which version, as the layer's ledger says; nobody without a ledger that can be read. */
    readonly holdings: readonly Holding[];
    readonly records: ReadonlyMap<number, VersionRecord>;
    /** The versions that Lambda has. */
    readonly inLambda: ReadonlySet<number>;
}

/**
 * Lists a layer: one listing of S3, its records and its ledger, and one list of Lambda.
 *
 * @throws VERSION_NOT_FOUND when there is no version at all, and what S3 and Lambda throw
 */
export async function readOutline(layer: NamedLayer, signal: AbortSignal): Promise<LayerOutline> {
    const { store, clients } = layer;
    const objects = await listObjects(store.bucket, store.versionsFolder);
    const recorded = objects.flatMap(({ key }) => {
        const version = parseVersionFolder(store, key);
        return version !== undefined && key === recordObject(store, version) ? [version] : [];
    });
    const found = await mapConcurrently(recorded, readsAtOnce, signal, async (version) => ({
        version,
        record: await readRecord(store, version),
    }));
    const records = new Map(
        found.flatMap(({ version, record }) => (record === undefined ? [] : [[version, record] as const])),
    );
    const layerName = layer.layerName ?? [...records.values()].at(-1)?.layerName;
    if (layerName === undefined) {
        throw nothingFound(layer);
    }
    const inLambda = new Set(await listVersionNumbers(clients, layerName, signal));
    const held = await readHoldings(layer, layerName, signal);
    const versions = [...new Set([...records.keys(), ...inLambda])].sort((left, right) => left - right);
    if (versions.length === 0) {
        throw nothingFound(layer);
    }
    return { layer, layerName, versions, holdings: held, records, inLambda };
}

async function readHoldings(
    { host, clients, store }: NamedLayer,
    layerName: string,
    signal: AbortSignal,
): Promise<Holding[]> {
    const account = await host.aws.account(clients);
    const place = openPlace({ clients, account, layerName, store, signal, tell: () => undefined });
    const found = await look(place);
    return "problem" in found ? [] : holdings(found.ledger);
}

function nothingFound({ store, layerName }: NamedLayer): LayerError {
    return new LayerError("VERSION_NOT_FOUND", {
        what:
            layerName === undefined
                ? "No layer version is kept there."
                : `Layer "${layerName}" has no version in this account and region, and none is kept there.`,
        where: objectUri(store.bucket, store.versionsFolder),
        next: "Check the bucket, the region and the prefix: the prefix is what comes before layer/000001/ in the bucket. Give --layer where there are no records.",
    });
}

/** The number that a command line's `7` or `latest` means. Throws VERSION_NOT_FOUND, which names the versions. */
export function findVersion({ layerName, versions, inLambda }: LayerOutline, text: string): number {
    const found =
        text === "latest"
            ? versions.findLast((version) => inLambda.has(version))
            : versions.find((version) => version === Number(text));
    if (found !== undefined) {
        return found;
    }
    const shown = [...(versions.length > 12 ? ["…"] : []), ...versions.slice(-12)].join(", ");
    throw new LayerError("VERSION_NOT_FOUND", {
        what: `Layer "${layerName}" has no version ${text}.`,
        next: `Name one of its versions, which are ${shown}.`,
    });
}
