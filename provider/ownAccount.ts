import type { Clients } from "./aws/clients";
import type { AwsSession } from "./aws/session";
import { LayerError } from "./errors";
import { parseLayerVersionArn } from "./layerVersionArn";

/**
 * Refuses to act on a version of another account than the credentials'. Lambda would answer that it does not exist, and
 * a refresh would take it out of the state.
 *
 * @throws ACCESS_DENIED
 */
export async function requireOwnVersion(aws: AwsSession, id: string, clients: Clients): Promise<void> {
    const [{ account }, own] = [parseLayerVersionArn(id), await aws.account(clients)];
    if (account !== own) {
        throw new LayerError("ACCESS_DENIED", {
            what: `The layer version belongs to account ${account}, and the AWS credentials to ${own}.`,
            where: id,
            next: "Use credentials of the version's account: look at aws:profile, aws:assumeRoles and the environment.",
        });
    }
}
