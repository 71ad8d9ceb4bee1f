import type { Clients } from "../../aws/clients";
import { objectUri } from "../../aws/objects";
import type { LayerStore } from "../layout";
import type { Tell } from "../ledger/notes";
import type { Place } from "../operations/place";
import type { BarePlace } from "../operations/withoutLedger";
import { lambdaVersions } from "./lambdaVersions";
import { statementMark } from "./policyStatements";
import { ledgerObject, s3Ledger } from "./s3Ledger";
import { systemClock } from "./systemClock";
import { versionObjects } from "./versionObjects";

/** Which layer, and where what is kept of it is. */
export interface LayerOnAws {
    readonly clients: Clients;
    readonly account: string;
    readonly layerName: string;
    readonly store: LayerStore;
    readonly tell: Tell;
    readonly signal: AbortSignal;
    /** Names of the files beside versions, see {@link versionObjects}. Default: they are listed. */
    readonly files?: ReadonlyMap<number, readonly string[]>;
    /** See {@link Place}. */
    readonly stale?: number | undefined;
    /** See {@link Place}. */
    readonly secondLook?: number | undefined;
}

/** S3 URI of a layer's ledger. */
export const ledgerUri = ({ account, clients, store }: Pick<LayerOnAws, "account" | "clients" | "store">) =>
    objectUri(store.bucket, ledgerObject(store.artifactsFolder, account, clients.region));

/** A layer in Lambda, with its ledger in S3. */
export function openPlace(layer: LayerOnAws): Place {
    const { clients, account, layerName, store, tell, signal, files, stale, secondLook } = layer;
    return {
        layer: layerArn(clients.region, account, layerName),
        store: s3Ledger(store.bucket, ledgerObject(store.artifactsFolder, account, clients.region)),
        versions: lambdaVersions(clients, {
            layerName,
            account,
            mark: statementMark(ledgerUri(layer)),
            signal,
        }),
        objects: versionObjects(store, files),
        clock: systemClock(signal),
        tell,
        stale,
        secondLook,
    };
}

/** A layer in Lambda without a bucket. Its statements in policies carry the owner's mark. */
export const openBarePlace = ({
    clients,
    account,
    layerName,
    owner,
    signal,
}: Pick<LayerOnAws, "clients" | "account" | "layerName" | "signal"> & {
    readonly owner: string;
}): BarePlace => ({
    layer: layerArn(clients.region, account, layerName),
    versions: lambdaVersions(clients, { layerName, account, mark: statementMark(owner), signal }),
    clock: systemClock(signal),
});

const layerArn = (region: string, account: string, layerName: string): string =>
    `arn:${partitionOf(region)}:lambda:${region}:${account}:layer:${layerName}`;

/** Partitions other than `aws`, by how the names of their regions begin (AWS SDK, `partitions.json`). */
const partitions: readonly (readonly [string, string])[] = [
    ["cn-", "aws-cn"],
    ["us-gov-", "aws-us-gov"],
    ["us-iso-", "aws-iso"],
    ["us-isob-", "aws-iso-b"],
    ["eu-isoe-", "aws-iso-e"],
    ["us-isof-", "aws-iso-f"],
    ["eusc-", "aws-eusc"],
];

const partitionOf = (region: string): string =>
    partitions.find(([start]) => region.startsWith(start))?.[1] ?? "aws";
