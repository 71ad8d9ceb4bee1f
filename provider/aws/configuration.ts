import os from "node:os";
import type { NetworkSettings } from "../network/networkSettings";
import { parseProxy } from "../network/proxy";
import { type AssumedRole, readRoles, readWebIdentity, type WebIdentity } from "./roles";
import { createSettingReader, type GetSetting, type SettingReader } from "./settingReader";

/** The services that are called, by pulumi-aws's names for them. */
export type ServiceName = "lambda" | "s3" | "sts" | "sso";

/**
 * What a stack's `aws:` settings say, in the shape that pulumi-aws gives them, so that no second configuration is needed.
 * What is not set is left to the environment, the profile and the machine.
 */
export interface AwsConfiguration {
    readonly region: string | undefined;
    readonly profile: string | undefined;
    readonly keys:
        | { readonly accessKey: string; readonly secretKey: string; readonly token?: string }
        | undefined;
    readonly webIdentity: WebIdentity | undefined;
    /** Taken on one after the other. */
    readonly assumeRoles: readonly AssumedRole[];
    /** Paths that take the place of `~/.aws/config` and `~/.aws/credentials`. */
    readonly sharedFiles: { readonly config: string | undefined; readonly credentials: string | undefined };
    /** Whether the metadata service of EC2 may be asked for credentials. */
    readonly asksInstanceMetadata: boolean;
    readonly stsRegion: string | undefined;
    readonly endpoints: Readonly<Partial<Record<ServiceName, string>>>;
    readonly s3UsePathStyle: boolean;
    /** Whether S3 is called at its global address for `us-east-1`. */
    readonly s3UseGlobalEndpoint: boolean;
    readonly useFipsEndpoint: boolean | undefined;
    readonly useDualstackEndpoint: boolean | undefined;
    readonly userAgents: readonly string[];
    /** How often a call is tried again; default 10, so that hundreds of layers fit into the account's request rate. */
    readonly maxRetries: number;
    /** Accounts that may be worked in; any, where it is empty. */
    readonly allowedAccountIds: readonly string[];
    readonly forbiddenAccountIds: readonly string[];
    /** What counts before the environment, for every connection. */
    readonly network: NetworkSettings;
    /**
     * Settings that cannot be followed, in words. Whoever makes a client refuses them: going on without one may mean to
     * publish as someone else. Reading itself must not fail, see `awsAccess.ts`.
     */
    readonly problems: readonly string[];
}

/** The AWS settings of a stack. What cannot be understood is left out, and among the `problems`. */
export function readAwsConfiguration(get: GetSetting, environment: NodeJS.ProcessEnv): AwsConfiguration {
    const settings = createSettingReader(get);
    const { text, flag } = settings;
    // Calls are tried again here as either promises: after growing pauses, and inside a rate that follows the throttling.
    settings.oneOf("retryMode", ["standard", "adaptive"]);
    if (flag("insecure") === true) {
        settings.problem(
            "insecure",
            "would turn the verification of certificates off, which is not done here: name the authority in aws:customCaBundle",
        );
    }
    requireSameInEnvironment(settings, environment);
    const accounts = (name: string) => settings.texts(name, /^\d{12}$/, "account numbers of twelve digits");
    const path = (value: string | undefined) => value && expandPath(value, environment);
    return {
        region: text("region"),
        profile: text("profile"),
        keys: readKeys(settings),
        webIdentity: withPath(readWebIdentity(settings), path),
        assumeRoles: readRoles(settings),
        sharedFiles: {
            config: path(onlyFile(settings, "sharedConfigFiles")),
            credentials: path(onlyFile(settings, "sharedCredentialsFiles")),
        },
        asksInstanceMetadata: flag("skipMetadataApiCheck") !== true,
        stsRegion: text("stsRegion"),
        endpoints: readEndpoints(settings),
        s3UsePathStyle: flag("s3UsePathStyle", "s3ForcePathStyle") === true,
        s3UseGlobalEndpoint: settings.oneOf("s3UsEast1RegionalEndpoint", ["legacy", "regional"]) === "legacy",
        useFipsEndpoint: flag("useFipsEndpoint"),
        useDualstackEndpoint: flag("useDualstackEndpoint"),
        userAgents: settings.texts("userAgents"),
        maxRetries: settings.count("maxRetries") ?? 10,
        allowedAccountIds: accounts("allowedAccountIds"),
        forbiddenAccountIds: accounts("forbiddenAccountIds"),
        network: {
            httpProxy: readProxy(settings, "httpProxy"),
            httpsProxy: readProxy(settings, "httpsProxy"),
            noProxy: text("noProxy"),
            caBundle: path(text("customCaBundle")),
        },
        problems: settings.problems,
    };
}

function readKeys({ text, problem }: SettingReader): AwsConfiguration["keys"] {
    const [accessKey, secretKey, token] = [text("accessKey"), text("secretKey"), text("token")];
    if (accessKey !== undefined && secretKey !== undefined) {
        return { accessKey, secretKey, ...(token === undefined ? {} : { token }) };
    }
    const given = Object.entries({ accessKey, secretKey, token }).find(([, value]) => value !== undefined);
    if (given !== undefined) {
        problem(given[0], "needs aws:accessKey and aws:secretKey beside it");
    }
    return undefined;
}

/** Other names that pulumi-aws has for a service. */
const services: Readonly<Record<string, ServiceName>> = {
    lambda: "lambda",
    s3: "s3",
    s3api: "s3",
    sts: "sts",
    sso: "sso",
};

/** The addresses of the services that are called. Those of others say nothing about a layer. */
function readEndpoints(settings: SettingReader): Partial<Record<ServiceName, string>> {
    const endpoints: Partial<Record<ServiceName, string>> = {};
    for (const entry of settings.list("endpoints")) {
        if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
            settings.problem("endpoints", "must be a list of objects with an address for each service");
            continue;
        }
        for (const [name, address] of Object.entries(entry)) {
            const service = Object.hasOwn(services, name) ? services[name] : undefined;
            const meant = service === undefined ? services[name.toLowerCase()] : undefined;
            if (meant !== undefined) {
                settings.problem("endpoints", `has no service ${name}: it is called ${meant}`);
            }
            if (service === undefined || address === null || address === "") {
                continue;
            }
            if (typeof address === "string" && isHttpAddress(address)) {
                endpoints[service] = address;
            } else {
                settings.problem(
                    "endpoints",
                    `has an address of ${name} that does not start with http:// or https://`,
                );
            }
        }
    }
    return endpoints;
}

const isHttpAddress = (text: string): boolean => /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);

/** An address may hold a password: none is ever told. */
function readProxy(settings: SettingReader, name: string): string | undefined {
    const address = settings.text(name);
    if (address === undefined || parseProxy(address) !== undefined) {
        return address;
    }
    settings.problem(name, "is no address of a proxy, such as http://proxy.example:3128");
    return undefined;
}

/** The SDK reads the shared files one by one, and its parts do so in several places. */
function onlyFile(settings: SettingReader, name: string): string | undefined {
    const [file, ...more] = settings.texts(name);
    if (more.length > 0) {
        settings.problem(name, "lists more than one file, and one is read here: put the profiles into one");
    }
    return file;
}

/** The SDK takes the metadata service's address from the environment alone. */
function requireSameInEnvironment(settings: SettingReader, environment: NodeJS.ProcessEnv): void {
    for (const [name, variable] of [
        ["ec2MetadataServiceEndpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT"],
        ["ec2MetadataServiceEndpointMode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"],
    ] as const) {
        const value = settings.text(name);
        if (value !== undefined && value !== environment[variable]) {
            settings.problem(name, `counts here if the environment has ${variable} with the same value`);
        }
    }
}

const withPath = (
    identity: WebIdentity | undefined,
    path: (value: string | undefined) => string | undefined,
): WebIdentity | undefined => identity && { ...identity, tokenFile: path(identity.tokenFile) };

/** A path as pulumi-aws reads it: `~` is the home folder, and `$NAME` and `${NAME}` are variables. */
const expandPath = (text: string, environment: NodeJS.ProcessEnv): string =>
    text
        .replace(
            /\$(?:\{(\w+)\}|(\w+))/g,
            (_, braced?: string, bare?: string) => environment[braced ?? bare ?? ""] ?? "",
        )
        .replace(/^~(?=$|[/\\])/, () => environment["HOME"] || os.homedir());
