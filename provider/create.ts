import { randomUUID } from "node:crypto";
import type { Archive, PreparedArchive } from "./archive";
import { type Bucket, deleteObject } from "./aws/objects";
import { completeVersion } from "./completion";
import { isLayerError, LayerError } from "./errors";
import { asCheckedInputs, type CheckedInputs, destinationOf } from "./inputs";
import type { Call, Host } from "./layer/host";
import { publishedOutputs, type VersionOutputs } from "./outputs";
import { parseOwner } from "./owner";
import type { Props } from "./props";
import { versionKey } from "./publish/keys";
import { markOwnFolder, requireOwnFolder } from "./publish/layerMark";
import { artifactObject } from "./publish/layout";
import { publishOnce } from "./publish/publishOnce";
import { counted, megabytes } from "./quantities";
import { type Destination, findBucket, openDestination } from "./upload/destination";

/** What a create answers: the version's ARN, and the resource's outputs. */
export interface CreateOutcome {
    readonly id: string;
    readonly outs: Record<string, unknown>;
}

/**
 * Publishes the version that the inputs describe, or takes over the one that exists.
 *
 * A failure after the version exists comes back as a partial one, so that the version is in the state and the next
 * `up` finishes the job in {@link update}.
 */
export async function create(host: Host, call: Call, props: Props): Promise<CreateOutcome> {
    const inputs = asCheckedInputs(props);
    const { signal } = call;
    const owner = parseOwner(inputs.owner);
    const clients = await host.aws.clients(inputs.region);
    const account = await host.aws.account(clients);
    requireOwnAccount(inputs, account);
    const place = destinationOf({ ...inputs });
    const destination =
        place === undefined ? undefined : await openDestination(clients, account, place, signal);
    const store = destination?.store;
    if (store !== undefined) {
        await requireOwnFolder(store, inputs.layerName);
    }
    const { bucketOwner } = inputs;
    const bucketNamed = async (name: string): Promise<Bucket> => {
        if (name === store?.bucket.name) {
            return { ...store.bucket, s3: clients.s3 };
        }
        // Looked at only where it may be of either account: that needs a permission more than to read the object.
        return bucketOwner === undefined
            ? { s3: clients.s3, name, owner: account, signal }
            : findBucket(clients, account, { name, bucketOwner }, signal);
    };
    const archive = await openArchive(host, call, inputs, destination, bucketNamed);
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
            timing: host.aws.patience.lease ?? {},
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
    host.memory.noteCreate(owner.id, published.layerVersionArn);
    call.log(
        "info",
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
        host,
        call,
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
    });
    return { id: published.layerVersionArn, outs };
}

function openArchive(
    host: Host,
    call: Call,
    inputs: CheckedInputs,
    destination: Destination | undefined,
    bucketNamed: (name: string) => Promise<Bucket>,
): Promise<Archive> {
    // Only the one that is needed is loaded: building brings the most code with it.
    if (inputs.resourceType === "LayerVersion") {
        return import("./existingArchive").then(({ openExistingArchive }) =>
            openExistingArchive(host, call, inputs, bucketNamed, destination),
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
        openPythonArchive(host, call, inputs, destination),
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
