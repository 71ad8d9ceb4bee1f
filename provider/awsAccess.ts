import type { Clients, Timeouts } from "./aws/clients";
import { type AwsConfiguration, type GetSetting, readAwsConfiguration } from "./aws/configuration";
import { awsError } from "./aws/failures";
import { loadLambda, loadSts } from "./aws/sdk";
import { LayerError } from "./errors";
import type { LeaseTiming } from "./publish/publication";

/**
 * The configuration, clients and account numbers of this process: the plugin's serves one stack, or one explicit provider.
 */
let configuration: AwsConfiguration = readAwsConfiguration(() => undefined);
let limits: Limits = {};
let clientsByRegion = new Map<string, Promise<Clients>>();
let accounts = new Map<string, Promise<string>>();
let profileRegion: Promise<string | undefined> | undefined;

/** How patient the hooks are. */
export interface Limits {
    /** Default: see {@link Timeouts}. */
    readonly timeouts?: Timeouts;
    /** Milliseconds after which a publisher that does not move counts as dead; default see `publish/publication.ts`. */
    readonly lease?: number;
}

/**
 * Takes over the stack's settings. Nothing here waits or throws: the engine calls other hooks without waiting for it.
 */
export function configure(get: GetSetting, given: Limits = {}): void {
    configuration = readAwsConfiguration(get);
    limits = given;
    clientsByRegion = new Map();
    accounts = new Map();
    profileRegion = undefined;
}

/**
 * Where the region comes from when the resource names none: the stack, the environment, the profile. Files are read for
 * the last one, nothing is asked of the network.
 */
export async function configuredRegion(): Promise<string | undefined> {
    const region = configuration.region ?? (process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"]);
    if (region) {
        return region;
    }
    profileRegion ??= readProfileRegion(configuration.profile);
    return profileRegion;
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

/** How patient a publisher is with others. */
export const leaseTiming = (): LeaseTiming => (limits.lease === undefined ? {} : { timeout: limits.lease });

/** Clients for a region, made once. */
export function clientsFor(region: string): Promise<Clients> {
    return once(clientsByRegion, region, async () => {
        const problem = configuration.problems[0];
        if (problem !== undefined) {
            throw new LayerError("ARGUMENT_INVALID", {
                what: `The AWS settings cannot be used: ${problem}.`,
                next: "Correct the setting, or remove it: in the stack's configuration (`pulumi config`), or in the LambdaLayerProvider's arguments.",
            });
        }
        const { createClients } = await import("./aws/clients");
        return createClients(configuration, region, limits.timeouts);
    });
}

/** The account that the credentials belong to: twelve digits. */
export function accountOf(clients: Clients): Promise<string> {
    return once(accounts, clients.region, async () => {
        const { GetCallerIdentityCommand } = await loadSts();
        try {
            // No signal: what one layer's time-out stops, others may be waiting for.
            const { Account = "" } = await clients.sts.send(new GetCallerIdentityCommand({}));
            requireAllowed(Account);
            return Account;
        } catch (error) {
            throw awsError(error, "sts:GetCallerIdentity");
        }
    });
}

/** The stack may say which accounts it is for. */
function requireAllowed(account: string): void {
    const { allowedAccountIds, forbiddenAccountIds } = configuration;
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
