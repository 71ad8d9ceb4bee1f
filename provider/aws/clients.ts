import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsConfiguration } from "./configuration";

/** Clients for one region. */
export interface Clients {
    readonly region: string;
    readonly lambda: LambdaClient;
    /** For the one call that must not be repeated blindly: PublishLayerVersion has no idempotency token. */
    readonly lambdaWithoutRetry: LambdaClient;
    readonly s3: S3Client;
    readonly sts: STSClient;
}

/**
 * Clients for a region, with credentials from the configuration or, where it names none, from the AWS SDK's own chain.
 *
 * The SDK is loaded here and nowhere earlier: it takes a tenth of a second that a preview need not spend.
 */
export async function createClients(configuration: AwsConfiguration, region: string): Promise<Clients> {
    const [{ LambdaClient }, { S3Client }, { STSClient }] = await Promise.all([
        import("@aws-sdk/client-lambda"),
        import("@aws-sdk/client-s3"),
        import("@aws-sdk/client-sts"),
    ]);
    const common = {
        region,
        maxAttempts: configuration.maxRetries + 1,
        retryMode: "adaptive",
        ...(await identity(configuration, region)),
    };
    const endpoint = (service: string) => {
        const address = configuration.endpoints[service];
        return address === undefined ? {} : { endpoint: address };
    };
    return {
        region,
        lambda: new LambdaClient({ ...common, ...endpoint("lambda") }),
        lambdaWithoutRetry: new LambdaClient({ ...common, ...endpoint("lambda"), maxAttempts: 1 }),
        s3: new S3Client({
            ...common,
            ...endpoint("s3"),
            forcePathStyle: configuration.s3UsePathStyle,
            // A bucket may live in another region than the layer.
            followRegionRedirects: true,
        }),
        sts: new STSClient({ ...common, ...endpoint("sts") }),
    };
}

/** The `profile` or `credentials` client option. */
async function identity(configuration: AwsConfiguration, region: string) {
    const { accessKey, secretKey, token, profile, assumeRoles } = configuration;
    const base =
        accessKey !== undefined && secretKey !== undefined
            ? {
                  credentials: {
                      accessKeyId: accessKey,
                      secretAccessKey: secretKey,
                      ...(token === undefined ? {} : { sessionToken: token }),
                  },
              }
            : profile !== undefined
              ? { profile }
              : {};
    if (assumeRoles.length === 0) {
        return base;
    }
    const { fromTemporaryCredentials, fromIni } = await import("@aws-sdk/credential-providers");
    const sts = configuration.endpoints["sts"];
    const master = "credentials" in base ? base.credentials : "profile" in base ? fromIni(base) : undefined;
    return {
        credentials: assumeRoles.reduce<ReturnType<typeof fromTemporaryCredentials> | typeof master>(
            (masterCredentials, role) =>
                fromTemporaryCredentials({
                    ...(masterCredentials === undefined ? {} : { masterCredentials }),
                    params: {
                        RoleArn: role.roleArn,
                        RoleSessionName: role.sessionName ?? "pulumi-lambda-layer",
                        ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
                        ...(role.durationSeconds === undefined
                            ? {}
                            : { DurationSeconds: role.durationSeconds }),
                    },
                    clientConfig: { region, ...(sts === undefined ? {} : { endpoint: sts }) },
                }),
            master,
        ) as ReturnType<typeof fromTemporaryCredentials>,
    };
}
