import { randomUUID } from "node:crypto";
import type { Archive, PreparedArchive } from "./archive";
import type { Clients } from "./aws/clients";
import { type Bucket, deleteObject } from "./aws/objects";
import { isLayerError, LayerError } from "./errors";
import { holderOf, wantedBy } from "./holding";
import { asCheckedInputs, type CheckedInputs } from "./inputs";
import type { Call, Host } from "./layer/host";
import { PartialFailure } from "./layer/partialFailure";
import { inWords, reasonOf } from "./ledgerErrors";
import { type LedgerPlace, openLedgerPlace } from "./ledgerPlace";
import { publishedOutputs, toProps, type VersionOutputs } from "./outputs";
import { parseOwner } from "./owner";
import type { Props } from "./props";
import { artifactObject } from "./publish/layout";
import type { PublishedFacts } from "./publish/operations/place";
import { takeVersion } from "./publish/operations/takeVersion";
import { permitWithoutLedger, publishWithoutLedger } from "./publish/operations/withoutLedger";
import { fileUris } from "./publish/record";
import { type LambdaVersion, requireShown } from "./publish/store/lambdaVersions";
import { openBarePlace } from "./publish/store/openPlace";
import { callPublish } from "./publish/store/publishCall";
import { counted, megabytes } from "./quantities";
import { type Destination, findBucket } from "./upload/destination";
import { createRecord, writeNewFiles, writeTakenFiles } from "./versionFiles";

/** What a create answers: the version's ARN, and the resource's outputs. */
export interface CreateOutcome {
    readonly id: string;
    readonly outs: Record<string, unknown>;
}

/** A version that a create came to. */
interface Made {
    readonly version: LambdaVersion;
    readonly outcome: "published" | "taken over";
    readonly outputs: Partial<VersionOutputs>;
    /** What failed after the version was there. */
    readonly problems: readonly unknown[];
}

/**
 * Publishes the version that the inputs describe, or takes over the one that exists.
 *
 * A failure after the version exists comes back as a partial one, so that the version is in the state and the next
 * `up` finishes the job in `update.ts`.
 */
export async function create(host: Host, call: Call, props: Props): Promise<CreateOutcome> {
    const inputs = asCheckedInputs(props);
    const clients = await host.aws.clients(inputs.region);
    const account = await host.aws.account(clients);
    requireOwnAccount(inputs, account);
    const { layerName } = inputs;
    const ledger = await openLedgerPlace(host, call, { ...inputs }, { clients, layerName });
    const archive = await openArchive(host, call, inputs, ledger?.destination, (name) =>
        bucketNamed(host, call, clients, account, inputs, ledger?.destination, name),
    );
    const publisher = createPublisher(call, clients, inputs, archive);
    const made =
        ledger === undefined
            ? await publishBare(call, clients, account, inputs, publisher)
            : await take(host, ledger, inputs, archive, publisher);
    const { version, outcome, problems } = made;
    const { shown } = version;
    const prepared = publisher.prepared();
    const verb = outcome === "published" ? "published" : "took over";
    call.log("info", `${verb} version ${version.version}${sizesOf(prepared)}`);
    const outputs = {
        uncompressedSize: prepared?.uncompressedSize,
        artifactUri: prepared?.artifactUri,
        artifactKey: archive.artifactKey,
        resolution: archive.resolution,
        ...made.outputs,
        ...publishedOutputs(shown),
    };
    const outs = toProps(inputs, outputs);
    if (problems.length > 0) {
        const reasons = problems.map((problem) => reasonOf(problem, ledger?.uri));
        throw new PartialFailure(reasons[0] ?? "", shown.layerVersionArn, outs, [
            `Version ${version.version} of layer "${layerName}" is published and kept, but what belongs to it is not complete. The next \`pulumi up\` finishes it without publishing again.`,
            ...reasons,
        ]);
    }
    return { id: shown.layerVersionArn, outs };
}

/** Prepares the archive when it is first needed, and publishes it. */
interface Publisher {
    readonly prepare: (again: boolean) => Promise<{
        readonly codeSha256: string;
        readonly codeSize: number;
        readonly publish: () => ReturnType<typeof callPublish>;
    }>;
    /** `undefined`: nobody needed it. */
    readonly prepared: () => PreparedArchive | undefined;
    /** The version that Lambda answered with. */
    readonly published: () => number | undefined;
}

function createPublisher(
    { signal }: Call,
    clients: Clients,
    inputs: CheckedInputs,
    archive: Archive,
): Publisher {
    const { layerName, description, licenseInfo } = inputs;
    const { compatibleRuntimes = [], compatibleArchitectures = [] } = inputs;
    let prepared: PreparedArchive | undefined;
    let published: number | undefined;
    return {
        prepare: async (again) => {
            const { content, codeSha256, codeSize, ...more } = await archive.prepare(again);
            // What the first time has found out of the packages, a second one may find in the bucket.
            prepared = { ...prepared, content, codeSha256, codeSize, ...more };
            const lists = { compatibleRuntimes, compatibleArchitectures };
            const request = { layerName, content, description, licenseInfo, ...lists };
            return {
                codeSha256,
                codeSize,
                publish: async () => {
                    const answer = await callPublish(clients, request, signal);
                    published = typeof answer === "object" ? answer.version : undefined;
                    return answer;
                },
            };
        },
        prepared: () => prepared,
        published: () => published,
    };
}

async function take(
    { memory }: Host,
    ledger: LedgerPlace,
    inputs: CheckedInputs,
    archive: Archive,
    publisher: Publisher,
): Promise<Made> {
    const { store } = ledger.destination;
    const { artifactKey, manifest } = archive;
    const createId = randomUUID();
    const seen = memory.seenOf(parseOwner(inputs.owner).id);
    let outputs: Partial<VersionOutputs> = {};
    const describe = async (facts: PublishedFacts): Promise<void> => {
        const { shown, version, codeSha256 } = requireShown(facts);
        const prepared = publisher.prepared();
        const record = (found: Partial<PreparedArchive>) =>
            createRecord(inputs, archive, found, ledger.place.layer, shown);
        if (version === publisher.published()) {
            await writeNewFiles(store, manifest, record(prepared ?? {}));
            outputs = fileUris(store, version, manifest.fileName);
            return;
        }
        const kept = await writeTakenFiles(store, version, codeSha256, manifest, async () =>
            record(prepared ?? (await archive.look())),
        );
        const { uncompressedSize, artifactUri } = { ...kept, ...prepared };
        outputs = { uncompressedSize, artifactUri, ...fileUris(store, version, kept.manifest.fileName) };
    };
    const taken = await ledger
        .run((place) =>
            takeVersion(place, {
                wanted: wantedBy(inputs, artifactKey),
                holder: holderOf(inputs, createId),
                prepare: publisher.prepare,
                describe,
                // With deleteBeforeReplace the delete hook has run: none comes after this that could retain.
                retains: seen.hasState && seen.released.size === 0 ? seen.released : "all",
                former: [...seen.shown],
            }),
        )
        .catch(async (error: unknown) => {
            if (isLayerError(error) && error.code === "PUBLISH_MISMATCH") {
                // Whatever lies there is not what its label says: the next run makes it anew.
                await deleteObject(store.bucket, artifactObject(store, artifactKey)).catch(() => undefined);
            }
            throw error;
        });
    const { outcome, epoch, problems } = taken;
    return {
        version: requireShown(taken.version),
        outcome,
        outputs: { ...outputs, createId, epoch },
        problems,
    };
}

async function publishBare(
    call: Call,
    clients: Clients,
    account: string,
    inputs: CheckedInputs,
    publisher: Publisher,
): Promise<Made> {
    const { layerName, permissions = [] } = inputs;
    const place = openBarePlace({ clients, account, layerName, owner: inputs.owner, signal: call.signal });
    try {
        const prepared = await publisher.prepare(false);
        const published = await publishWithoutLedger(place, wantedBy(inputs, "").settings, prepared);
        const version = requireShown(published);
        const problems = await permitWithoutLedger(place, version.version, permissions, []);
        return { version, outcome: "published", outputs: {}, problems };
    } catch (error) {
        throw inWords(error, undefined);
    }
}

async function bucketNamed(
    { memory }: Host,
    { signal }: Call,
    clients: Clients,
    account: string,
    { bucketOwner }: CheckedInputs,
    destination: Destination | undefined,
    name: string,
): Promise<Bucket> {
    const { s3 } = clients;
    if (name === destination?.store.bucket.name) {
        return { ...destination.store.bucket, s3 };
    }
    // Looked at only where it may be of either account: that needs a permission more than to read the object.
    return bucketOwner === undefined
        ? { s3, name, owner: account, signal }
        : findBucket(clients, account, { name, bucketOwner }, signal, memory.buckets);
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
