import type { GetLayerVersionResponse, PublishLayerVersionRequest } from "@aws-sdk/client-lambda";
import type { Clients } from "../aws/clients";
import { awsError, isNotFound } from "../aws/failures";
import { loadLambda } from "../aws/sdk";
import { LayerError } from "../errors";

/** A published layer version, as Lambda describes it. */
export interface PublishedVersion {
    readonly layerArn: string;
    readonly layerVersionArn: string;
    readonly version: number;
    /** Base64, as Lambda gives it. */
    readonly codeSha256: string;
    /** Bytes of the zip. */
    readonly codeSize: number;
    /** ISO 8601. */
    readonly createdDate: string;
    readonly signingJobArn: string | undefined;
    readonly signingProfileVersionArn: string | undefined;
}

/** What is to be published: the fields of the call. */
export interface PublishRequest {
    readonly layerName: string;
    readonly content: NonNullable<PublishLayerVersionRequest["Content"]>;
    readonly description: string | undefined;
    readonly licenseInfo: string | undefined;
    readonly compatibleRuntimes: readonly string[];
    readonly compatibleArchitectures: readonly string[];
}

/** The version as Lambda has it, or `undefined` when Lambda says that there is none. Any other failure throws. */
export async function getLayerVersion(
    clients: Clients,
    layerName: string,
    version: number,
    signal: AbortSignal,
): Promise<PublishedVersion | undefined> {
    const answer = await describeLayerVersion(clients, layerName, version, signal);
    return answer === undefined
        ? undefined
        : toPublishedVersion(answer, getLayerVersionCall(layerName, version));
}

/** The call that asks for a version, for messages. */
export const getLayerVersionCall = (layerName: string, version: number): string =>
    `lambda:GetLayerVersion for layer "${layerName}" version ${version}`;

/** What Lambda answers of a version, or `undefined` when it says that there is none. Any other failure throws. */
export async function describeLayerVersion(
    clients: Clients,
    layerName: string,
    version: number,
    signal: AbortSignal,
): Promise<GetLayerVersionResponse | undefined> {
    const { GetLayerVersionCommand } = await loadLambda();
    try {
        const command = new GetLayerVersionCommand({ LayerName: layerName, VersionNumber: version });
        return await clients.lambda.send(command, { abortSignal: signal });
    } catch (error) {
        if (isNotFound(error)) {
            return undefined;
        }
        throw awsError(error, getLayerVersionCall(layerName, version));
    }
}

/** A link to the version's zip, good for ten minutes; `undefined` where Lambda gives none. */
export async function getLayerVersionLocation(
    clients: Clients,
    layerName: string,
    version: number,
    signal: AbortSignal,
): Promise<string | undefined> {
    const { GetLayerVersionCommand } = await loadLambda();
    const command = new GetLayerVersionCommand({ LayerName: layerName, VersionNumber: version });
    try {
        return (await clients.lambda.send(command, { abortSignal: signal })).Content?.Location;
    } catch (error) {
        throw awsError(error, `lambda:GetLayerVersion for layer "${layerName}" version ${version}`);
    }
}

/** The highest version number that exists now; 0 for a layer without versions. */
export async function newestVersionNumber(
    clients: Clients,
    layerName: string,
    signal: AbortSignal,
): Promise<number> {
    const { ListLayerVersionsCommand } = await loadLambda();
    try {
        // Lambda lists the newest first, so the first page has it.
        const command = new ListLayerVersionsCommand({ LayerName: layerName, MaxItems: 10 });
        const { LayerVersions = [] } = await clients.lambda.send(command, { abortSignal: signal });
        return Math.max(0, ...LayerVersions.map(({ Version }) => Version ?? 0));
    } catch (error) {
        if (isNotFound(error)) {
            return 0;
        }
        throw awsError(error, `lambda:ListLayerVersions for layer "${layerName}"`);
    }
}

/** The numbers of a layer's versions, newest first; empty for a layer that does not exist. */
export async function listVersionNumbers(
    clients: Clients,
    layerName: string,
    signal: AbortSignal,
): Promise<number[]> {
    const { paginateListLayerVersions } = await loadLambda();
    const numbers: number[] = [];
    try {
        const pages = paginateListLayerVersions(
            { client: clients.lambda, pageSize: 50 },
            { LayerName: layerName },
            { abortSignal: signal },
        );
        for await (const page of pages) {
            signal.throwIfAborted();
            numbers.push(
                ...(page.LayerVersions ?? []).flatMap(({ Version }) =>
                    Version === undefined ? [] : [Version],
                ),
            );
        }
    } catch (error) {
        if (isNotFound(error)) {
            return [];
        }
        throw awsError(error, `lambda:ListLayerVersions for layer "${layerName}"`);
    }
    return numbers.sort((left, right) => right - left);
}

/** Deletes a version; one that is not there is no failure. */
export async function deleteLayerVersion(
    clients: Clients,
    layerName: string,
    version: number,
    signal: AbortSignal,
): Promise<void> {
    const { DeleteLayerVersionCommand } = await loadLambda();
    try {
        const command = new DeleteLayerVersionCommand({ LayerName: layerName, VersionNumber: version });
        await clients.lambda.send(command, { abortSignal: signal });
    } catch (error) {
        if (!isNotFound(error)) {
            throw awsError(error, `lambda:DeleteLayerVersion for layer "${layerName}" version ${version}`);
        }
    }
}

/** What an answer says of a version. Throws AWS_FAILED for one that names none: not Lambda gave it. */
export function toPublishedVersion(answer: GetLayerVersionResponse, call: string): PublishedVersion {
    const { LayerArn, LayerVersionArn, Version, CreatedDate, Content } = answer;
    if (LayerVersionArn === undefined || Version === undefined) {
        throw new LayerError("AWS_FAILED", {
            what: `${call} was answered without a version.`,
            next: "Look at aws:endpoints: what answers there is not Lambda.",
        });
    }
    return {
        layerArn: LayerArn ?? LayerVersionArn.replace(/:\d+$/, ""),
        layerVersionArn: LayerVersionArn,
        version: Version,
        codeSha256: Content?.CodeSha256 ?? "",
        codeSize: Content?.CodeSize ?? 0,
        createdDate: CreatedDate ?? "",
        signingJobArn: Content?.SigningJobArn,
        signingProfileVersionArn: Content?.SigningProfileVersionArn,
    };
}
