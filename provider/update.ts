import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import type { Clients } from "./aws/clients";
import { readObject } from "./aws/objects";
import { isLayerError, LayerError } from "./errors";
import { assertGrants, hadPermissions } from "./grants";
import {
    asCheckedInputs,
    type CheckedInputs,
    destinationOf,
    readKeepVersions,
    requireReadable,
} from "./inputs";
import type { Call, Host } from "./layer/host";
import type { RunMemory } from "./layer/memory";
import { reportSuperseded } from "./layer/messages";
import { parseLayerVersionArn } from "./layerVersionArn";
import { readManifestBytes } from "./manifest";
import { publishedOutputs, readOutputs, toProps, type VersionOutputs } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, textOf } from "./props";
import { releaseClaim } from "./publish/claims";
import { handOverAll, withdrawGrants } from "./publish/handOver";
import { markOwnFolder, removeOwnFolder } from "./publish/layerMark";
import { getLayerVersion, type PublishedVersion } from "./publish/layerVersion";
import { viewLayer } from "./publish/layerView";
import { manifestObject } from "./publish/layout";
import { moveRecords } from "./publish/moveRecords";
import { notePublication } from "./publish/publication";
import { type KeptManifest, keepVersion, ownedBy, readRecord } from "./publish/record";
import { supersede } from "./publish/succession";
import { createRecord } from "./record";
import { type Destination, type DestinationPlace, openDestination } from "./upload/destination";

/**
 * Brings what is kept of a version in line with the inputs, without publishing: a manifest whose dependencies are the
 * same, another bucket or prefix, another owner after a rename with an alias, or what an interrupted create left undone.
 *
 * Answers every output: the engine forgets those that an update leaves out.
 */
export async function update(
    host: Host,
    call: Call,
    id: string,
    olds: Props,
    news: Props,
): Promise<Record<string, unknown>> {
    const inputs = asCheckedInputs(news);
    const { memory, aws } = host;
    const { signal } = call;
    requireReadable(olds);
    const { layerName, version } = parseLayerVersionArn(id);
    const clients = await aws.clients(inputs.region);
    await requireOwnVersion(aws, id, clients);
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published === undefined) {
        throw new LayerError("VERSION_NOT_FOUND", {
            what: `Version ${version} of layer "${layerName}" does not exist any more.`,
            where: id,
            next: "Run `pulumi refresh`, then `pulumi up`: the version is made again.",
        });
    }
    const before = readOutputs(olds);
    const outputs: VersionOutputs = {
        ...before,
        ...publishedOutputs(published),
        versionKey: before.versionKey ?? "",
        artifactKey: before.artifactKey ?? "",
        manifestUri: undefined,
        recordUri: undefined,
    };
    const owner = parseOwner(inputs.owner);
    const place = destinationOf({ ...inputs });
    if (place === undefined) {
        await assertGrants(memory, clients, undefined, { inputs, owner, version, olds }, signal);
        return toProps(inputs, outputs);
    }
    const account = await aws.account(clients);
    const open = (place: DestinationPlace) => openDestination(clients, account, place, signal);
    const destination = await open(place);
    await markOwnFolder(destination.store, layerName);
    const old = await openOld(olds, inputs, open);
    const formerOwner = textOf(olds, "owner") ?? inputs.owner;
    const claimId = before.claimId ?? randomUUID();
    const made = { ...outputs, claimId };
    const { waiting, ...kept } = await keepIn(host, destination, old, published, made, inputs, formerOwner);
    await leaveOld(memory, clients, old, destination, published.version, olds, inputs, signal);
    const { store } = destination;
    const view = viewLayer(clients, store, layerName, signal);
    const deleted = await supersede(view, {
        layerName,
        version,
        owner,
        waiting,
        keepVersions: readKeepVersions(inputs.keepVersions),
        hadGrants: hadPermissions(memory, owner, olds),
        signal,
    });
    reportSuperseded(call, deleted);
    await assertGrants(memory, clients, view, { inputs, owner, version, olds, without: deleted }, signal);
    return toProps(inputs, { ...outputs, ...kept });
}

/** The place the records were in before: the same as now, another one, or `undefined` when it is gone. */
async function openOld(
    olds: Props,
    inputs: CheckedInputs,
    open: (place: DestinationPlace) => Promise<Destination>,
): Promise<Destination | undefined> {
    const place = destinationOf(olds);
    if (place === undefined || (place.bucket === inputs.bucket && place.prefix === inputs.prefix)) {
        return undefined;
    }
    try {
        return await open(place);
    } catch (error) {
        // An old place that is gone is no reason not to move away from it. One that is closed to us may hold others' claims.
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}

async function keepIn(
    host: Host,
    destination: Destination,
    old: Destination | undefined,
    published: PublishedVersion,
    outputs: VersionOutputs & { readonly claimId: string },
    inputs: CheckedInputs,
    formerOwner: string,
): Promise<Pick<VersionOutputs, "manifestUri" | "recordUri" | "claimId"> & { readonly waiting: number[] }> {
    const manifest = await readCheckedManifest(host.folder, inputs, old ?? destination, published.version);
    const moved = old === undefined ? undefined : await readRecord(old.store, published.version);
    const made = createRecord(inputs, outputs, published, manifest);
    const record =
        moved === undefined
            ? made
            : // Whoever did not answer for the version does not come to by moving.
              ownedBy(moved.owner === formerOwner ? made.owner : moved.owner, {
                  ...moved,
                  ...made,
                  publishedBy: moved.publishedBy,
              });
    const { store } = destination;
    const { claimId } = outputs;
    const kept = await keepVersion(store, published, manifest, record, parseOwner(inputs.owner), claimId);
    if (outputs.versionKey !== "") {
        await notePublication(store, outputs.versionKey, published.version, host.aws.patience.lease ?? {});
    }
    const { manifestUri, recordUri, waiting } = kept;
    return { manifestUri, recordUri, claimId, waiting };
}

/**
 * The manifest that was checked: the file, or, where `ignoreChanges` holds on to an older one, the copy that is kept.
 *
 * @throws MANIFEST_CHANGED when it is neither
 */
async function readCheckedManifest(
    folder: string,
    inputs: CheckedInputs,
    { store }: Destination,
    version: number,
): Promise<KeptManifest> {
    const fileName = path.basename(inputs.manifest);
    const file = await readManifestBytes(inputs.manifest, folder);
    if (file.md5 === inputs.manifestMd5) {
        return { fileName, bytes: file.bytes, md5: file.md5 };
    }
    const kept = await readObject(store.bucket, manifestObject(store, version, fileName));
    if (kept !== undefined && createHash("md5").update(kept.body).digest("hex") === inputs.manifestMd5) {
        return { fileName, bytes: kept.body, md5: inputs.manifestMd5 };
    }
    throw new LayerError("MANIFEST_CHANGED", {
        what: `The manifest ${inputs.manifest} of layer "${inputs.layerName}" is not the one that was checked, and no copy of that one is kept.`,
        next: "Run the same command again when whatever writes the file is done. If the resource has ignoreChanges on it, put the manifest back or take ignoreChanges away.",
        property: "manifest",
    });
}

/** Takes the marks of the former owner, or of the owner in the former place, away once the new ones are there. */
async function leaveOld(
    memory: RunMemory,
    clients: Clients,
    old: Destination | undefined,
    destination: Destination,
    version: number,
    olds: Props,
    inputs: CheckedInputs,
    signal: AbortSignal,
): Promise<void> {
    const { store } = destination;
    const owner = parseOwner(textOf(olds, "owner") ?? inputs.owner);
    const former = {
        layerName: inputs.layerName,
        owner,
        hadGrants: hadPermissions(memory, owner, olds),
        heirGrants: inputs.permissions,
        signal,
    };
    if (old !== undefined) {
        await moveRecords(clients, old.store, store, { ...former, current: version });
        await removeOwnFolder(old.store, { withArtifacts: false });
    }
    if (former.owner.id !== inputs.owner) {
        await releaseClaim(store, version, former.owner);
        await handOverAll(
            viewLayer(clients, store, inputs.layerName, signal),
            former,
            parseOwner(inputs.owner),
        );
        await withdrawGrants(clients, store, { ...former, version });
    }
}
