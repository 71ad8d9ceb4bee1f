import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import type { Archive, PreparedArchive } from "./archive";
import { type Bucket, deleteObject } from "./aws/objects";
import { accountOf, clientsFor, leaseTiming } from "./awsAccess";
import { completeVersion, PartialFailure } from "./completion";
import { engineMemory } from "./engineMemory";
import { isLayerError, LayerError } from "./errors";
import { asCheckedInputs, type CheckedInputs } from "./inputs";
import { interruptible } from "./interrupt";
import { publishedOutputs, type VersionOutputs } from "./outputs";
import { parseOwner } from "./owner";
import type { Props } from "./props";
import { versionKey } from "./publish/keys";
import { markOwnFolder, requireOwnFolder } from "./publish/layerMark";
import { artifactObject } from "./publish/layout";
import { publishOnce } from "./publish/publishOnce";
import { counted, megabytes } from "./quantities";
import { report } from "./report";
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
            timing: leaseTiming(),
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
        versionKey: key,
        artifactKey: archive.artifactKey,
        claimId: store === undefined ? undefined : claimId,
        resolution: archive.resolution,
    };
    const outs = await completeVersion({
        clients,
        inputs,
        outputs,
        claimId,
        archive,
        packages: prepared?.packages,
        store,
        owner,
        published,
        isNew: outcome === "published",
        signal,
    });
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

function requireOwnAccount(inputs: CheckedInputs, account: string): void {
    if (inputs.account !== undefined && inputs.account !== account) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `Layer "${inputs.layerName}" is named as one of account ${inputs.account}, but the credentials belong to ${account}.`,
            next: "Give the layer's name alone, or credentials of its account.",
            property: "layerName",
        });
    }
}
