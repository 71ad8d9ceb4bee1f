import type { Clients } from "../aws/clients";
import { isLayerError } from "../errors";
import type { Owner } from "../owner";
import { claimVersion, holdVersion, releaseClaim } from "./claims";
import {
    deleteLayerVersion,
    findNewVersion,
    getLayerVersion,
    newestVersionNumber,
    type PublishedVersion,
    type PublishRequest,
} from "./layerVersion";
import type { LayerStore } from "./layout";
import { acquireLease, findPublication, type Lease, type LeaseTiming } from "./publication";
import { LeaseLost, publishLayerVersion } from "./publishLayerVersion";
import { refusalCodes } from "./refusals";

/** What is to exist afterwards. */
export interface Publication {
    readonly layerName: string;
    readonly versionKey: string;
    readonly owner: Owner;
    /** Names this create in the owner's claim, see `claims.ts`. */
    readonly claimId: string;
    /** Default: see {@link LeaseTiming}. */
    readonly timing?: LeaseTiming;
}

/** The version, and how it came about: published now, or there from before. */
export interface PublicationResult {
    readonly published: PublishedVersion;
    readonly outcome: "published" | "reused";
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
    const { layerName, versionKey } = publication;
    const newestBefore = () => newestVersionNumber(clients, layerName, signal);
    if (store === undefined) {
        const request = await prepare();
        return {
            published: await publishLayerVersion(clients, request, await newestBefore(), signal),
            outcome: "published",
        };
    }
    const existing = await takeExisting(clients, store, publication, signal);
    if (existing !== undefined) {
        return { published: existing, outcome: "reused" };
    }
    const request = await prepare();
    const doubtful: number[] = [];
    // Two may have published when one was thought dead. Only the one that the key became is known to anybody.
    const dropOthers = async ({ published }: PublicationResult) => {
        for (const version of doubtful.filter((each) => each !== published.version)) {
            await deleteLayerVersion(clients, layerName, version, signal);
            await releaseClaim(store, version, publication.owner);
        }
    };
    for (;;) {
        const isAlive = async (version: number) =>
            (await getLayerVersion(clients, layerName, version, signal)) !== undefined;
        const outcome = await acquireLease(store, versionKey, isAlive, newestBefore, publication.timing);
        if ("version" in outcome) {
            const published = await takeExisting(clients, store, publication, signal);
            if (published !== undefined) {
                const taken = { published, outcome: "reused" } as const;
                await dropOthers(taken);
                return taken;
            }
            continue;
        }
        const made = await publishUnder(outcome.lease, clients, store, publication, request, signal);
        if (!("doubtful" in made)) {
            await dropOthers(made);
            return made;
        }
        doubtful.push(...made.doubtful);
    }
}

/** Answers the versions that are in doubt when someone else has taken the lease over: what they publish counts. */
async function publishUnder(
    lease: Lease,
    clients: Clients,
    store: LayerStore,
    { owner, claimId }: Publication,
    request: PublishRequest,
    signal: AbortSignal,
): Promise<PublicationResult | { readonly doubtful: readonly number[] }> {
    let found: PublishedVersion | undefined;
    let published: PublishedVersion;
    try {
        found = lease.takenOver
            ? await findNewVersion(clients, request, lease.newestBefore, signal)
            : undefined;
        published =
            found ?? (await publishLayerVersion(clients, request, lease.newestBefore, signal, lease.isHeld));
    } catch (error) {
        if (error instanceof LeaseLost) {
            await lease.abandon();
            return { doubtful: [] };
        }
        const refused = isLayerError(error) && refusalCodes.includes(error.code);
        await (refused ? lease.giveFree() : lease.abandon()).catch(() => undefined);
        throw error;
    }
    try {
        await claimVersion(store, published.version, owner, claimId);
        if (!(await lease.publishedAs(published.version))) {
            // What was found may be anybody's: only what this process published itself is taken back.
            return { doubtful: found === undefined ? [published.version] : [] };
        }
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
    { layerName, versionKey, owner, claimId }: Publication,
    signal: AbortSignal,
): Promise<PublishedVersion | undefined> {
    const version = await findPublication(store, versionKey);
    if (version === undefined || (await getLayerVersion(clients, layerName, version, signal)) === undefined) {
        return undefined;
    }
    const isNew = await holdVersion(store, version, owner, claimId);
    const published = await getLayerVersion(clients, layerName, version, signal);
    if (published !== undefined && (await findPublication(store, versionKey)) === version) {
        return published;
    }
    if (isNew) {
        await releaseClaim(store, version, owner);
    }
    return undefined;
}
