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
     * Settings that cannot be understood, in words. Whoever makes a client refuses them: going on without one may mean to
     * publish as someone else. Reading itself must not fail, see `awsAccess.ts`.
     */
    readonly problems: readonly string[];
}

/** Reads one value of the stack's configuration by its full name; `undefined` where it is not set. */
export type GetSetting = (key: string) => string | undefined;

/** The AWS settings of a stack. What cannot be understood is left out, and among the `problems`. */
export function readAwsConfiguration(get: GetSetting): AwsConfiguration {
    const text = (name: string) => get(`aws:${name}`) || undefined;
    const problems: string[] = [];
    const maxRetries = text("maxRetries") ?? "10";
    if (!/^\d+$/.test(maxRetries)) {
        problems.push(
            `aws:maxRetries is ${JSON.stringify(maxRetries)}, and must be a whole number, 0 or more`,
        );
    }
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
        maxRetries: Number.parseInt(maxRetries, 10) || 0,
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
            const text = (name: string, value: unknown): string | undefined => {
                if (typeof value === "string" || value === undefined || value === null) {
                    return value ?? undefined;
                }
                problems.push(`${name} in an entry of aws:assumeRoles must be a text`);
                return undefined;
            };
            roles.push({
                roleArn,
                ...defined("sessionName", text("sessionName", sessionName)),
                ...defined("externalId", text("externalId", externalId)),
                ...defined("durationSeconds", readDuration(text("duration", duration), problems)),
            });
        }
    }
    return roles;
}

/** Seconds in each unit of a duration as Go writes it (`time.ParseDuration`), the form that `pulumi-aws` takes. */
const units: Readonly<Record<string, number>> = {
    h: 3600,
    m: 60,
    s: 1,
    ms: 1e-3,
    us: 1e-6,
    µs: 1e-6,
    ns: 1e-9,
};

/** Whole seconds of a duration such as `1h`, `1h30m` or `1.5h`; none is AWS's own default. */
function readDuration(value: string | undefined, problems: string[]): number | undefined {
    if (value === undefined || value === "" || value === "0") {
        return undefined;
    }
    if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+$/.test(value)) {
        problems.push(
            `duration in an entry of aws:assumeRoles is ${JSON.stringify(value)}, and must be such as "1h", "15m" or "1h30m"`,
        );
        return undefined;
    }
    let seconds = 0;
    for (const [, number, unit = ""] of value.matchAll(/([\d.]+)([a-zµ]+)/g)) {
        seconds += Number(number) * (units[unit] ?? 0);
    }
    return Math.floor(seconds) || undefined;
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
