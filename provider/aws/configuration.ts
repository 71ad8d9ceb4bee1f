/**
 * What a stack's `aws:` settings say, in the shape that `pulumi-aws` gives them, so that no second configuration is
 * needed. Pulumi hands every value to a dynamic provider as text; structured ones are JSON.
 */

/** A role to take on before any call, as `aws:assumeRoles` lists them. */
export interface AssumedRole {
    readonly roleArn: string;
    readonly sessionName?: string;
    readonly externalId?: string;
    readonly durationSeconds?: number;
}

/** Everything absent is left to the AWS SDK's own chain of environment, profile and instance role. */
export interface AwsConfiguration {
    readonly region?: string;
    readonly profile?: string;
    readonly accessKey?: string;
    readonly secretKey?: string;
    readonly token?: string;
    /** Addresses by service (`lambda`, `s3`, `sts`). */
    readonly endpoints: Readonly<Record<string, string>>;
    readonly s3UsePathStyle: boolean;
    /** Taken on one after the other. */
    readonly assumeRoles: readonly AssumedRole[];
    /** How often a call is tried again; default 10, so that hundreds of layers fit into the account's request rate. */
    readonly maxRetries: number;
    /** Accounts that may be worked in; any, where it is empty. */
    readonly allowedAccountIds: readonly string[];
    readonly forbiddenAccountIds: readonly string[];
    /**
     * Settings that say who to be and cannot be understood, in words. Whoever makes a client refuses them: going on
     * without one would mean to publish as someone else. Reading itself must not fail, see `awsAccess.ts`.
     */
    readonly problems: readonly string[];
}

/** Reads one value of the stack's configuration by its full name; `undefined` where it is not set. */
export type GetSetting = (key: string) => string | undefined;

/** The AWS settings of a stack. What cannot be understood is among the `problems` where it says who to be. */
export function readAwsConfiguration(get: GetSetting): AwsConfiguration {
    const text = (name: string) => get(`aws:${name}`) || undefined;
    const maxRetries = Number(text("maxRetries") ?? Number.NaN);
    const problems: string[] = [];
    const list = (name: string): unknown[] => {
        const value = json(text(name));
        if (value === undefined && text(name) !== undefined) {
            problems.push(`aws:${name} is not JSON`);
        }
        return asList(value);
    };
    if ((text("accessKey") === undefined) !== (text("secretKey") === undefined)) {
        problems.push("of aws:accessKey and aws:secretKey only one is set");
    }
    return {
        ...defined("region", text("region")),
        ...defined("profile", text("profile")),
        ...defined("accessKey", text("accessKey")),
        ...defined("secretKey", text("secretKey")),
        ...defined("token", text("token")),
        endpoints: readEndpoints(list("endpoints")),
        s3UsePathStyle: (text("s3UsePathStyle") ?? text("s3ForcePathStyle")) === "true",
        assumeRoles: readRoles([...list("assumeRoles"), ...list("assumeRole")], problems),
        maxRetries: Number.isInteger(maxRetries) && maxRetries >= 0 ? maxRetries : 10,
        allowedAccountIds: list("allowedAccountIds").map(String),
        forbiddenAccountIds: list("forbiddenAccountIds").map(String),
        problems,
    };
}

function readEndpoints(entries: readonly unknown[]): Record<string, string> {
    const endpoints: Record<string, string> = {};
    for (const entry of entries) {
        for (const [service, address] of Object.entries(asRecord(entry))) {
            if (typeof address === "string" && address !== "") {
                endpoints[service] = address;
            }
        }
    }
    return endpoints;
}

function readRoles(entries: readonly unknown[], problems: string[]): AssumedRole[] {
    const roles: AssumedRole[] = [];
    for (const entry of entries) {
        const { roleArn, sessionName, externalId, duration, policy, policyArns } = asRecord(entry);
        if (typeof roleArn !== "string" || roleArn === "") {
            problems.push("an entry of aws:assumeRoles has no roleArn");
        } else if (policy !== undefined || policyArns !== undefined) {
            problems.push("aws:assumeRoles narrows a role by a policy, which this provider cannot do");
        } else {
            roles.push({
                roleArn,
                ...defined("sessionName", typeof sessionName === "string" ? sessionName : undefined),
                ...defined("externalId", typeof externalId === "string" ? externalId : undefined),
                ...defined("durationSeconds", readDuration(duration)),
            });
        }
    }
    return roles;
}

/** Seconds of a duration as Go writes it, the form that `pulumi-aws` takes: `1h`, `15m`, `1h30m`. */
function readDuration(value: unknown): number | undefined {
    const match = typeof value === "string" ? /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value) : null;
    if (match === null) {
        return undefined;
    }
    const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0));
    return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0) || undefined;
}

function json(text: string | undefined): unknown {
    if (text === undefined) {
        return undefined;
    }
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

const asList = (value: unknown): unknown[] =>
    Array.isArray(value) ? value : value === undefined ? [] : [value];

const asRecord = (value: unknown): Record<string, unknown> =>
    typeof value === "object" && value !== null ? { ...value } : {};

const defined = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
    value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value });
