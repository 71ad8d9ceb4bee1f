import { LayerError } from "../errors";
import type { Clients } from "./clients";
import type { AwsConfiguration } from "./configuration";
import { awsError } from "./failures";
import { nodeNotice } from "./nodeSupport";
import type { Timeouts } from "./requestHandler";
import { loadSts } from "./sdk";
import type { GetSetting } from "./settingReader";

/** How patient a session is. */
export interface Patience {
    /** Default: see {@link Timeouts}. */
    readonly timeouts?: Timeouts;
    /** Milliseconds after which a publisher counts as dead that was not heard of. Default: see `publish/ledger/lease.ts`. */
    readonly lease?: { readonly stale?: number };
    /** Milliseconds before a version that Lambda does not have is asked for again. Default: see `lookForVersion.ts`. */
    readonly secondLook?: number;
}

/** AWS as one front end is configured for it. Clients and account numbers are asked for once and kept. */
export interface AwsSession {
    /**
     * Where the region comes from when the resource names none: the settings, the environment, the profile. Files are read for
     * the last one, nothing is asked of the network.
     *
     * @throws CREDENTIALS_MISSING for a profile that is not there, where only that could tell the region
     */
    region(): Promise<string | undefined>;
    /**
     * Clients for a region, made once.
     *
     * @throws SETTING_INVALID for settings that cannot be followed
     */
    clients(region: string): Promise<Clients>;
    /**
     * The account that the credentials belong to: twelve digits.
     *
     * @throws ACCESS_DENIED where the settings rule it out, and what asking for it throws
     */
    account(clients: Clients): Promise<string>;
    /** SETTING_INVALID, where a setting cannot be followed. */
    problem(): Promise<LayerError | undefined>;
    /** The environment with what the settings say of connections: whoever connects is given it. */
    environment(): Promise<NodeJS.ProcessEnv>;
    readonly patience: Patience;
}

/**
 * A session with the settings of a stack, an explicit provider or a command line. Nothing here waits or throws: the engine
 * calls other hooks without waiting for the one that configures.
 *
 * @param get reads a setting by its full name, such as `aws:region`
 * @param notice is told, before the first client is made, that Node is too old for the AWS SDK's releases to come
 */
export function createAwsSession(
    get: GetSetting,
    environment: NodeJS.ProcessEnv,
    patience: Patience = {},
    notice: (text: string) => void = () => undefined,
): AwsSession {
    const clientsByRegion = new Map<string, Promise<Clients>>();
    const accounts = new Map<string, Promise<string>>();
    let isNoticed = false;
    const noticeOnce = (): void => {
        const text = isNoticed ? undefined : nodeNotice(environment);
        isNoticed = true;
        if (text !== undefined) {
            notice(text);
        }
    };
    let reading: Promise<Settings> | undefined;
    // What reads them is loaded when somebody asks.
    const settings = () => {
        reading ??= readSettings(get, environment);
        return reading;
    };
    return {
        region: async () => {
            const { configuration } = await settings();
            const given =
                configuration.region ?? (environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"]);
            return given || (await regionOfProfile(configuration, environment));
        },
        clients: (region) =>
            once(clientsByRegion, region, async () => {
                const { configuration, problem, connected } = await settings();
                if (problem !== undefined) {
                    throw problem;
                }
                noticeOnce();
                const { createClients } = await import("./clients");
                return createClients(configuration, region, patience.timeouts, connected);
            }),
        account: (clients) =>
            once(accounts, clients.region, async () =>
                askForAccount(clients, (await settings()).configuration),
            ),
        problem: async () => (await settings()).problem,
        environment: async () => (await settings()).connected,
        patience,
    };
}

interface Settings {
    readonly configuration: AwsConfiguration;
    readonly problem: LayerError | undefined;
    readonly connected: NodeJS.ProcessEnv;
}

async function readSettings(get: GetSetting, environment: NodeJS.ProcessEnv): Promise<Settings> {
    const [{ readAwsConfiguration }, { withNetworkSettings }] = await Promise.all([
        import("./configuration"),
        import("../network/networkSettings"),
    ]);
    const configuration = readAwsConfiguration(get, environment);
    return {
        configuration,
        problem: problemOf(configuration),
        connected: withNetworkSettings(environment, configuration.network),
    };
}

function problemOf({ problems }: AwsConfiguration): LayerError | undefined {
    return problems.length === 0
        ? undefined
        : new LayerError("SETTING_INVALID", {
              what: "The AWS settings cannot be followed.",
              detail: problems.slice(0, 8),
              next: "Correct the setting, or remove it: in the stack's configuration (`pulumi config`), or in the LambdaLayerProvider's arguments.",
              property: "",
          });
}

async function regionOfProfile(
    configuration: AwsConfiguration,
    environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
    const { namedProfile, profileNotFound, readProfile, sharedFilesOf } = await import("./profiles");
    const files = sharedFilesOf(configuration, environment);
    const named = namedProfile(configuration, environment);
    const profile = await readProfile(files, named);
    if (profile === undefined && named !== undefined) {
        throw await profileNotFound(files, named);
    }
    return profile?.["region"] || undefined;
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
