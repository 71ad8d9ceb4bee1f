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
        const secret = (value: pulumi.Input<string> | undefined) =>
            value === undefined ? undefined : pulumi.secret(value);
        // The engine hands a provider its settings as text.
        const json = (value: pulumi.Input<unknown> | undefined) =>
            value === undefined ? undefined : pulumi.jsonStringify(value);
        super(
            "pulumi-nodejs",
            name,
            {
                "aws:region": args.region,
                "aws:profile": args.profile,
                "aws:accessKey": secret(args.accessKey),
                "aws:secretKey": secret(args.secretKey),
                "aws:token": secret(args.token),
                "aws:assumeRoles": json(args.assumeRoles),
                "aws:endpoints": json(args.endpoints),
                "aws:s3UsePathStyle": json(args.s3UsePathStyle),
                "aws:maxRetries": json(args.maxRetries),
                "aws:allowedAccountIds": json(args.allowedAccountIds),
                "aws:forbiddenAccountIds": json(args.forbiddenAccountIds),
            },
            opts,
        );
    }
}

const known: Readonly<Record<keyof LambdaLayerProviderArgs, true>> = {
    region: true,
    profile: true,
    accessKey: true,
    secretKey: true,
    token: true,
    assumeRoles: true,
    endpoints: true,
    s3UsePathStyle: true,
    maxRetries: true,
    allowedAccountIds: true,
    forbiddenAccountIds: true,
};

function refuseUnknown(name: string, args: LambdaLayerProviderArgs): void {
    const names = Object.keys(known);
    const unknown = Object.keys(args).find((each) => !names.includes(each));
    if (unknown !== undefined) {
        const near = nearestName(unknown, names);
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The LambdaLayerProvider "${name}" has no argument ${unknown}.`,
            next: near === undefined ? `Use ${names.join(", ")}.` : `Rename it to ${near}.`,
        });
    }
}
