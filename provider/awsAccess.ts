import type { Clients } from "./aws/clients";
import { type AwsConfiguration, readAwsConfiguration } from "./aws/configuration";
import { awsError } from "./aws/failures";
import type { Timeouts } from "./aws/requestHandler";
import { loadSts } from "./aws/sdk";
import type { GetSetting } from "./aws/settingReader";
import { LayerError } from "./errors";
import { withNetworkSettings } from "./network/networkSettings";
import type { LeaseTiming } from "./publish/publication";

/**
 * The configuration, clients and account numbers of this process: the plugin's serves one stack, or one explicit provider.
 */
let configuration: AwsConfiguration = readAwsConfiguration(() => undefined);
let environment: NodeJS.ProcessEnv = process.env;
let limits: Limits = {};
let clientsByRegion = new Map<string, Promise<Clients>>();
let accounts = new Map<string, Promise<string>>();

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
export function configure(get: GetSetting, given: Limits = {}, variables = process.env): void {
    configuration = readAwsConfiguration(get, variables);
    environment = variables;
    limits = given;
    clientsByRegion = new Map();
    accounts = new Map();
}

/**
 * Where the region comes from when the resource names none: the stack, the environment, the profile. Files are read for
 * the last one, nothing is asked of the network.
 *
 * @throws CREDENTIALS_MISSING for a profile that is not there, where only that could tell the region
 */
export async function configuredRegion(): Promise<string | undefined> {
    const region = configuration.region ?? (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]);
    if (region) {
        return region;
    }
    const { namedProfile, profileNotFound, readProfile, sharedFilesOf } = await import("./aws/profiles");
    const files = sharedFilesOf(configuration, environment);
    const named = namedProfile(configuration, environment);
    const profile = await readProfile(files, named);
    if (profile === undefined && named !== undefined) {
        throw await profileNotFound(files, named);
    }
    return profile?.["region"] || undefined;
}

/** SETTING_INVALID for settings of the stack that cannot be followed; `undefined` where all can. */
export function settingsProblem(): LayerError | undefined {
    const { problems } = configuration;
    return problems.length === 0
        ? undefined
        : new LayerError("SETTING_INVALID", {
              what: "The AWS settings cannot be followed.",
              detail: problems.slice(0, 8),
              next: "Correct the setting, or remove it: in the stack's configuration (`pulumi config`), or in the LambdaLayerProvider's arguments.",
              property: "",
          });
}

/** The environment with what the stack says of connections: whoever connects is given it. */
export const connectedEnvironment = (): NodeJS.ProcessEnv =>
    withNetworkSettings(environment, configuration.network);

/** How patient a publisher is with others. */
export const leaseTiming = (): LeaseTiming => (limits.lease === undefined ? {} : { timeout: limits.lease });

/** Clients for a region, made once. */
export function clientsFor(region: string): Promise<Clients> {
    return once(clientsByRegion, region, async () => {
        const problem = settingsProblem();
        if (problem !== undefined) {
            throw problem;
        }
        const { createClients } = await import("./aws/clients");
        return createClients(configuration, region, limits.timeouts, connectedEnvironment());
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
