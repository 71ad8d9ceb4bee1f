import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import type { AwsConfiguration } from "./configuration";
import { createPace } from "./pace";
import { retryCalls } from "./retry";
import { loadLambda, loadS3, loadSts } from "./sdk";

/** Clients for one region. */
export interface Clients {
    readonly region: string;
    readonly lambda: LambdaClient;
    /** For the one call that must not be repeated blindly: PublishLayerVersion has no idempotency token. */
    readonly lambdaWithoutRetry: LambdaClient;
    /**
     * Finds and reads buckets of any region, by redirects. While one is followed, the SDK has the whole client speak to the
     * other region, and a streamed body is not sent again: nothing is written through this client.
     */
    readonly s3: S3Client;
    /** For a bucket of that region, made once. */
    readonly s3In: (region: string) => S3Client;
    readonly sts: STSClient;
}

/** How long a call waits, in milliseconds. */
export interface Timeouts {
    /** For the connection to be made. */
    readonly connection: number;
    /** For the next byte of it; Lambda unpacks a large layer before it says anything. */
    readonly idle: number;
}

/** Timeouts that no healthy call meets. */
export const defaultTimeouts: Timeouts = { connection: 10_000, idle: 120_000 };

/**
 * Clients for a region, with credentials from the configuration or, where it names none, from the AWS SDK's own chain.
 *
 * The SDK is loaded here and nowhere earlier: it takes a tenth of a second that a preview need not spend.
 */
export async function createClients(
    configuration: AwsConfiguration,
    region: string,
    timeouts: Timeouts = defaultTimeouts,
): Promise<Clients> {
    const [{ LambdaClient }, { S3Client }, { STSClient }] = await Promise.all([
        loadLambda(),
        loadS3(),
        loadSts(),
    ]);
    const attempts = configuration.maxRetries + 1;
    const common = {
        region,
        // The SDK tries once; what is tried again, and when, is `retry.ts`'s to say.
        maxAttempts: 1,
        logger: silent,
        requestHandler: { connectionTimeout: timeouts.connection, socketTimeout: timeouts.idle },
        ...(await identity(configuration, region)),
    };
    const clock = { offset: 0 };
    // Both clients of Lambda count against one rate.
    const pace = createPace();
    const endpoint = (service: string) => {
        const address = configuration.endpoints[service];
        return address === undefined ? {} : { endpoint: address };
    };
    const newS3 = (where: string): S3Client =>
        retryCalls(
            new S3Client({
                ...common,
                ...endpoint("s3"),
                region: where,
                forcePathStyle: configuration.s3UsePathStyle,
                followRegionRedirects: true,
            }),
            { attempts, clock },
        );
    const newLambda = (attemptsOfOne: number): LambdaClient =>
        retryCalls(new LambdaClient({ ...common, ...endpoint("lambda") }), {
            attempts: attemptsOfOne,
            clock,
            pace,
        });
    const s3Clients = new Map<string, S3Client>();
    const s3In = (where: string): S3Client => {
        const client = s3Clients.get(where) ?? newS3(where);
        s3Clients.set(where, client);
        return client;
    };
    return {
        region,
        lambda: newLambda(attempts),
        lambdaWithoutRetry: newLambda(1),
        s3: newS3(region),
        s3In,
        sts: retryCalls(new STSClient({ ...common, ...endpoint("sts") }), { attempts, clock }),
    };
}

/** Without a logger the SDK's hints for programmers would be lines of the user's stack. */
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

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
