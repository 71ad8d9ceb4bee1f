import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { STSClient } from "@aws-sdk/client-sts";
import { readConnections } from "../network/connections";
import type { AwsConfiguration, ServiceName } from "./configuration";
import { credentialSource } from "./identity";
import { withoutSdkWarning } from "./nodeSupport";
import { createPace } from "./pace";
import { namedProfile, readProfile, sharedFilesOf } from "./profiles";
import { defaultTimeouts, requestHandlerFor, silent, type Timeouts } from "./requestHandler";
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

/**
 * Clients for a region. What the configuration leaves open is the environment's, then the profile's.
 *
 * The SDK is loaded here and nowhere earlier: it takes a tenth of a second that a preview need not spend.
 */
export async function createClients(
    configuration: AwsConfiguration,
    region: string,
    timeouts: Timeouts | undefined,
    environment: NodeJS.ProcessEnv,
): Promise<Clients> {
    const [{ LambdaClient }, { S3Client }, { STSClient }] = await Promise.all([
        loadLambda(),
        loadS3(),
        loadSts(),
    ]);
    const attempts = configuration.maxRetries + 1;
    const endpoint = (service: ServiceName) => {
        const address = configuration.endpoints[service];
        return address === undefined ? {} : { endpoint: address };
    };
    const connection = {
        logger: silent,
        requestHandler: requestHandlerFor(readConnections(environment), timeouts ?? defaultTimeouts),
        ...(await addressing(configuration, environment)),
    };
    const sts = { ...connection, region: configuration.stsRegion ?? region, ...endpoint("sts") };
    const credentials = credentialSource(
        configuration,
        { sts, signIn: { ...connection, ...endpoint("sso") } },
        environment,
    );
    // The SDK tries once; what is tried again, and when, is `retry.ts`'s to say.
    const common = { ...connection, region, credentials, maxAttempts: 1 };
    const clock = { offset: 0 };
    // Both clients of Lambda count against one rate.
    const pace = createPace();
    const newS3 = (where: string): S3Client =>
        retryCalls(
            new S3Client({
                ...common,
                ...endpoint("s3"),
                region: where,
                forcePathStyle: configuration.s3UsePathStyle,
                ...(configuration.s3UseGlobalEndpoint ? { useGlobalEndpoint: true } : {}),
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
    return withoutSdkWarning(() => ({
        region,
        lambda: newLambda(attempts),
        lambdaWithoutRetry: newLambda(1),
        s3: newS3(region),
        s3In,
        sts: retryCalls(new STSClient({ ...common, ...sts }), { attempts, clock }),
    }));
}

/** The options by which the SDK finds a service's address. */
async function addressing(configuration: AwsConfiguration, environment: NodeJS.ProcessEnv) {
    const { useFipsEndpoint, useDualstackEndpoint, userAgents, sharedFiles } = configuration;
    const profile = namedProfile(configuration, environment);
    const set = {
        ...(useFipsEndpoint === undefined ? {} : { useFipsEndpoint }),
        ...(useDualstackEndpoint === undefined ? {} : { useDualstackEndpoint }),
        ...(userAgents.length === 0 ? {} : { customUserAgent: userAgents.map((agent): [string] => [agent]) }),
    };
    if (sharedFiles.config === undefined && sharedFiles.credentials === undefined) {
        return { ...(profile === undefined ? {} : { profile: profile.name }), ...set };
    }
    // The SDK's clients read the usual files for these, whatever the stack says.
    const data = (await readProfile(sharedFilesOf(configuration, environment), profile)) ?? {};
    const flag = (option: string, variable: string, setting: string) =>
        environment[variable] || data[setting] === undefined ? {} : { [option]: data[setting] === "true" };
    return {
        ...(data["endpoint_url"] === undefined ? {} : { endpoint: data["endpoint_url"] }),
        ...flag("useFipsEndpoint", "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        ...flag("useDualstackEndpoint", "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        ...set,
    };
}
