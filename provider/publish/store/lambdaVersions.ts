import type { GetLayerVersionResponse, LayerVersionsListItem } from "@aws-sdk/client-lambda";
import type { Clients } from "../../aws/clients";
import { awsError, isNotFound } from "../../aws/failures";
import { loadLambda } from "../../aws/sdk";
import {
    deleteLayerVersion,
    describeLayerVersion,
    getLayerVersionCall,
    newestVersionNumber,
    type PublishedVersion,
    toPublishedVersion,
} from "../layerVersion";
import type { ListedVersion } from "../ledger/lease";
import { settingsDigest } from "../ledger/versionKey";
import type { LayerVersions, PublishedFacts } from "../operations/place";
import { addStatement, readPolicy, removeStatement } from "./policyStatements";

/** What Lambda shows of a version beside what the ledger needs: a resource's outputs come from it. */
export interface LambdaVersion extends PublishedFacts {
    readonly shown: PublishedVersion;
}

/** What an answer of GetLayerVersion or PublishLayerVersion says of a version. Throws AWS_FAILED for one that names none. */
export function toLambdaVersion(answer: GetLayerVersionResponse, call: string): LambdaVersion {
    const shown = toPublishedVersion(answer, call);
    const { version, codeSha256, codeSize, createdDate } = shown;
    return {
        version,
        codeSha256,
        codeSize,
        settings: settingsOf(answer),
        createdAt: millisecondsOf(createdDate),
        shown,
    };
}

/** What Lambda shows of a version that one of {@link lambdaVersions}'s calls has answered. */
export function requireShown(facts: PublishedFacts): LambdaVersion {
    if (!isShown(facts)) {
        throw new TypeError(`version ${facts.version} comes from no call to Lambda`);
    }
    return facts;
}

const isShown = (facts: PublishedFacts): facts is LambdaVersion => "shown" in facts;

/** Lambda's calls about one layer's versions. */
export function lambdaVersions(
    clients: Clients,
    { layerName, account, mark, signal }: VersionsOf,
): LayerVersions {
    const policyOf = (version: number) => ({ clients, layerName, account, version, mark, signal });
    return {
        newest: () => newestVersionNumber(clients, layerName, signal),
        list: () => listVersions(clients, layerName, signal),
        get: (version) => getVersion(clients, layerName, version, signal),
        delete: (version) => deleteLayerVersion(clients, layerName, version, signal),
        readPolicy: (version) => readPolicy(policyOf(version)),
        addStatement: (version, statement, revision) => addStatement(policyOf(version), statement, revision),
        removeStatement: (version, statement, revision) =>
            removeStatement(policyOf(version), statement, revision),
    };
}

/** Which layer, and whose statements in its policies. */
export interface VersionsOf {
    readonly layerName: string;
    /** The layer's own account. */
    readonly account: string;
    /** Begins the ids of this ledger's statements: another ledger's are never touched. See {@link statementMark}. */
    readonly mark: string;
    readonly signal: AbortSignal;
}

async function getVersion(
    clients: Clients,
    layerName: string,
    version: number,
    signal: AbortSignal,
): Promise<LambdaVersion | undefined> {
    const answer = await describeLayerVersion(clients, layerName, version, signal);
    return answer && toLambdaVersion(answer, getLayerVersionCall(layerName, version));
}

/** Every version of a layer; none of a layer that does not exist. */
async function listVersions(
    clients: Clients,
    layerName: string,
    signal: AbortSignal,
): Promise<ListedVersion[]> {
    const { paginateListLayerVersions } = await loadLambda();
    const listed: ListedVersion[] = [];
    try {
        const pages = paginateListLayerVersions(
            { client: clients.lambda, pageSize: 50 },
            { LayerName: layerName },
            { abortSignal: signal },
        );
        for await (const { LayerVersions = [] } of pages) {
            signal.throwIfAborted();
            for (const each of LayerVersions) {
                listed.push({
                    version: each.Version ?? 0,
                    settings: settingsOf(each),
                    createdAt: millisecondsOf(each.CreatedDate ?? ""),
                });
            }
        }
    } catch (error) {
        if (isNotFound(error)) {
            return [];
        }
        throw awsError(error, `lambda:ListLayerVersions for layer "${layerName}"`);
    }
    return listed;
}

const settingsOf = (shown: GetLayerVersionResponse | LayerVersionsListItem): string =>
    settingsDigest({
        description: shown.Description,
        licenseInfo: shown.LicenseInfo,
        compatibleRuntimes: shown.CompatibleRuntimes ?? [],
        compatibleArchitectures: shown.CompatibleArchitectures ?? [],
    });

/** Lambda writes `2018-11-14T23:03:52.894+0000`. What cannot be read lies in no lease's time. */
function millisecondsOf(createdDate: string): number {
    const milliseconds = Date.parse(createdDate.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
    return Number.isNaN(milliseconds) ? 0 : milliseconds;
}
