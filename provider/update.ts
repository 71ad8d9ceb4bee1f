import { createHash, randomUUID } from "node:crypto";
import path from "node:path";
import type { Clients } from "./aws/clients";
import { readObject } from "./aws/objects";
import { LayerError } from "./errors";
import { holderOf, wantedBy } from "./holding";
import { asCheckedInputs, type CheckedInputs, destinationOf } from "./inputs";
import type { Call, Host } from "./layer/host";
import { PartialFailure } from "./layer/partialFailure";
import { parseLayerVersionArn } from "./layerVersionArn";
import { reasonOf } from "./ledgerErrors";
import { type LedgerPlace, openLedgerPlace, unlessBucketIsGone } from "./ledgerPlace";
import { readManifestBytes } from "./manifest";
import { publishedOutputs, readOutputs, toProps, type VersionOutputs } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { parseOwner } from "./owner";
import { type Props, sameValue, textOf, textsOf } from "./props";
import { type LayerStore, manifestObject } from "./publish/layout";
import { versionKey } from "./publish/ledger/versionKey";
import { moveHold } from "./publish/operations/moveHold";
import type { PublishedFacts } from "./publish/operations/place";
import { type UpdateRequest, updateHold } from "./publish/operations/updateHold";
import { permitWithoutLedger } from "./publish/operations/withoutLedger";
import { fileUris, type KeptManifest, readRecord } from "./publish/record";
import { requireShown } from "./publish/store/lambdaVersions";
import { openBarePlace } from "./publish/store/openPlace";
import { createRecord, writeUpdatedFiles } from "./versionFiles";

/**
 * Brings what belongs to a version in line with the inputs, without publishing: a manifest whose dependencies are the
 * same, another bucket or prefix, another owner after a rename with an alias, or what an interrupted create left undone.
 *
 * Answers every output: the engine forgets those that an update leaves out.
 *
 * @throws PartialFailure when the version is held and something else failed
 */
export async function update(
    host: Host,
    call: Call,
    id: string,
    olds: Props,
    news: Props,
): Promise<Record<string, unknown>> {
    const inputs = asCheckedInputs(news);
    const before = readOutputs(olds);
    const clients = await host.aws.clients(inputs.region);
    await requireOwnVersion(host.aws, id, clients);
    const { layerName } = parseLayerVersionArn(id);
    const ledger = await openLedgerPlace(host, call, { ...inputs }, { clients, layerName });
    const { version, outputs, problems } =
        ledger === undefined
            ? await updateBare(call, id, olds, inputs, clients)
            : await updateLedger(host, call, ledger, id, olds, inputs, clients);
    const { manifestUri: _manifest, recordUri: _record, ...kept } = before;
    const outs = toProps(inputs, {
        ...kept,
        artifactKey: before.artifactKey ?? "",
        ...publishedOutputs(requireShown(version).shown),
        ...outputs,
    });
    if (problems.length > 0) {
        const reasons = problems.map((problem) => reasonOf(problem, ledger?.uri));
        throw new PartialFailure(reasons[0] ?? "", id, outs, reasons);
    }
    return outs;
}

/** What an update has come to. */
interface Updated {
    readonly version: PublishedFacts;
    readonly outputs: Partial<VersionOutputs>;
    /** What failed after the version was held: the next update completes it. */
    readonly problems: readonly unknown[];
}

async function updateLedger(
    host: Host,
    call: Call,
    ledger: LedgerPlace,
    id: string,
    olds: Props,
    inputs: CheckedInputs,
    clients: Clients,
): Promise<Updated> {
    const { layerName, version } = parseLayerVersionArn(id);
    const before = readOutputs(olds);
    const { artifactKey = "", codeSha256, artifactUri, uncompressedSize, resolution } = before;
    const createId = before.createId ?? randomUUID();
    const isMoved = !isSamePlace(olds, inputs);
    // An old place that is gone is no reason not to move away from it.
    const old = isMoved
        ? await unlessBucketIsGone(() => openLedgerPlace(host, call, olds, { clients, layerName }))
        : undefined;
    const { store } = ledger.destination;
    let files: Partial<VersionOutputs> = {};
    const describe = async (facts: PublishedFacts): Promise<void> => {
        const manifest = await checkedManifest(
            host.folder,
            inputs,
            (old ?? ledger).destination.store,
            version,
        );
        const archive = { artifactKey, resolution, manifest };
        const { shown } = requireShown(facts);
        const known = { artifactUri, uncompressedSize };
        const made = createRecord(inputs, archive, known, ledger.place.layer, shown);
        const moved = old === undefined ? undefined : await readRecord(old.destination.store, version);
        const record = { ...made, ...moved, manifest: made.manifest };
        const keptAs =
            isMoved || before.manifestUri === undefined ? undefined : path.basename(before.manifestUri);
        const renamed = path.basename(textOf(olds, "manifest") ?? "") !== manifest.fileName;
        const fileName = await writeUpdatedFiles(store, manifest, record, keptAs, renamed);
        files = fileUris(store, version, fileName);
    };
    const wanted = { ...wantedBy(inputs, artifactKey), layer: ledger.place.layer };
    const request: UpdateRequest = {
        version,
        holder: holderOf(inputs, createId),
        facts: {
            key: codeSha256 === undefined ? undefined : versionKey(wanted, codeSha256),
            artifacts: artifactKey === "" ? [] : [artifactKey],
        },
        formerOwner: parseOwner(textOf(olds, "owner") ?? inputs.owner).holder,
        formerPermissions: textsOf(olds, "permissions"),
        describe,
    };
    const {
        version: facts,
        epoch,
        problems,
    } = await ledger.run((place) =>
        isMoved ? moveHold(old?.place, place, request) : updateHold(place, request),
    );
    return { version: facts, outputs: { ...files, createId, epoch }, problems };
}

/** A layer without a bucket: nobody else is known to use the version, and nothing is kept of it. */
async function updateBare(
    { signal }: Call,
    id: string,
    olds: Props,
    inputs: CheckedInputs,
    clients: Clients,
): Promise<Updated> {
    const { layerName, version, account } = parseLayerVersionArn(id);
    const place = openBarePlace({ clients, account, layerName, owner: inputs.owner, signal });
    const found = await place.versions.get(version);
    if (found === undefined) {
        throw new LayerError("VERSION_NOT_FOUND", {
            what: `Version ${version} of layer "${layerName}" does not exist any more.`,
            where: id,
            next: "Run `pulumi refresh`, then `pulumi up`: the version is made again.",
        });
    }
    const former = textsOf(olds, "permissions");
    const problems = await permitWithoutLedger(place, version, inputs.permissions ?? [], former);
    return { version: found, outputs: {}, problems };
}

/** Whether the state's ledger is the one that the inputs name. */
function isSamePlace(olds: Props, inputs: CheckedInputs): boolean {
    const [old, now] = [destinationOf(olds), destinationOf({ ...inputs })];
    return old !== undefined && sameValue([old.bucket, old.prefix], [now?.bucket, now?.prefix]);
}

/**
 * The manifest that was checked: the file, or, where `ignoreChanges` holds on to an older one, the copy that is kept.
 *
 * @throws MANIFEST_CHANGED when it is neither
 */
async function checkedManifest(
    folder: string,
    inputs: CheckedInputs,
    store: LayerStore,
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
