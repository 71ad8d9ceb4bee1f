import type { Clients } from "../aws/clients";
import { type ErrorCode, isLayerError } from "../errors";
import type { Owner } from "../owner";
import { claimVersion, releaseClaim } from "./claims";
import {
    findNewVersion,
    getLayerVersion,
    newestVersionNumber,
    type PublishedVersion,
    type PublishRequest,
} from "./layerVersion";
import type { LayerStore } from "./layout";
import { acquireLease, findPublication, type Lease, type LeaseTiming, notePublication } from "./publication";
import { publishLayerVersion } from "./publishLayerVersion";

/** What is to exist afterwards. */
export interface Publication {
    readonly layerName: string;
    readonly versionKey: string;
    readonly owner: Owner;
    /** Whether a version of ours with the same version key is taken instead of publishing another. */
    readonly reuse: boolean;
    /** Looks at the version to take over, whoever made it, on proof; `undefined` when none is named. Asked before anything is built. */
    readonly adopt: () => Promise<PublishedVersion | undefined>;
    /** Default: see {@link LeaseTiming}. */
    readonly timing?: LeaseTiming;
}

/** The version, and how it came about: published now, ours from before, or someone else's. */
export interface PublicationResult {
    readonly published: PublishedVersion;
    readonly outcome: "published" | "reused" | "adopted";
}

/**
 * Sees to it that there is one version with the version key, whoever publishes it, and that the owner has a claim on it.
 *
 * `prepare` builds and uploads; it is asked only when no such version exists. Without a store (no bucket) nothing can
 * be looked up, so the version is published, once as far as Lambda itself can tell.
 */
export async function publishOnce(
    clients: Clients,
    store: LayerStore | undefined,
    publication: Publication,
    prepare: () => Promise<PublishRequest>,
    signal: AbortSignal,
): Promise<PublicationResult> {
    const { layerName, versionKey, reuse } = publication;
    const newestBefore = () => newestVersionNumber(clients, layerName, signal);
    if (store === undefined) {
        const adopted = await publication.adopt();
        if (adopted !== undefined) {
            return { published: adopted, outcome: "adopted" };
        }
        const request = await prepare();
        return {
            published: await publishLayerVersion(clients, request, await newestBefore(), signal),
            outcome: "published",
        };
    }
    if (reuse) {
        const published = await takeExisting(clients, store, publication, signal);
        if (published !== undefined) {
            return { published, outcome: "reused" };
        }
    }
    const adopted = await publication.adopt();
    if (adopted !== undefined) {
        await claimVersion(store, adopted.version, publication.owner);
        await notePublication(store, versionKey, adopted.version);
        return { published: adopted, outcome: "adopted" };
    }
    const request = await prepare();
    for (;;) {
        const isAlive = async (version: number) =>
            reuse && (await getLayerVersion(clients, layerName, version, signal)) !== undefined;
        const outcome = await acquireLease(store, versionKey, isAlive, newestBefore, publication.timing);
        if ("version" in outcome) {
            const published = await takeExisting(clients, store, publication, signal);
            if (published !== undefined) {
                return { published, outcome: "reused" };
            }
            continue;
        }
        return await publishUnder(outcome.lease, clients, store, publication, request, signal);
    }
}

/** Codes that prove that Lambda published nothing. */
const refusals: readonly ErrorCode[] = [
    "ACCESS_DENIED",
    "CREDENTIALS_MISSING",
    "LAYER_TOO_LARGE",
    "PUBLISH_MISMATCH",
    "PUBLISH_REFUSED",
];

async function publishUnder(
    lease: Lease,
    clients: Clients,
    store: LayerStore,
    { owner }: Publication,
    request: PublishRequest,
    signal: AbortSignal,
): Promise<PublicationResult> {
    let found: PublishedVersion | undefined;
    let published: PublishedVersion;
    try {
        found = lease.takenOver
            ? await findNewVersion(clients, request, lease.newestBefore, signal)
            : undefined;
        published = found ?? (await publishLayerVersion(clients, request, lease.newestBefore, signal));
    } catch (error) {
        const refused = isLayerError(error) && refusals.includes(error.code);
        await (refused ? lease.giveFree() : lease.abandon()).catch(() => undefined);
        throw error;
    }
    try {
        await claimVersion(store, published.version, owner);
        await lease.publishedAs(published.version);
    } catch {
        // The version exists and must reach the state: what S3 refused here is tried, and told, when it is recorded.
        // Until then the lease leads the next publisher to it.
        await lease.abandon();
    }
    return { published, outcome: found === undefined ? "published" : "reused" };
}

/**
 * The version that the key became, with the owner's claim on it.
 *
 * The claim is put first and the key looked at again afterwards: who deletes a version forgets its key first and looks
 * for claims afterwards, so one of the two always sees the other.
 */
async function takeExisting(
    clients: Clients,
    store: LayerStore,
    { layerName, versionKey, owner }: Publication,
    signal: AbortSignal,
): Promise<PublishedVersion | undefined> {
    const version = await findPublication(store, versionKey);
    if (version === undefined || (await getLayerVersion(clients, layerName, version, signal)) === undefined) {
        return undefined;
    }
    await claimVersion(store, version, owner);
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published !== undefined && (await findPublication(store, versionKey)) === version) {
        return published;
    }
    await releaseClaim(store, version, owner);
    return undefined;
}
