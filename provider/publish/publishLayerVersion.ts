import type { PublishLayerVersionRequest } from "@aws-sdk/client-lambda";
import type { Clients } from "../aws/clients";
import { awsError, describeAwsFailure, isAmbiguous, isThrottled, isUnsent } from "../aws/failures";
import { loadLambda } from "../aws/sdk";
import { isLayerError, LayerError } from "../errors";
import { backoff, pause } from "../retry";
import {
    deleteLayerVersion,
    findNewVersion,
    type PublishedVersion,
    type PublishRequest,
    toPublishedVersion,
} from "./layerVersion";
import { publishRefused } from "./refusals";

/** Someone else publishes the very version: this process was away for too long. Nothing is in doubt. */
export class LeaseLost extends Error {}

/** Attempts of the publish call where the answer says plainly that nothing was published. */
const publishAttempts = 11;

/**
 * Publishes one layer version, exactly once.
 *
 * PublishLayerVersion has no idempotency token, so the SDK's own retry is off. A refusal for the rate is tried again
 * after a pause; after an answer that leaves it open whether the version exists, Lambda is asked for a version newer
 * than `newestBefore` with the same CodeSha256.
 *
 * @param mayPublish asked before every call; {@link LeaseLost} is thrown when it says no
 * @throws what `refusals.ts` names, PUBLISH_MISMATCH, ACCESS_DENIED, CREDENTIALS_MISSING, AWS_FAILED
 */
export async function publishLayerVersion(
    clients: Clients,
    request: PublishRequest,
    newestBefore: number,
    signal: AbortSignal,
    mayPublish: () => Promise<boolean> = async () => true,
): Promise<PublishedVersion> {
    const call = `lambda:PublishLayerVersion for layer "${request.layerName}"`;
    const { PublishLayerVersionCommand } = await loadLambda();
    const command = new PublishLayerVersionCommand({
        LayerName: request.layerName,
        Content: request.content,
        ...(request.description === undefined ? {} : { Description: request.description }),
        ...(request.licenseInfo === undefined ? {} : { LicenseInfo: request.licenseInfo }),
        // The SDK's lists are of known values; what Lambda takes grows faster than the SDK is upgraded.
        CompatibleRuntimes: [...request.compatibleRuntimes] as NonNullable<
            PublishLayerVersionRequest["CompatibleRuntimes"]
        >,
        CompatibleArchitectures: [...request.compatibleArchitectures] as NonNullable<
            PublishLayerVersionRequest["CompatibleArchitectures"]
        >,
    });
    for (let attempt = 1; ; attempt++) {
        if (!(await mayPublish())) {
            throw new LeaseLost();
        }
        try {
            const answer = await clients.lambdaWithoutRetry.send(command, { abortSignal: signal });
            return await verifyPublished(clients, request, toPublishedVersion(answer, call), signal);
        } catch (error) {
            if (isLayerError(error)) {
                throw error;
            }
            if (isAmbiguous(error) && !isUnsent(error)) {
                const found = await lookForNewVersion(clients, request, newestBefore, error, signal);
                if (found !== undefined) {
                    return found;
                }
            } else if (!isUnsent(error) && !isThrottled(error)) {
                throw publishRefused(error, request.layerName, call);
            }
            if (attempt === publishAttempts || signal.aborted) {
                throw awsError(error, call);
            }
            await pause(backoff(attempt), signal);
        }
    }
}

/** Looks several times: Lambda may be at work on a request whose connection is gone. After a 5xx it is not. */
async function lookForNewVersion(
    clients: Clients,
    request: PublishRequest,
    newestBefore: number,
    error: unknown,
    signal: AbortSignal,
): Promise<PublishedVersion | undefined> {
    const pauses = describeAwsFailure(error).status === undefined ? [0, 500, 1500, 3000] : [0, 500];
    for (const milliseconds of pauses) {
        await pause(milliseconds, signal);
        const found = await findNewVersion(clients, request, newestBefore, signal);
        if (found !== undefined) {
            return found;
        }
    }
    return undefined;
}

/** Lambda must have stored the archive that was meant; a version of anything else is taken back. */
async function verifyPublished(
    clients: Clients,
    request: PublishRequest,
    published: PublishedVersion,
    signal: AbortSignal,
): Promise<PublishedVersion> {
    const wrongHash = request.codeSha256 !== undefined && published.codeSha256 !== request.codeSha256;
    if (!wrongHash && published.codeSize === request.codeSize) {
        return published;
    }
    await deleteLayerVersion(clients, request.layerName, published.version, signal);
    throw new LayerError("PUBLISH_MISMATCH", {
        what: `Lambda published another archive than the one meant for layer "${request.layerName}"; version ${published.version} was deleted again.`,
        where: published.layerVersionArn,
        detail: [
            `expected CodeSha256 ${request.codeSha256 ?? "(not known)"}, ${request.codeSize} bytes`,
            `published CodeSha256 ${published.codeSha256}, ${published.codeSize} bytes`,
        ],
        next: "The object in S3 was changed between upload and publish: run the same command again, and look who else writes there.",
    });
}
