import path from "node:path";
import type { Clients } from "./aws/clients";
import { isLayerError, LayerError } from "./errors";
import type { CheckedInputs, PythonLayerInputs } from "./inputs";
import { parseLayerVersionArn } from "./layerVersionArn";
import type { Owner } from "./owner";
import { findDifferences, requireSame } from "./publish/adopt";
import { listAllClaims } from "./publish/claims";
import {
    areSameSettings,
    getLayerVersion,
    getLayerVersionLocation,
    type PublishedVersion,
} from "./publish/layerVersion";
import type { LayerStore } from "./publish/layout";
import type { AdoptedVersion } from "./publish/publishOnce";
import { readRecord } from "./publish/record";
import { targetFor } from "./target";
import { inTemporaryFolder } from "./temporaryFolder";

/** What is to be taken over, and by whom. */
export interface Adoption {
    readonly inputs: CheckedInputs;
    readonly owner: Owner;
    /** Of what the inputs describe. */
    readonly versionKey: string;
    /** The archive's, asked for a `LayerVersion`, which is proved by its bytes. */
    readonly codeSha256: () => Promise<string | undefined>;
}

/**
 * The version that the argument `adopt` names, once it is proved to hold what the inputs describe.
 *
 * The proof of a `LayerVersion` is its bytes; that of a `PythonLayer` is what is installed in the zip: the names, versions and
 * wheel tags of its distributions. `undefined` when there is nothing to adopt, or the owner has had a version already:
 * `adopt` says where to start, not where to stay. Only to what was proved for the very same inputs before it returns.
 *
 * @throws ADOPTION_REFUSED with what differs, and what downloading throws
 */
export async function adoptVersion(
    clients: Clients,
    store: LayerStore | undefined,
    { inputs, owner, versionKey, codeSha256 }: Adoption,
    signal: AbortSignal,
): Promise<AdoptedVersion | undefined> {
    const { adopt } = inputs;
    if (adopt === undefined) {
        return undefined;
    }
    const { layerName, version, region } = parseLayerVersionArn(adopt);
    const known = store === undefined ? undefined : await readRecord(store, version);
    const isProved = known?.layerVersionArn === adopt && known.versionKey === versionKey;
    // A claim on the named version without a record is what a run left that was cut short right after the proof.
    const begun = known === undefined ? version : undefined;
    const started = store !== undefined && (await hasStarted(store, owner, begun));
    if (started && !isProved) {
        return undefined;
    }
    if (region !== inputs.region || layerName !== inputs.layerName) {
        throw refused(
            adopt,
            `it is a version of layer "${layerName}" in ${region}, not of "${inputs.layerName}" in ${inputs.region}`,
        );
    }
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published === undefined && started) {
        return undefined;
    }
    if (published === undefined || published.layerVersionArn !== adopt) {
        throw refused(adopt, "there is no such version in this account");
    }
    if (inputs.resourceType === "LayerVersion") {
        if ((await codeSha256()) !== published.codeSha256) {
            throw refused(adopt, "its CodeSha256 is not that of the archive");
        }
        const { description, licenseInfo, compatibleRuntimes = [], compatibleArchitectures = [] } = inputs;
        const wanted = { description, licenseInfo, compatibleRuntimes, compatibleArchitectures };
        return { published, isInterchangeable: areSameSettings(published.settings, wanted) };
    }
    if (!isProved) {
        await proveContent(clients, inputs, published, signal);
    }
    return { published, isInterchangeable: false };
}

/** Whether the owner has a claim on any version but `begun`. */
async function hasStarted(store: LayerStore, owner: Owner, begun: number | undefined): Promise<boolean> {
    return (await listAllClaims(store)).some(
        (claim) => claim.ownerHash === owner.hash && claim.version !== begun,
    );
}

async function proveContent(
    clients: Clients,
    inputs: PythonLayerInputs,
    published: PublishedVersion,
    signal: AbortSignal,
): Promise<void> {
    const [{ openFetcher }, { readDistributions }] = await Promise.all([
        import("./build/fetch"),
        import("./package/distributions"),
    ]);
    const target = targetFor(inputs.pythonVersion, inputs.architecture);
    const url = await getLayerVersionLocation(clients, inputs.layerName, published.version, signal);
    if (url === undefined || !/^https?:/.test(url)) {
        throw refused(published.layerVersionArn, "Lambda gives no address to download it from");
    }
    await inTemporaryFolder(async (folder) => {
        const zip = path.join(folder, "layer.zip");
        const hash = `sha256:${Buffer.from(published.codeSha256, "base64").toString("hex")}`;
        const fetcher = openFetcher({ environment: process.env, authorization: () => undefined });
        try {
            await fetcher.fetch({ filename: "layer.zip", url, hashes: [hash] }, zip, signal);
        } finally {
            await fetcher.close();
        }
        const installed = await readDistributions(zip, signal).catch((error: unknown) => {
            throw isLayerError(error)
                ? error
                : refused(published.layerVersionArn, `its zip cannot be read: ${String(error)}`);
        });
        requireSame(
            published.layerVersionArn,
            findDifferences(installed, inputs.dependencies ?? {}, target),
            target,
        );
    });
}

const refused = (arn: string, reason: string): LayerError =>
    new LayerError("ADOPTION_REFUSED", {
        what: `${arn} cannot be taken over: ${reason}.`,
        next: "Correct the argument adopt, or leave it out: a new version is published then.",
        property: "adopt",
    });
