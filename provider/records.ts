import type { Clients } from "./aws/clients";
import type { AwsSession } from "./aws/session";
import { isLayerError } from "./errors";
import { destinationOf } from "./inputs";
import type { Props } from "./props";
import type { LayerStore } from "./publish/layout";
import { openDestination } from "./upload/destination";

/** Where the records of a resource in the state are; `undefined` when none are kept, or their bucket is gone. */
export async function openRecords(
    aws: AwsSession,
    clients: Clients,
    props: Props,
    signal: AbortSignal,
): Promise<LayerStore | undefined> {
    const place = destinationOf(props);
    if (place === undefined) {
        return undefined;
    }
    const account = await aws.account(clients);
    try {
        return (await openDestination(clients, account, place, signal)).store;
    } catch (error) {
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}
