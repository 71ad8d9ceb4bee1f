import type { PublishLayerVersionRequest } from "@aws-sdk/client-lambda";
import type { Clients } from "../../aws/clients";
import { isAmbiguous, isThrottled, isUnsent } from "../../aws/failures";
import { loadLambda } from "../../aws/sdk";
import type { PublishRequest } from "../layerVersion";
import { publishRefused } from "../refusals";
import { type LambdaVersion, toLambdaVersion } from "./lambdaVersions";

/**
 * Calls PublishLayerVersion once. It has no idempotency token, so nothing here repeats it: see `callUntilAnswered.ts`.
 *
 * @throws what `refusals.ts` names, ACCESS_DENIED, CREDENTIALS_MISSING: nothing was published
 */
export async function callPublish(
    clients: Clients,
    request: PublishRequest,
    signal: AbortSignal,
): Promise<LambdaVersion | "unanswered" | "throttled" | "artifact missing"> {
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
    try {
        return toLambdaVersion(await clients.lambdaWithoutRetry.send(command, { abortSignal: signal }), call);
    } catch (error) {
        if (isUnsent(error) || isThrottled(error)) {
            return "throttled";
        }
        if (isAmbiguous(error)) {
            return "unanswered";
        }
        const refused = publishRefused(error, request.layerName, call);
        // Only an artifact of ours can be uploaded again; a program's own zip that is missing shows in its preflight.
        if (refused.code === "ARCHIVE_NOT_FOUND") {
            return "artifact missing";
        }
        throw refused;
    }
}
