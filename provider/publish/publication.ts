import { randomUUID } from "node:crypto";
import { deleteObject, objectUri, readObject, writeObject } from "../aws/objects";
import { LayerError } from "../errors";
import { pause } from "../retry";
import { type LayerStore, publicationObject } from "./layout";

/**
 * One small object per version key says who is publishing it, and afterwards which version it became. It is both the
 * lease around the publish call and the index by which a version is found again.
 *
 * All writes are conditional, so of any number of publishers one wins. A lease has no time in it: its holder renews it,
 * and one whose ETag has not moved for {@link leaseTimeout} as its observer counts is taken over. Clocks of two
 * machines are never compared.
 */
export interface Lease {
    readonly store: LayerStore;
    readonly versionKey: string;
    /** The newest version of the layer when the first holder came: only a newer one can be this publication's. */
    readonly newestBefore: number;
    /** Whether an earlier holder may have published and died before it could say so. */
    readonly takenOver: boolean;
    /** Whether the lease is still this process's; asks S3 where the last renewal is not fresh (a machine that slept). */
    readonly isHeld: () => Promise<boolean>;
    /** Ends the lease: the key became this version. Answers false when someone else has taken the lease over. */
    readonly publishedAs: (version: number) => Promise<boolean>;
    /** Ends the lease: nothing was published, and the next may try at once. */
    readonly giveFree: () => Promise<void>;
    /** Stops renewing: nobody knows whether something was published, so the next waits and then looks. */
    readonly abandon: () => Promise<void>;
}

/** Milliseconds after which a lease that was not renewed counts as abandoned. Renewal comes three times as often. */
export const leaseTimeout = 15_000;

/** What the object says. */
interface Publication {
    readonly holder?: string;
    readonly newestBefore?: number;
    readonly version?: number;
}

/** The version that a version key became; `undefined` where it was never published. */
export async function findPublication(store: LayerStore, versionKey: string): Promise<number | undefined> {
    return (await read(store, versionKey))?.publication.version;
}

/** How patient a publisher is; milliseconds. */
export interface LeaseTiming {
    /** See {@link leaseTimeout}, its default. */
    readonly timeout?: number;
    /** How long others may hold the lease. Default: twenty time-outs. */
    readonly patience?: number;
}

/**
 * Waits until this process may publish the version key, or until someone else has published it.
 *
 * @param isAlive whether a version that the key is said to have become still exists
 * @param newestBefore the layer's newest version, asked right before a lease is tried for
 * @returns the version that it became, or the lease
 * @throws PUBLISH_CONTENDED when others hold the lease for longer than the timing's patience
 */
export async function acquireLease(
    store: LayerStore,
    versionKey: string,
    isAlive: (version: number) => Promise<boolean>,
    newestBefore: () => Promise<number>,
    { timeout = leaseTimeout, patience = 20 * timeout }: LeaseTiming = {},
): Promise<{ version: number } | { lease: Lease }> {
    const { signal } = store.bucket;
    const started = performance.now();
    let observed = { etag: "", since: started };
    for (;;) {
        const found = await read(store, versionKey);
        const version = found?.publication.version;
        if (version !== undefined && (await isAlive(version))) {
            return { version };
        }
        const now = performance.now();
        if (found !== undefined && observed.etag !== found.etag) {
            observed = { etag: found.etag, since: now };
        }
        const held = found !== undefined && version === undefined;
        if (!held || now - observed.since > timeout) {
            const before = held ? (found.publication.newestBefore ?? 0) : await newestBefore();
            const lease = await take(store, versionKey, before, found?.etag, held, timeout);
            if (lease !== undefined) {
                return { lease };
            }
        }
        if (now - started > patience) {
            throw new LayerError("PUBLISH_CONTENDED", {
                what: "Another run has been publishing this very layer version for minutes.",
                where: objectUri(store.bucket, publicationObject(store, versionKey)),
                next: "Wait for that run, then run the same command again: its version is taken over.",
            });
        }
        // Often enough to see a lease change hands, seldom enough for fifty who wait.
        await pause(Math.min(1000, timeout / 15) * (0.5 + Math.random() / 2), signal);
    }
}

/** Forgets which version a key became, if it is this one, so that the key can be published again. */
export async function forgetPublication(
    store: LayerStore,
    versionKey: string,
    version: number,
): Promise<void> {
    const found = await read(store, versionKey);
    if (found?.publication.version === version) {
        await deleteObject(store.bucket, publicationObject(store, versionKey));
    }
}

async function read(
    store: LayerStore,
    versionKey: string,
): Promise<{ publication: Publication; etag: string } | undefined> {
    const found = await readObject(store.bucket, publicationObject(store, versionKey));
    return found === undefined
        ? undefined
        : { publication: parsePublication(found.body.toString("utf8")), etag: found.etag };
}

function parsePublication(text: string): Publication {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        // Whatever this is, nobody renews it: it times out and is taken over.
        return {};
    }
    const { holder, newestBefore, version } = (
        typeof value === "object" && value !== null ? value : {}
    ) as Record<string, unknown>;
    return {
        ...(typeof holder === "string" ? { holder } : {}),
        ...(typeof newestBefore === "number" ? { newestBefore } : {}),
        ...(typeof version === "number" ? { version } : {}),
    };
}

async function take(
    store: LayerStore,
    versionKey: string,
    newestBefore: number,
    over: string | undefined,
    takenOver: boolean,
    timeout: number,
): Promise<Lease | undefined> {
    const key = publicationObject(store, versionKey);
    const write = (
        content: Publication & { renewal?: number },
        condition: Parameters<typeof writeObject>[4],
    ) => writeObject(store.bucket, key, `${JSON.stringify(content)}\n`, "application/json", condition);
    const holder = randomUUID();
    // A conditional write whose answer was lost is repeated by the SDK and then refused because of itself.
    const ownEtag = async () => {
        const found = await read(store, versionKey);
        return found?.publication.holder === holder ? found.etag : undefined;
    };
    const taken =
        (await write(
            { holder, newestBefore },
            over === undefined ? { ifNoneMatch: "*" } : { ifMatch: over },
        )) ?? (await ownEtag());
    if (taken === undefined) {
        return undefined;
    }
    let etag = taken;
    let renewal = 0;
    let renewedAt = performance.now();
    let renewing: Promise<void> = Promise.resolve();
    const renew = async () => {
        renewal += 1;
        const content = { holder, newestBefore, renewal };
        const renewed = (await write(content, { ifMatch: etag })) ?? (await ownEtag());
        if (renewed !== undefined) {
            etag = renewed;
            renewedAt = performance.now();
        }
        return renewed !== undefined;
    };
    const timer = setInterval(() => {
        // A renewal that fails is no failure of the publication: at worst someone takes over and finds its version.
        renewing = renewing.then(renew).then(
            () => undefined,
            () => undefined,
        );
    }, timeout / 3);
    timer.unref();
    const abandon = async () => {
        clearInterval(timer);
        await renewing;
    };
    return {
        store,
        versionKey,
        newestBefore,
        takenOver,
        abandon,
        isHeld: async () => {
            if (performance.now() - renewedAt < timeout / 2) {
                return true;
            }
            await renewing;
            return renew();
        },
        giveFree: async () => {
            await abandon();
            // Someone who took over meanwhile keeps what is theirs.
            if ((await ownEtag()) !== undefined) {
                await deleteObject(store.bucket, key);
            }
        },
        publishedAs: async (version) => {
            await abandon();
            if ((await write({ version }, { ifMatch: etag })) !== undefined) {
                return true;
            }
            const own = await ownEtag();
            const written = own === undefined ? undefined : await write({ version }, { ifMatch: own });
            // An answer that was lost: the key says what it should.
            return written !== undefined || (await read(store, versionKey))?.publication.version === version;
        },
    };
}

/**
 * Says, without a lease, which version a key became: in a place that the version's records have just moved to, or after a
 * publisher that could not say so. A lease in the way is left alone unless nobody renews it.
 */
export async function notePublication(
    store: LayerStore,
    versionKey: string,
    version: number,
    { timeout = leaseTimeout }: LeaseTiming = {},
): Promise<void> {
    const found = await read(store, versionKey);
    if (found?.publication.version !== undefined) {
        return;
    }
    if (found !== undefined) {
        await pause(timeout, store.bucket.signal);
    }
    const body = `${JSON.stringify({ version })}\n`;
    // Renewed meanwhile, its ETag is another, and the write does not happen.
    const condition = found === undefined ? ({ ifNoneMatch: "*" } as const) : { ifMatch: found.etag };
    const key = publicationObject(store, versionKey);
    await writeObject(store.bucket, key, body, "application/json", condition);
}
