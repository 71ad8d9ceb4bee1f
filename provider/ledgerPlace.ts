import type { Clients } from "./aws/clients";
import { isLayerError } from "./errors";
import { destinationOf } from "./inputs";
import type { Call, Host } from "./layer/host";
import { inWords } from "./ledgerErrors";
import { tellThrough } from "./ledgerNotes";
import type { Props } from "./props";
import type { Place } from "./publish/operations/place";
import { ledgerUri, openPlace } from "./publish/store/openPlace";
import { type Destination, openDestination } from "./upload/destination";

/** Where a resource's versions are kept: the layer in Lambda, its ledger and what is kept beside it in S3. */
export interface LedgerPlace {
    readonly destination: Destination;
    readonly place: Place;
    /** S3 URI of the ledger. */
    readonly uri: string;
    /** Does work on the ledger, and words its failures. */
    run<Result>(work: (place: Place) => Promise<Result>): Promise<Result>;
}

/** How a layer's place is looked up. */
export interface PlaceOptions {
    readonly clients: Clients;
    readonly layerName: string;
    /** See `versionObjects`. */
    readonly files?: ReadonlyMap<number, readonly string[]>;
}

/**
 * Opens the place that inputs or a state name; `undefined` for one without a bucket.
 *
 * @throws BUCKET_NOT_FOUND, ACCESS_DENIED
 */
export async function openLedgerPlace(
    { aws, memory }: Host,
    call: Call,
    props: Props,
    { clients, layerName, files }: PlaceOptions,
): Promise<LedgerPlace | undefined> {
    const where = destinationOf(props);
    if (where === undefined) {
        return undefined;
    }
    const account = await aws.account(clients);
    const { signal } = call;
    const destination = await openDestination(clients, account, where, signal, memory.buckets);
    const { lease, secondLook } = aws.patience;
    const layer = {
        clients,
        account,
        layerName,
        store: destination.store,
        tell: tellThrough(call),
        signal,
        stale: lease?.stale,
        secondLook,
        ...(files === undefined ? {} : { files }),
    };
    const place = openPlace(layer);
    const uri = ledgerUri(layer);
    return {
        destination,
        place,
        uri,
        run: async (work) => {
            try {
                return await work(place);
            } catch (error) {
                throw inWords(error, uri);
            }
        },
    };
}

/** What work answers; `undefined` when the bucket that it is about does not exist any more. */
export async function unlessBucketIsGone<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
        return await work();
    } catch (error) {
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}
