import { LayerError } from "../errors";
import type { Clients, Timeouts } from "./clients";
import { type AwsConfiguration, type GetSetting, readAwsConfiguration } from "./configuration";
import { awsError } from "./failures";
import { loadLambda, loadSts } from "./sdk";

/** How patient a session is. */
export interface Patience {
    /** Default: see {@link Timeouts}. */
    readonly timeouts?: Timeouts;
    /** `timeout`: milliseconds after which a publisher that does not move counts as dead. Default: see `publish/publication.ts`. */
    readonly lease?: { readonly timeout?: number };
}

/** AWS as one front end is configured for it. Clients and account numbers are asked for once and kept. */
export interface AwsSession {
    /**
     * Where the region comes from when the resource names none: the settings, the environment, the profile. Files are read for
     * the last one, nothing is asked of the network.
     */
    region(): Promise<string | undefined>;
    /**
     * Clients for a region, made once.
     *
     * @throws ARGUMENT_INVALID for settings that cannot be used
     */
    clients(region: string): Promise<Clients>;
    /**
     * The account that the credentials belong to: twelve digits.
     *
     * @throws ACCESS_DENIED where the settings rule it out, and what asking for it throws
     */
    account(clients: Clients): Promise<string>;
    readonly patience: Patience;
}

/**
 * A session with the settings of a stack, an explicit provider or a command line. Nothing here waits or throws: the engine
 * calls other hooks without waiting for the one that configures.
 *
 * @param get reads a setting by its full name, such as `aws:region`
 */
export function createAwsSession(
    get: GetSetting,
    environment: NodeJS.ProcessEnv,
    patience: Patience = {},
): AwsSession {
    const configuration = readAwsConfiguration(get);
    const clientsByRegion = new Map<string, Promise<Clients>>();
    const accounts = new Map<string, Promise<string>>();
    let profileRegion: Promise<string | undefined> | undefined;
    return {
        region: async () => {
            const region =
                configuration.region ?? (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]);
            if (region) {
                return region;
            }
            profileRegion ??= readProfileRegion(configuration.profile);
            return profileRegion;
        },
        clients: (region) =>
            once(clientsByRegion, region, async () => {
                const problem = configuration.problems[0];
                if (problem !== undefined) {
                    throw new LayerError("ARGUMENT_INVALID", {
                        what: `The AWS settings cannot be used: ${problem}.`,
                        next: "Correct the setting, or remove it: in the stack's configuration (`pulumi config`), or in the LambdaLayerProvider's arguments.",
                    });
                }
                const { createClients } = await import("./clients");
                return createClients(configuration, region, patience.timeouts);
            }),
        account: (clients) => once(accounts, clients.region, () => askForAccount(clients, configuration)),
        patience,
    };
}

async function readProfileRegion(profile: string | undefined): Promise<string | undefined> {
    const { LambdaClient } = await loadLambda();
    const client = new LambdaClient(profile === undefined ? {} : { profile });
    try {
        return await client.config.region();
    } catch {
        // That is how the SDK says that no region is set anywhere.
        return undefined;
    } finally {
        client.destroy();
    }
}

async function askForAccount(clients: Clients, configuration: AwsConfiguration): Promise<string> {
    const { GetCallerIdentityCommand } = await loadSts();
    try {
        // No signal: what one layer's time-out stops, others may be waiting for.
        const { Account = "" } = await clients.sts.send(new GetCallerIdentityCommand({}));
        requireAllowed(Account, configuration);
        return Account;
    } catch (error) {
        throw awsError(error, "sts:GetCallerIdentity");
    }
}

/** The stack may say which accounts it is for. */
function requireAllowed(
    account: string,
    {
        allowedAccountIds,
        forbiddenAccountIds,
    }: Pick<AwsConfiguration, "allowedAccountIds" | "forbiddenAccountIds">,
): void {
    const isAllowed = allowedAccountIds.length === 0 || allowedAccountIds.includes(account);
    if (!isAllowed || forbiddenAccountIds.includes(account)) {
        throw new LayerError("ACCESS_DENIED", {
            what: `The credentials belong to account ${account}, which aws:${isAllowed ? "forbiddenAccountIds" : "allowedAccountIds"} rules out.`,
            next: "Use credentials of the right account, or correct the setting.",
        });
    }
}

function once<Value>(
    known: Map<string, Promise<Value>>,
    key: string,
    make: () => Promise<Value>,
): Promise<Value> {
    const found = known.get(key);
    if (found !== undefined) {
        return found;
    }
    const made = make();
    known.set(key, made);
    // A failure is not kept: the next call may find credentials or a network.
    made.catch(() => known.delete(key));
    return made;
}
