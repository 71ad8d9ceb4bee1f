import { createHash } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import type { Clients } from "./aws/clients";
import { readObject } from "./aws/objects";
import { accountOf, clientsFor } from "./awsAccess";
import { isLayerError } from "./errors";
import { completeRecords, readMinutes } from "./inputs";
import { interruptible } from "./interrupt";
import { outputNames, parseLayerVersionArn, publishedOutputs } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { jsonProps, type Props, sameValue, textOf, textsOf } from "./props";
import { listClaims } from "./publish/claims";
import { getLayerVersion } from "./publish/layerVersion";
import type { LayerStore } from "./publish/layout";
import { readPermissions } from "./publish/permissions";
import { readRecord } from "./publish/record";
import { listOwnedVersions } from "./publish/retention";
import { openDestination } from "./upload/destination";

/**
 * Asks Lambda for the version and S3 for what belongs to it. Only "not found" means that the version is gone; a refusal
 * is an error.
 *
 * What is missing comes back as a difference in the inputs, since only those reach the engine's diff: the next `up` then
 * repairs it in {@link update}. The region is the version's own: on a refresh the engine configures a provider with the
 * settings of the last `up`.
 */
export function read(id: string, props: Props = {}): Promise<dynamic.ReadResult> {
    return interruptible(readMinutes(props), async (signal) => {
        const { layerName, version, region } = parseLayerVersionArn(id);
        const clients = await clientsFor(region);
        await requireOwnVersion(id, clients);
        const published = await getLayerVersion(clients, layerName, version, signal);
        if (published === undefined) {
            return {};
        }
        const outputs = jsonProps({ ...props, ...publishedOutputs(published) });
        const drift = {
            ...(await driftOfRecords(clients, version, props, signal)),
            ...(await driftOfPermissions(clients, layerName, version, props, signal)),
        };
        if (Object.keys(drift).length === 0) {
            return { id, props: outputs };
        }
        const inputs = Object.entries(outputs).filter(([name]) => !outputNames.has(name));
        return { id, props: { ...outputs, ...drift }, inputs: { ...Object.fromEntries(inputs), ...drift } };
    });
}

async function driftOfRecords(
    clients: Clients,
    version: number,
    props: Props,
    signal: AbortSignal,
): Promise<Props> {
    const missing = await missingRecords(clients, version, props, signal);
    return missing === undefined || missing === props["records"] ? {} : { records: missing };
}

/** What is missing of the records, in words that the engine shows; `undefined` where none are kept. */
async function missingRecords(
    clients: Clients,
    version: number,
    props: Props,
    signal: AbortSignal,
): Promise<string | undefined> {
    const bucket = textOf(props, "bucket");
    if (bucket === undefined) {
        return undefined;
    }
    const store = await openRecords(clients, props, signal);
    if (store === undefined) {
        return "bucket missing";
    }
    const manifestUri = textOf(props, "manifestUri");
    const manifest =
        manifestUri === undefined
            ? undefined
            : await readObject(store.bucket, manifestUri.slice(`s3://${bucket}/`.length));
    const owner = parseOwner(textOf(props, "owner") ?? "");
    const missing = [
        ...(manifest === undefined ? ["manifest missing"] : []),
        ...(manifest !== undefined && md5(manifest.body) !== props["manifestMd5"]
            ? ["manifest altered"]
            : []),
        ...((await readRecord(store, version)) === undefined ? ["record missing"] : []),
        ...((await listClaims(store, version)).some(({ ownerHash }) => ownerHash === owner.hash)
            ? []
            : ["claim missing"]),
    ];
    return missing.length === 0 ? completeRecords : missing.join(", ");
}

/** The grantees of the first version, the current or a kept one, that has others than it should. */
async function driftOfPermissions(
    clients: Clients,
    layerName: string,
    version: number,
    props: Props,
    signal: AbortSignal,
): Promise<Props> {
    if (props["permissions"] === undefined) {
        return {};
    }
    const owner = parseOwner(textOf(props, "owner") ?? "");
    const store = await openRecords(clients, props, signal);
    const owned =
        store === undefined ? [] : await listOwnedVersions(clients, store, { layerName, owner, signal });
    const kept = owned.filter(({ exists }) => exists).map((each) => each.version);
    for (const each of new Set([version, ...kept])) {
        const permissions = await readPermissions(clients, layerName, each, owner, signal);
        if (!sameValue(permissions, textsOf(props, "permissions"))) {
            return { permissions };
        }
    }
    return {};
}

/** Where the records are; `undefined` when none are kept, or their bucket is gone. */
async function openRecords(
    clients: Clients,
    props: Props,
    signal: AbortSignal,
): Promise<LayerStore | undefined> {
    const bucket = textOf(props, "bucket");
    if (bucket === undefined) {
        return undefined;
    }
    try {
        const place = { bucket, prefix: textOf(props, "prefix") ?? "" };
        return (await openDestination(clients, await accountOf(clients), place, signal)).store;
    } catch (error) {
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
