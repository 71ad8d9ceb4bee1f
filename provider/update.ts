import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { accountOf, clientsFor } from "./awsAccess";
import { isLayerError, LayerError } from "./errors";
import { assertGrants } from "./grants";
import { asCheckedInputs, type CheckedInputs, readKeepVersions } from "./inputs";
import { interruptible } from "./interrupt";
import { readManifestBytes } from "./manifest";
import { parseLayerVersionArn, publishedOutputs, readOutputs, toProps, type VersionOutputs } from "./outputs";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { listClaims, releaseClaim } from "./publish/claims";
import { getLayerVersion, type PublishedVersion } from "./publish/layerVersion";
import { notePublication } from "./publish/publication";
import { handOver, keepVersion, readRecord } from "./publish/record";
import { retire } from "./publish/retention";
import { createRecord } from "./record";
import { report } from "./report";
import { type Destination, openDestination } from "./upload/destination";

/**
 * Brings what is kept of a version in line with the inputs, without publishing: a manifest whose dependencies are the
 * same, another bucket or prefix, another owner after a rename with an alias, or what an interrupted create left undone.
 *
 * Always answers every output: the engine forgets those that an update leaves out.
 */
export function update(id: string, olds: Props, news: Props): Promise<dynamic.UpdateResult> {
    const inputs = asCheckedInputs(news);
    return interruptible(inputs.timeoutMinutes, async (signal) => ({
        outs: await updateVersion(id, olds, inputs, signal),
    }));
}

async function updateVersion(
    id: string,
    olds: Props,
    inputs: CheckedInputs,
    signal: AbortSignal,
): Promise<Record<string, unknown>> {
    const { layerName, version } = parseLayerVersionArn(id);
    const clients = await clientsFor(inputs.region);
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published === undefined) {
        throw new LayerError("AWS_FAILED", {
            what: `Version ${version} of layer "${layerName}" does not exist any more.`,
            where: id,
            next: "Run `pulumi refresh`, then `pulumi up`: the version is made again.",
        });
    }
    const before = readOutputs(olds);
    const outputs: VersionOutputs = {
        ...before,
        ...publishedOutputs(published),
        origin: before.origin ?? "published",
        versionKey: before.versionKey ?? "",
        artifactKey: before.artifactKey ?? "",
        manifestUri: undefined,
        recordUri: undefined,
    };
    const owner = parseOwner(inputs.owner);
    if (inputs.bucket === undefined) {
        await assertGrants(clients, undefined, inputs, owner, version, signal);
        return toProps(inputs, outputs);
    }
    const account = await accountOf(clients, signal);
    const open = (bucket: string, prefix: string) =>
        openDestination(clients, account, { bucket, prefix }, signal);
    const destination = await open(inputs.bucket, inputs.prefix ?? "");
    const old = await openOld(olds, inputs, open);
    const kept = await keepIn(destination, old, published, outputs, inputs);
    await leaveOld(old, destination, published.version, olds, inputs);
    const { store } = destination;
    const keepVersions = readKeepVersions(inputs.keepVersions);
    const deleted = await retire(clients, store, {
        layerName,
        owner,
        current: version,
        keepVersions,
        signal,
    });
    if (deleted.length > 0) {
        report(layerName, `deleted superseded versions ${deleted.join(", ")}`);
    }
    await assertGrants(clients, store, inputs, owner, version, signal);
    return toProps(inputs, { ...outputs, ...kept });
}

/** The place the records were in before: the same as now, another one, or `undefined` when it is gone. */
async function openOld(
    olds: Props,
    inputs: CheckedInputs,
    open: (bucket: string, prefix: string) => Promise<Destination>,
): Promise<Destination | undefined> {
    const bucket = textOf(olds, "bucket");
    const prefix = textOf(olds, "prefix") ?? "";
    if (bucket === undefined || (bucket === inputs.bucket && prefix === inputs.prefix)) {
        return undefined;
    }
    try {
        return await open(bucket, prefix);
    } catch (error) {
        // An old place that is gone, or closed to us by now, is no reason not to move away from it.
        if (isLayerError(error) && ["BUCKET_NOT_FOUND", "ACCESS_DENIED"].includes(error.code)) {
            return undefined;
        }
        throw error;
    }
}

async function keepIn(
    destination: Destination,
    old: Destination | undefined,
    published: PublishedVersion,
    outputs: VersionOutputs,
    inputs: CheckedInputs,
): Promise<Pick<VersionOutputs, "manifestUri" | "recordUri">> {
    const file = await readManifestBytes(inputs.manifest, process.cwd());
    const manifest = { fileName: path.basename(inputs.manifest), bytes: file.bytes, md5: file.md5 };
    const moved = old === undefined ? undefined : await readRecord(old.store, published.version);
    const made = createRecord(inputs, outputs, published, manifest);
    const record = moved === undefined ? made : { ...moved, ...made, publishedBy: moved.publishedBy };
    const kept = await keepVersion(destination.store, published, manifest, record, parseOwner(inputs.owner));
    if (outputs.versionKey !== "") {
        await notePublication(destination.store, outputs.versionKey, published.version);
    }
    return { manifestUri: kept.manifestUri, recordUri: kept.recordUri };
}

/** Takes the marks of the former owner, or of the owner in the former place, away once the new ones are there. */
async function leaveOld(
    old: Destination | undefined,
    destination: Destination,
    version: number,
    olds: Props,
    inputs: CheckedInputs,
): Promise<void> {
    const formerOwner = parseOwner(textOf(olds, "owner") ?? inputs.owner);
    if (old !== undefined) {
        await releaseClaim(old.store, version, formerOwner);
    }
    if (formerOwner.id !== inputs.owner) {
        const { store } = destination;
        await releaseClaim(store, version, formerOwner);
        const record = await readRecord(store, version);
        if (record?.owner === formerOwner.id && (await listClaims(store, version)).length > 0) {
            await handOver(store, version, inputs.owner);
        }
    }
}
