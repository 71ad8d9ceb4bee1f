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
}

/** Reads one value of the stack's configuration by its full name; `undefined` where it is not set. */
export type GetSetting = (key: string) => string | undefined;

/** The AWS settings of a stack. A value of the wrong shape counts as not set, as it does for `pulumi-aws`. */
export function readAwsConfiguration(get: GetSetting): AwsConfiguration {
    const text = (name: string) => get(`aws:${name}`) || undefined;
    const maxRetries = Number(text("maxRetries") ?? Number.NaN);
    return {
        ...defined("region", text("region")),
        ...defined("profile", text("profile")),
        ...defined("accessKey", text("accessKey")),
        ...defined("secretKey", text("secretKey")),
        ...defined("token", text("token")),
        endpoints: readEndpoints(json(text("endpoints"))),
        s3UsePathStyle: (text("s3UsePathStyle") ?? text("s3ForcePathStyle")) === "true",
        assumeRoles: readRoles(json(text("assumeRoles") ?? text("assumeRole"))),
        maxRetries: Number.isInteger(maxRetries) && maxRetries >= 0 ? maxRetries : 10,
    };
}

function readEndpoints(value: unknown): Record<string, string> {
    const endpoints: Record<string, string> = {};
    for (const entry of asList(value)) {
        for (const [service, address] of Object.entries(asRecord(entry))) {
            if (typeof address === "string" && address !== "") {
                endpoints[service] = address;
            }
        }
    }
    return endpoints;
}

function readRoles(value: unknown): AssumedRole[] {
    const roles: AssumedRole[] = [];
    for (const entry of asList(value)) {
        const { roleArn, sessionName, externalId, duration } = asRecord(entry);
        if (typeof roleArn === "string") {
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
