import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { adoptVersion } from "./adoption";
import type { Archive, PreparedArchive } from "./archive";
import type { Clients } from "./aws/clients";
import { type Bucket, deleteObject } from "./aws/objects";
import { accountOf, clientsFor, leaseTiming } from "./awsAccess";
import { engineMemory } from "./engineMemory";
import { isLayerError, LayerError } from "./errors";
import { assertGrants, hadPermissions } from "./grants";
import { asCheckedInputs, type CheckedInputs, readKeepVersions } from "./inputs";
import { interruptible } from "./interrupt";
import { publishedOutputs, toProps, type VersionOutputs } from "./outputs";
import { type Owner, parseOwner } from "./owner";
import type { Props } from "./props";
import { versionKey } from "./publish/keys";
import { markOwnFolder, requireOwnFolder } from "./publish/layerMark";
import type { PublishedVersion } from "./publish/layerVersion";
import { viewLayer } from "./publish/layerView";
import { artifactObject, type LayerStore } from "./publish/layout";
import { publishOnce } from "./publish/publishOnce";
import { keepVersion } from "./publish/record";
import { supersede } from "./publish/succession";
import { counted, megabytes } from "./quantities";
import { createRecord } from "./record";
import { report, reportSuperseded } from "./report";
import { type Destination, openDestination } from "./upload/destination";

/**
 * Publishes the version that the inputs describe, or takes over the one that exists.
 *
 * A failure after the version exists comes back as a partial one, so that the version is in the state and the next
 * `up` finishes the job in {@link update}.
 */
export function create(props: Props): Promise<dynamic.CreateResult> {
    const inputs = asCheckedInputs(props);
    return interruptible(inputs.timeoutMinutes, async (signal) => {
        try {
            return await createVersion(inputs, signal);
        } catch (error) {
            // The engine keeps these properties as they are: without the provider's text no later hook could run.
            if (error instanceof PartialFailure && props["__provider"] !== undefined) {
                error.properties["__provider"] = props["__provider"];
            }
            throw error;
        }
    });
}

async function createVersion(inputs: CheckedInputs, signal: AbortSignal): Promise<dynamic.CreateResult> {
    const folder = process.cwd();
    const owner = parseOwner(inputs.owner);
    const clients = await clientsFor(inputs.region);
    const account = await accountOf(clients);
    requireOwnAccount(inputs, account);
    const destination =
        inputs.bucket === undefined
            ? undefined
            : await openDestination(
                  clients,
                  account,
                  { bucket: inputs.bucket, prefix: inputs.prefix ?? "" },
                  signal,
              );
    const store = destination?.store;
    if (store !== undefined) {
        await requireOwnFolder(store, inputs.layerName);
    }
    const bucketNamed = (name: string): Bucket => ({ s3: clients.s3, name, signal });
    const archive = await openArchive(inputs, destination, bucketNamed, folder, signal);
    const key = versionKey({
        artifactKey: archive.artifactKey,
        account,
        region: inputs.region,
        layerName: inputs.layerName,
        description: inputs.description,
        licenseInfo: inputs.licenseInfo,
        compatibleRuntimes: inputs.compatibleRuntimes ?? [],
        compatibleArchitectures: inputs.compatibleArchitectures ?? [],
        triggers: inputs.triggers,
    });
    const claimId = randomUUID();
    let prepared: PreparedArchive | undefined;
    const prepare = async () => {
        prepared ??= await archive.prepare();
        // Only now: what fails before leaves nothing behind.
        if (store !== undefined) {
            await markOwnFolder(store, inputs.layerName);
        }
        return prepared;
    };
    const { published, outcome } = await publishOnce(
        clients,
        store,
        {
            layerName: inputs.layerName,
            versionKey: key,
            owner,
            claimId,
            reuse: inputs.reuse !== false,
            timing: leaseTiming(),
            adopt: () =>
                adoptVersion(
                    clients,
                    store,
                    { inputs, owner, versionKey: key, codeSha256: async () => (await prepare()).codeSha256 },
                    signal,
                ),
        },
        async () => {
            const { content, codeSha256, codeSize } = await prepare();
            return {
                layerName: inputs.layerName,
                content,
                description: inputs.description,
                licenseInfo: inputs.licenseInfo,
                compatibleRuntimes: inputs.compatibleRuntimes ?? [],
                compatibleArchitectures: inputs.compatibleArchitectures ?? [],
                codeSha256,
                codeSize,
            };
        },
        signal,
    ).catch(async (error: unknown) => {
        if (isLayerError(error) && error.code === "PUBLISH_MISMATCH" && store !== undefined) {
            // Whatever lies there is not what its label says: the next run makes it anew.
            await deleteObject(store.bucket, artifactObject(store, archive.artifactKey)).catch(
                () => undefined,
            );
        }
        throw error;
    });
    engineMemory.noteCreate(owner.id, published.layerVersionArn);
    report(
        inputs,
        `${outcome === "published" ? "published" : "took over"} version ${published.version}${sizesOf(prepared)}`,
    );
    const outputs: VersionOutputs = {
        ...publishedOutputs(published),
        uncompressedSize: prepared?.uncompressedSize,
        artifactUri: prepared?.artifactUri,
        origin: outcome === "adopted" ? "adopted" : "published",
        versionKey: key,
        artifactKey: archive.artifactKey,
        claimId: store === undefined ? undefined : claimId,
        resolution: archive.resolution,
    };
    const packages = prepared?.packages;
    const made = { clients, inputs, outputs, claimId, archive, packages, store, owner, published, signal };
    const outs = await keep(made);
    return { id: published.layerVersionArn, outs };
}

function openArchive(
    inputs: CheckedInputs,
    destination: Destination | undefined,
    bucketNamed: (name: string) => Bucket,
    folder: string,
    signal: AbortSignal,
): Promise<Archive> {
    // Only the one that is needed is loaded: building brings the most code with it.
    if (inputs.resourceType === "LayerVersion") {
        return import("./existingArchive").then(({ openExistingArchive }) =>
            openExistingArchive(inputs, bucketNamed, destination, folder),
        );
    }
    if (destination === undefined) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `Layer "${inputs.layerName}" has no bucket.`,
            next: "Give the argument bucket an S3 bucket.",
            property: "bucket",
        });
    }
    return import("./pythonArchive").then(({ openPythonArchive }) =>
        openPythonArchive(inputs, destination, folder, signal),
    );
}

/** What is new about an archive that was made or found in this run: `: 14 packages, 46.9 MB, 137.2 MB unpacked`. */
function sizesOf(prepared: PreparedArchive | undefined): string {
    if (prepared === undefined) {
        return "";
    }
    const { packages, codeSize, uncompressedSize } = prepared;
    return `: ${[
        ...(packages === undefined ? [] : [counted(packages.length, "package")]),
        megabytes(codeSize),
        ...(uncompressedSize === undefined ? [] : [`${megabytes(uncompressedSize)} unpacked`]),
    ].join(", ")}`;
}

/** A version that exists, with everything that has to be recorded of it. */
interface Made {
    readonly clients: Clients;
    readonly inputs: CheckedInputs;
    readonly outputs: VersionOutputs;
    readonly claimId: string;
    readonly archive: Archive;
    readonly packages: PreparedArchive["packages"];
    readonly store: LayerStore | undefined;
    readonly owner: Owner;
    readonly published: PublishedVersion;
    readonly signal: AbortSignal;
}

/** Records the version. The version exists by now, so whatever fails here must not lose it. */
async function keep(made: Made): Promise<Record<string, unknown>> {
    const { clients, inputs, outputs, claimId, archive, packages, store, owner, published, signal } = made;
    let settled = outputs;
    let deleted: readonly number[] = [];
    const view = store === undefined ? undefined : viewLayer(clients, store, inputs.layerName, signal);
    try {
        const isOurs = outputs.origin === "published";
        if (isOurs && outputs.artifactUri === undefined && outputs.uncompressedSize === undefined) {
            const { uncompressedSize, artifactUri } = await archive.look();
            settled = { ...outputs, uncompressedSize, artifactUri };
        }
        if (view !== undefined) {
            const { store } = view;
            const record = createRecord(inputs, settled, published, archive.manifest, packages);
            const kept = await keepVersion(store, published, archive.manifest, record, owner, claimId);
            settled = {
                ...settled,
                // A version that someone else published stays theirs, however it is come by.
                origin: kept.record.publishedBy === "" ? "adopted" : settled.origin,
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
                    hadGrants: hadPermissions(owner),
                    signal,
                });
                reportSuperseded(inputs, deleted);
            }
        }
        const grants = { inputs, owner, version: published.version, without: deleted };
        await assertGrants(clients, view, grants, signal);
        return toProps(inputs, settled, published);
    } catch (error) {
        const reason = isLayerError(error) ? error.message : String(error);
        // An empty list instead of none: what was given before is still to be taken back, see update.ts.
        const permissions = inputs.permissions ?? (hadPermissions(owner) ? [] : undefined);
        const properties = {
            ...toProps(inputs, settled, published),
            ...(permissions === undefined ? {} : { permissions }),
        };
        throw new PartialFailure(reason, published.layerVersionArn, properties, [
            `Version ${published.version} of layer "${inputs.layerName}" is published and kept, but what belongs to it is not complete. The next \`pulumi up\` finishes it without publishing again.`,
            reason,
        ]);
    }
}

/** The form in which Pulumi takes a resource that exists, but is not complete (`ErrorResourceInitFailed`). */
class PartialFailure extends Error {
    constructor(
        message: string,
        readonly id: string,
        readonly properties: Record<string, unknown>,
        readonly reasons: readonly string[],
    ) {
        super(message);
    }
}

function requireOwnAccount(inputs: CheckedInputs, account: string): void {
    if (inputs.account !== undefined && inputs.account !== account) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `Layer "${inputs.layerName}" is named as one of account ${inputs.account}, but the credentials belong to ${account}.`,
            next: "Give the layer's name alone, or credentials of its account.",
            property: "layerName",
        });
    }
}
