import type { PublishLayerVersionRequest } from "@aws-sdk/client-lambda";
import type { Clients } from "../aws/clients";
import {
    awsError,
    describeAwsFailure,
    isAmbiguous,
    isClockSkewed,
    isThrottled,
    isUnsent,
} from "../aws/failures";
import { backoff, pause } from "../aws/pause";
import { loadLambda } from "../aws/sdk";
import { isLayerError, LayerError } from "../errors";
import {
    deleteLayerVersion,
    findNewVersion,
    type PublishedVersion,
    type PublishRequest,
    toPublishedVersion,
} from "./layerVersion";

/** Attempts of the publish call where the answer says plainly that nothing was published. */
const publishAttempts = 11;

/**
 * Publishes one layer version, exactly once.
 *
 * PublishLayerVersion has no idempotency token, so the SDK's own retry is off. A refusal for the rate is tried again
 * after a pause; after an answer that leaves it open whether the version exists, Lambda is asked for a version newer
 * than `newestBefore` with the same CodeSha256.
 *
 * @throws PUBLISH_REFUSED, LAYER_TOO_LARGE, PUBLISH_MISMATCH, ACCESS_DENIED, CREDENTIALS_MISSING, AWS_FAILED
 */
export async function publishLayerVersion(
    clients: Clients,
    request: PublishRequest,
    newestBefore: number,
    signal: AbortSignal,
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
            } else if (!isUnsent(error) && !isThrottled(error) && !(isClockSkewed(error) && attempt === 1)) {
                throw refused(error, request, call);
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

function refused(error: unknown, request: PublishRequest, call: string): LayerError {
    const { name, message } = describeAwsFailure(error);
    const detail = [`${name}: ${message}`.slice(0, 300)];
    if (/unzipped size must be smaller/i.test(message)) {
        return new LayerError("LAYER_TOO_LARGE", {
            what: `Lambda refused layer "${request.layerName}": unpacked, it is larger than 262,144,000 bytes.`,
            detail,
            next: "Leave packages out or split them into two layers.",
            cause: error,
        });
    }
    if (name === "CodeStorageExceededException") {
        return new LayerError("PUBLISH_REFUSED", {
            what: `Lambda refused layer "${request.layerName}": this account's code storage in the region is full.`,
            detail,
            next: "Delete layer versions and function versions that nobody uses, or ask AWS for a higher quota (Service Quotas, Lambda, code storage).",
            cause: error,
        });
    }
    if (
        ["InvalidParameterValueException", "ValidationException", "RequestEntityTooLargeException"].includes(
            name,
        ) ||
        name === "ResourceNotFoundException"
    ) {
        return new LayerError("PUBLISH_REFUSED", {
            what: `Lambda refused to publish layer "${request.layerName}".`,
            detail,
            next: "Change the argument that the detail names. For PermanentRedirect, the bucket must be in the layer's region.",
            cause: error,
        });
    }
    return awsError(error, call);
}
