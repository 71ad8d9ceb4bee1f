import type { Clients } from "../aws/clients";
import type { AwsSession } from "../aws/session";
import type { GetSetting } from "../aws/settingReader";
import { isLayerError, LayerError } from "../errors";
import type { Host } from "../layer/host";
import type { LayerStore } from "../publish/layout";
import { parseLayerArn } from "../publish/limits";
import { openDestination } from "../upload/destination";
import type { Call } from "./command";
import { hostOf } from "./host";
import { UsageError } from "./options";

/** A layer as the command line names it: where its records are and, where it is known, what Lambda calls it. */
export interface NamedLayer {
    readonly host: Host;
    readonly clients: Clients;
    readonly store: LayerStore;
    /** Absent where only an S3 address was given; its records may tell. */
    readonly layerName: string | undefined;
}

/** Where a layer's records are, as the options say it. */
export interface LayerPlace {
    readonly bucket: string;
    /** Ends with a slash, or is empty. */
    readonly prefix: string;
    readonly layerName: string | undefined;
    /** Of a layer that was named by its ARN. */
    readonly region: string | undefined;
}

/**
 * The place that `--bucket`, `--layer`, `--prefix` or an `s3://` argument name. An address is the records' prefix: what
 * is before `layer/000001/`. Throws UsageError when the bucket or both other options are missing.
 */
export function readPlace({ options }: Pick<Call, "options">, address: string | undefined): LayerPlace {
    const layer = options.text("layer");
    const arn = parseLayerArn(layer ?? "");
    const layerName = arn?.name ?? layer;
    const region = arn?.region;
    if (address !== undefined) {
        const [, bucket, prefix = ""] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(address) ?? [];
        if (bucket === undefined) {
            throw new UsageError(`${JSON.stringify(address)} names no bucket: write s3://<bucket>/<prefix>.`);
        }
        if (options.text("bucket") !== undefined || options.text("prefix") !== undefined) {
            throw new UsageError(
                "Give the place either as s3://<bucket>/<prefix> or as --bucket and --prefix.",
            );
        }
        return { bucket, prefix: asPrefix(prefix), layerName, region };
    }
    const bucket = options.text("bucket");
    const prefix = options.text("prefix");
    if (bucket === undefined) {
        throw new UsageError(
            "Which bucket? Give --bucket and --layer, or the place as s3://<bucket>/<prefix>.",
        );
    }
    if (layerName === undefined && prefix === undefined) {
        throw new UsageError("Which layer? Give --layer, or where its records are with --prefix.");
    }
    return { bucket, prefix: asPrefix(prefix ?? `lambda/${layerName}`), layerName, region };
}

const asPrefix = (text: string): string => {
    const trimmed = text.replace(/^\/+|\/+$/g, "");
    return trimmed === "" ? "" : `${trimmed}/`;
};

/** Opens a layer. Throws REGION_MISSING, CREDENTIALS_MISSING, BUCKET_NOT_FOUND, ACCESS_DENIED. */
export async function openLayer(call: Call, place: LayerPlace): Promise<NamedLayer> {
    const host = hostOf(call.terminal, readSettings(call, place.region));
    const clients = await openClients(host.aws);
    const account = await host.aws.account(clients);
    try {
        const bucketOwner = call.options.text("bucket-owner");
        const { store } = await openDestination(clients, account, { ...place, bucketOwner }, call.signal);
        return { host, clients, store, layerName: place.layerName };
    } catch (error) {
        if (isLayerError(error) && error.code === "ACCESS_DENIED" && error.failure.property === "bucket") {
            const next = [
                "If it belongs to another account, name that account with --bucket-owner.",
                "Otherwise check whose credentials these are (--profile), and that they may list the bucket.",
            ];
            throw new LayerError(error.code, { ...error.failure, next });
        }
        if (isLayerError(error) && error.code === "BUCKET_NOT_FOUND") {
            // What else it says is for who wants to publish there.
            const next = "Check the bucket's name, and whose credentials these are (--profile).";
            throw new LayerError(error.code, { ...error.failure, next });
        }
        throw error;
    }
}

async function openClients(aws: AwsSession): Promise<Clients> {
    const region = await aws.region();
    if (region === undefined) {
        throw new LayerError("REGION_MISSING", {
            what: "No AWS region is set.",
            next: "Give --region, or set AWS_REGION, or a region in the profile.",
        });
    }
    return aws.clients(region);
}

/** The AWS settings that the options stand for; what they leave out is left to the AWS SDK's own chain. */
function readSettings({ options, terminal }: Call, layerRegion: string | undefined): GetSetting {
    const endpoint = options.text("endpoint-url");
    if (endpoint !== undefined && !/^https?:\/\/./.test(endpoint)) {
        throw new UsageError(
            `--endpoint-url ${JSON.stringify(endpoint)} is no address that starts with http:// or https://.`,
        );
    }
    const { environment } = terminal;
    // Other servers than AWS's own seldom have a host name for each bucket.
    const isOther = [endpoint, environment["AWS_ENDPOINT_URL_S3"], environment["AWS_ENDPOINT_URL"]].some(
        (address) => address !== undefined && address !== "",
    );
    const settings: Record<string, string | undefined> = {
        "aws:region": options.text("region") ?? layerRegion,
        "aws:profile": options.text("profile"),
        "aws:endpoints":
            endpoint === undefined
                ? undefined
                : JSON.stringify([{ lambda: endpoint, s3: endpoint, sts: endpoint }]),
        "aws:s3UsePathStyle": isOther ? "true" : undefined,
        // A person waits: the many retries of an `up` with hundreds of layers are not for here.
        "aws:maxRetries": "3",
    };
    return (key) => settings[key];
}
