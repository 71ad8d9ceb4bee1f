import { createHash } from "node:crypto";
import path from "node:path";
import type { Clients } from "./aws/clients";
import { listObjects, readObject } from "./aws/objects";
import { requireReadable } from "./inputs";
import type { Call, Host } from "./layer/host";
import { parseLayerVersionArn } from "./layerVersionArn";
import { type LedgerPlace, openLedgerPlace, unlessBucketIsGone } from "./ledgerPlace";
import { outputNames, publishedOutputs } from "./outputs";
import { requireOwnVersion } from "./ownAccount";
import { jsonProps, type Props, sameValue, textOf, textsOf } from "./props";
import { recordFileName, versionFolder } from "./publish/layout";
import { type InspectedHold, inspectHold } from "./publish/operations/inspectHold";
import type { PublishedFacts } from "./publish/operations/place";
import { permittedWithoutLedger } from "./publish/operations/withoutLedger";
import { requireShown } from "./publish/store/lambdaVersions";
import { openBarePlace } from "./publish/store/openPlace";

/** What a read answers: the outputs and, where something differs from them, the inputs that say so. */
export interface ReadOutcome {
    readonly props: Props;
    readonly inputs?: Props;
}

/**
 * Asks Lambda for the version and S3 for what belongs to it. Only "not found" means that the version is gone; a refusal
 * is an error. Writes nothing.
 *
 * What is missing comes back as a difference in the inputs, since only those reach the engine's diff: the next `up` then
 * repairs it in `update.ts`. The region is the version's own: on a refresh the engine configures a provider with the
 * settings of the last `up`.
 *
 * @returns undefined where the version is gone, or is being deleted
 */
export async function read(
    host: Host,
    call: Call,
    id: string,
    props: Props = {},
): Promise<ReadOutcome | undefined> {
    requireReadable(props);
    const { layerName, region } = parseLayerVersionArn(id);
    const clients = await host.aws.clients(region);
    await requireOwnVersion(host.aws, id, clients);
    const ledger = await unlessBucketIsGone(() => openLedgerPlace(host, call, props, { clients, layerName }));
    const found =
        ledger === undefined
            ? await readBare(call, clients, id, props)
            : await ledger.run(() => readLedger(ledger, id, props));
    if (found === undefined) {
        return undefined;
    }
    const outputs = jsonProps({ ...props, ...publishedOutputs(requireShown(found.version).shown) });
    const { drift } = found;
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

/** A version with what is other than the state says: inputs that differ, and `records: undefined` where nothing is missing any more. */
interface Found {
    readonly version: PublishedFacts;
    readonly drift: Props;
}

async function readBare(
    { signal }: Call,
    clients: Clients,
    id: string,
    props: Props,
): Promise<Found | undefined> {
    const { layerName, version, account } = parseLayerVersionArn(id);
    const owner = textOf(props, "owner") ?? "";
    const place = openBarePlace({ clients, account, layerName, owner, signal });
    const found = await place.versions.get(version);
    if (found === undefined) {
        return undefined;
    }
    const missing = textOf(props, "bucket") === undefined ? undefined : "bucket missing";
    const permissions =
        props["permissions"] === undefined || missing !== undefined
            ? []
            : await permittedWithoutLedger(place, version);
    return {
        version: found,
        drift: { ...recordsDrift(props, missing), ...permissionsDrift(props, permissions) },
    };
}

async function readLedger(ledger: LedgerPlace, id: string, props: Props): Promise<Found | undefined> {
    const { version } = parseLayerVersionArn(id);
    const { place } = ledger;
    const inspected = await inspectHold(place, {
        version,
        createId: textOf(props, "createId"),
        epoch: textOf(props, "epoch"),
        permissions: props["permissions"] === undefined ? undefined : textsOf(props, "permissions"),
    });
    if (inspected.version === undefined || inspected.hold === "deleting") {
        return undefined;
    }
    const missing = [
        ...holdDrift[inspected.hold],
        ...(await missingFiles(ledger, version, inspected, props)),
    ];
    const permissions = inspected.permissions === undefined ? {} : { permissions: inspected.permissions };
    return {
        version: inspected.version,
        drift: {
            ...recordsDrift(props, missing.length === 0 ? undefined : missing.join(", ")),
            ...permissions,
        },
    };
}

/** What the engine shows of a hold that is not as the state has it. */
const holdDrift: Readonly<Record<Exclude<InspectedHold["hold"], "deleting">, readonly string[]>> = {
    current: [],
    kept: ["holder missing"],
    none: ["holder missing"],
    "another epoch": ["ledger made anew"],
    "no ledger": ["ledger missing"],
    // An update could not repair it. It is told as a warning.
    "ledger not used": [],
};

const recordsDrift = (props: Props, missing: string | undefined): Props =>
    missing === textOf(props, "records") ? {} : { records: missing };

const permissionsDrift = (props: Props, found: readonly string[]): Props =>
    props["permissions"] === undefined || sameValue(found, [...textsOf(props, "permissions")].sort())
        ? {}
        : { permissions: found };

/** What is missing of the files beside a version, in words that the engine shows: one listing, where all is well. */
async function missingFiles(
    { destination: { store } }: LedgerPlace,
    version: number,
    { isShared }: InspectedHold,
    props: Props,
): Promise<string[]> {
    const folder = versionFolder(store, version);
    const listed = await listObjects(store.bucket, folder);
    const named = (name: string) => listed.find(({ key }) => key === `${folder}${name}`);
    const record = named(recordFileName) === undefined ? ["record missing"] : [];
    const fileName = path.basename(textOf(props, "manifestUri") ?? "");
    const manifest = fileName === "" ? undefined : named(fileName);
    if (manifest === undefined) {
        return ["manifest missing", ...record];
    }
    // Who shares the version may have stored another manifest of the same dependencies: neither is wrong.
    const isOwn = !isShared && fileName === path.basename(textOf(props, "manifest") ?? "");
    const md5 = textOf(props, "manifestMd5");
    if (!isOwn || manifest.etag.replaceAll('"', "") === md5) {
        return record;
    }
    // An ETag is no MD5 in a bucket with SSE-KMS.
    const stored = await readObject(store.bucket, manifest.key);
    const isSame = stored !== undefined && createHash("md5").update(stored.body).digest("hex") === md5;
    return isSame ? record : ["manifest altered", ...record];
}
