import * as pulumi from "@pulumi/pulumi";

/** A role to take on, with the names that `aws:assumeRoles` has for its parts. */
export interface AssumeRoleArgs {
    readonly roleArn: pulumi.Input<string>;
    readonly sessionName?: pulumi.Input<string>;
    readonly externalId?: pulumi.Input<string>;
    /** As `pulumi-aws` writes it: `1h`, `15m`. */
    readonly duration?: pulumi.Input<string>;
}

/** The arguments of a {@link LambdaLayerProvider}: the stack's `aws:` settings, by the same names. */
export interface LambdaLayerProviderArgs {
    readonly region?: pulumi.Input<string>;
    readonly profile?: pulumi.Input<string>;
    /** Kept as a secret, as are {@link secretKey} and {@link token}. Prefer a profile or a role. */
    readonly accessKey?: pulumi.Input<string>;
    readonly secretKey?: pulumi.Input<string>;
    readonly token?: pulumi.Input<string>;
    /** Taken on one after the other. */
    readonly assumeRoles?: pulumi.Input<pulumi.Input<AssumeRoleArgs>[]>;
    /** Addresses by service: `lambda`, `s3`, `sts`. */
    readonly endpoints?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    readonly s3UsePathStyle?: pulumi.Input<boolean>;
    readonly maxRetries?: pulumi.Input<number>;
}

/**
 * Settings for some of a program's layers that differ from the stack's own: another account, another region.
 *
 * ```ts
 * const tokyo = new LambdaLayerProvider("tokyo", { region: "ap-northeast-1", profile: "production" });
 * new PythonLayer("deps", { ... }, { provider: tokyo });
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

    constructor(name: string, args: LambdaLayerProviderArgs = {}, opts?: pulumi.ResourceOptions) {
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
            },
            opts,
        );
    }
}
