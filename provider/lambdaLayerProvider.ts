import * as pulumi from "@pulumi/pulumi";
import { LayerError } from "./errors";
import { nearestName } from "./spelling";

/** A role to take on, with the names that `aws:assumeRoles` has for its parts. */
export interface AssumeRoleArgs {
    /** ARN of the role. */
    readonly roleArn: pulumi.Input<string>;
    /** Name of the session, as CloudTrail shows it. Default: `pulumi-lambda-layer`. */
    readonly sessionName?: pulumi.Input<string>;
    /** What the role's trust policy asks for as `sts:ExternalId`. Default: none. */
    readonly externalId?: pulumi.Input<string>;
    /** How long the credentials hold, as `pulumi-aws` writes it: `1h`, `15m`, `1.5h`. Default: one hour, as AWS has it. */
    readonly duration?: pulumi.Input<string>;
}

/** The arguments of a {@link LambdaLayerProvider}: the stack's `aws:` settings, by the same names. */
export interface LambdaLayerProviderArgs {
    /** Region of the layers. Default: the environment's, then the profile's. */
    readonly region?: pulumi.Input<string>;
    /** Profile of the shared AWS configuration. Default: `AWS_PROFILE`, then `default`. */
    readonly profile?: pulumi.Input<string>;
    /** Access key, kept as a secret, as are {@link secretKey} and {@link token}. Prefer a profile or a role. Default: none. */
    readonly accessKey?: pulumi.Input<string>;
    /** Secret access key. Default: none. */
    readonly secretKey?: pulumi.Input<string>;
    /** Session token. Default: none. */
    readonly token?: pulumi.Input<string>;
    /** Roles that are taken on one after the other. Default: none. */
    readonly assumeRoles?: pulumi.Input<pulumi.Input<AssumeRoleArgs>[]>;
    /** Addresses by service: `lambda`, `s3`, `sts`. Default: AWS's own. */
    readonly endpoints?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Whether the bucket is in the path of S3's addresses instead of the host, as emulators want it. Default: false. */
    readonly s3UsePathStyle?: pulumi.Input<boolean>;
    /** How often a request to AWS is repeated. Default: 10. */
    readonly maxRetries?: pulumi.Input<number>;
    /** Accounts that may be worked in: with credentials of another one, nothing is done. Default: any. */
    readonly allowedAccountIds?: pulumi.Input<pulumi.Input<string>[]>;
    /** Accounts that may not be worked in. Default: none. */
    readonly forbiddenAccountIds?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * Settings for some of a program's layers that differ from the stack's own: another account, another region.
 *
 * ```ts
 * const tokyo = new LambdaLayerProvider("tokyo", { region: "ap-northeast-1", profile: "production" });
 * new PythonLayer("deps", { manifest: "uv.lock", bucket: "tokyo-artifacts", pythonVersion: "3.13" }, { provider: tokyo });
 * ```
 *
 * What it leaves out is not taken from the stack, but left to the AWS SDK's own chain.
 */
export class LambdaLayerProvider extends pulumi.ProviderResource {
    /** @internal */
    readonly __pulumiLambdaLayerProvider = true;

    /** Whether a value is a {@link LambdaLayerProvider}, of this or another copy of the package. */
    static override isInstance(value: unknown): value is LambdaLayerProvider {
        return typeof value === "object" && value !== null && "__pulumiLambdaLayerProvider" in value;
    }

    /** Throws ARGUMENT_INVALID for an argument that there is not: one that was to guard an account must not be passed over. */
    constructor(name: string, args: LambdaLayerProviderArgs = {}, opts?: pulumi.ResourceOptions) {
        refuseUnknown(name, args);
        const settings = names.map((each) => {
            const value = args[each];
            return [`aws:${each}`, value === undefined ? undefined : encodings[each](value)];
        });
        super("pulumi-nodejs", name, Object.fromEntries(settings), opts);
    }
}

/** The engine hands a provider its settings as text. */
const asText = (value: pulumi.Input<unknown>): pulumi.Input<unknown> => value;
const asSecret = (value: pulumi.Input<unknown>): pulumi.Input<unknown> => pulumi.secret(value);
const asJson = (value: pulumi.Input<unknown>): pulumi.Input<unknown> => pulumi.jsonStringify(value);

const encodings = {
    region: asText,
    profile: asText,
    accessKey: asSecret,
    secretKey: asSecret,
    token: asSecret,
    assumeRoles: asJson,
    endpoints: asJson,
    s3UsePathStyle: asJson,
    maxRetries: asJson,
    allowedAccountIds: asJson,
    forbiddenAccountIds: asJson,
} satisfies Readonly<
    Record<keyof LambdaLayerProviderArgs, (value: pulumi.Input<unknown>) => pulumi.Input<unknown>>
>;

const isArgument = (name: string): name is keyof LambdaLayerProviderArgs => name in encodings;
const names = Object.keys(encodings).filter(isArgument);

function refuseUnknown(name: string, args: LambdaLayerProviderArgs): void {
    const unknown = Object.keys(args).find((each) => !names.some((known) => known === each));
    if (unknown !== undefined) {
        const near = nearestName(unknown, names);
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The LambdaLayerProvider "${name}" has no argument ${unknown}.`,
            next: near === undefined ? `Use ${names.join(", ")}.` : `Rename it to ${near}.`,
        });
    }
}
