import { createHash } from "node:crypto";
import type { Clients } from "./aws/clients";
import { readObject } from "./aws/objects";
import { mapConcurrently } from "./concurrency";
import { permittedVersions, policiesAtOnce } from "./grants";
import { requireReadable } from "./inputs";
import type { Call, Host } from "./layer/host";
import { parseLayerVersionArn } from "./layerVersionArn";
import { outputNames, publishedOutputs } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { jsonProps, type Props, sameValue, textOf, textsOf } from "./props";
import { listClaims } from "./publish/claims";
import { getLayerVersion } from "./publish/layerVersion";
import { hasOthersClaim, viewLayer } from "./publish/layerView";
import type { LayerStore } from "./publish/layout";
import { readPermissions } from "./publish/permissions";
import { readRecord } from "./publish/record";
import { openRecords } from "./records";

/** What a read answers: the outputs and, where something differs from them, the inputs that say so. */
export interface ReadOutcome {
    readonly props: Props;
    readonly inputs?: Props;
}

/**
 * Asks Lambda for the version and S3 for what belongs to it. Only "not found" means that the version is gone; a refusal
 * is an error.
 *
 * What is missing comes back as a difference in the inputs, since only those reach the engine's diff: the next `up` then
 * repairs it in {@link update}. The region is the version's own: on a refresh the engine configures a provider with the
 * settings of the last `up`.
 *
 * @returns undefined where the version is gone
 */
export async function read(
    { aws }: Host,
    { signal }: Call,
    id: string,
    props: Props = {},
): Promise<ReadOutcome | undefined> {
    requireReadable(props);
    const { layerName, version, region } = parseLayerVersionArn(id);
    const clients = await aws.clients(region);
    await requireOwnVersion(aws, id, clients);
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published === undefined) {
        return undefined;
    }
    const outputs = jsonProps({ ...props, ...publishedOutputs(published) });
    const store = await openRecords(aws, clients, props, signal);
    const [records, permissions] = await Promise.all([
        driftOfRecords(store, version, props),
        driftOfPermissions(clients, store, layerName, version, props, signal),
    ]);
    const drift = { ...records, ...permissions };
    if (Object.keys(drift).length === 0) {
        return { props: outputs };
    }
    const inputs = Object.entries(outputs).filter(
        ([name, value]) => value !== undefined && !outputNames.has(name),
    );
    return {
        props: jsonProps({ ...outputs, ...drift }),
        inputs: jsonProps({ ...Object.fromEntries(inputs), ...drift }),
    };
}

/** What is missing of the records, where that is other than the state says; `records: undefined` where nothing is any more. */
async function driftOfRecords(store: LayerStore | undefined, version: number, props: Props): Promise<Props> {
    const bucket = textOf(props, "bucket");
    const missing = bucket === undefined ? undefined : await missingRecords(store, bucket, version, props);
    return missing === textOf(props, "records") ? {} : { records: missing };
}

/** What is missing of the records, in words that the engine shows; `undefined` where nothing is. */
async function missingRecords(
    store: LayerStore | undefined,
    bucket: string,
    version: number,
    props: Props,
): Promise<string | undefined> {
    if (store === undefined) {
        return "bucket missing";
    }
    const manifestUri = textOf(props, "manifestUri");
    const [manifest, record, claims] = await Promise.all([
        manifestUri === undefined
            ? undefined
            : readObject(store.bucket, manifestUri.slice(`s3://${bucket}/`.length)),
        readRecord(store, version),
        listClaims(store, version),
    ]);
    const owner = parseOwner(textOf(props, "owner") ?? "");
    // Who shares the version may have stored another manifest of the same dependencies: neither is wrong.
    const isOthers = (stored: string) =>
        record?.manifest.md5 === stored && hasOthersClaim(claims, version, owner);
    const stored = manifest === undefined ? undefined : md5(manifest.body);
    const missing = [
        ...(stored === undefined ? ["manifest missing"] : []),
        ...(stored !== undefined && stored !== props["manifestMd5"] && !isOthers(stored)
            ? ["manifest altered"]
            : []),
        ...(record === undefined ? ["record missing"] : []),
        ...(claims.some(({ ownerHash }) => ownerHash === owner.hash) ? [] : ["claim missing"]),
    ];
    return missing.length === 0 ? undefined : missing.join(", ");
}

/** The grantees of the first version, the current or a kept one, that has others than it should. */
async function driftOfPermissions(
    clients: Clients,
    store: LayerStore | undefined,
    layerName: string,
    version: number,
    props: Props,
    signal: AbortSignal,
): Promise<Props> {
    if (props["permissions"] === undefined) {
        return {};
    }
    const owner = parseOwner(textOf(props, "owner") ?? "");
    const view = store === undefined ? undefined : viewLayer(clients, store, layerName, signal);
    const versions = await permittedVersions(view, owner, version);
    const found = await mapConcurrently(versions, policiesAtOnce, signal, (each) =>
        readPermissions(clients, layerName, each, owner, signal).then((permissions) => ({ permissions })),
    );
    const wanted = textsOf(props, "permissions");
    return found.find(({ permissions }) => !sameValue(permissions, wanted)) ?? {};
}

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
