import { type Failure, isLayerError, LayerError } from "../errors";
import type { AwsConfiguration } from "./configuration";
import { describeAwsFailure } from "./failures";
import {
    namedProfile,
    type ProfileData,
    profileNotFound,
    readingOptions,
    readProfile,
    sharedFilesOf,
} from "./profiles";
import type { AssumedRole, WebIdentity } from "./roles";
import { loadCredentialProviders, loadSts } from "./sdk";

/** Credentials as the AWS SDK takes them. */
interface Credentials {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration?: Date;
}

/** Answers credentials, or fails with why there are none. */
export type CredentialSource = () => Promise<Credentials>;

/** What the clients have in common that are made on the way to credentials. */
export interface IdentityClients {
    /** Options for STS. */
    readonly sts: NonNullable<ConstructorParameters<Awaited<ReturnType<typeof loadSts>>["STSClient"]>[0]>;
    /** Options for the sign-in services, whose region the profile names. */
    readonly signIn: object;
}

/**
 * Who the calls are made as, in pulumi-aws's order, so that a stack's layers belong to the same account as its other resources:
 * the stack's keys, its web identity or its profile; then the environment's keys, its web identity, the profile that it names or
 * `default`; then the container's and the instance's role. Then the stack's roles on top, one after the other.
 *
 * The AWS SDK's own chain has another order: a profile in the environment counts before keys there.
 *
 * What is found first is final: where a named profile cannot be followed, nobody else's credentials take its place.
 *
 * @throws CREDENTIALS_MISSING when it is asked
 */
export function credentialSource(
    configuration: AwsConfiguration,
    clients: IdentityClients,
    environment: NodeJS.ProcessEnv,
): CredentialSource {
    const first = configuration.webIdentity
        ? fromWebIdentity(configuration.webIdentity, clients)
        : () => findCredentials(configuration, clients, environment);
    return kept(
        configuration.assumeRoles.reduce<CredentialSource>(
            (source, role, position) => fromRole(role, position, source, clients),
            first,
        ),
    );
}

async function findCredentials(
    configuration: AwsConfiguration,
    clients: IdentityClients,
    environment: NodeJS.ProcessEnv,
): Promise<Credentials> {
    const { keys } = configuration;
    if (keys !== undefined) {
        const { accessKey, secretKey, token } = keys;
        const session = token === undefined ? {} : { sessionToken: token };
        return { accessKeyId: accessKey, secretAccessKey: secretKey, ...session };
    }
    const providers = await loadCredentialProviders();
    if (configuration.profile === undefined) {
        const fromVariables = readVariables(environment);
        if (fromVariables !== undefined) {
            return fromVariables;
        }
        const { AWS_WEB_IDENTITY_TOKEN_FILE: webIdentityTokenFile, AWS_ROLE_ARN: roleArn } = environment;
        if (webIdentityTokenFile && roleArn) {
            const roleSessionName = environment["AWS_ROLE_SESSION_NAME"] || defaultSessionName;
            const identity = { webIdentityTokenFile, roleArn, roleSessionName };
            return providers.fromTokenFile({ ...identity, clientConfig: clients.sts })();
        }
    }
    const files = sharedFilesOf(configuration, environment);
    const profile = namedProfile(configuration, environment);
    const data = await readProfile(files, profile);
    if (data === undefined && profile !== undefined) {
        throw await profileNotFound(files, profile);
    }
    if (data !== undefined && leadsToCredentials(data)) {
        const { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } = await loadSts();
        const name = profile?.name ?? "default";
        const fromProfile = providers.fromIni({
            ...readingOptions(files),
            profile: name,
            roleAssumer: getDefaultRoleAssumer(clients.sts),
            roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(clients.sts),
            clientConfig: clients.signIn,
        });
        return saying(
            {
                what: `The AWS profile ${JSON.stringify(name)} does not lead to credentials.`,
                next: `Sign in again (\`aws sso login --profile ${name}\`) where it is a sign-in, or correct the profile; then look at the network.`,
            },
            fromProfile,
        )();
    }
    const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI } = environment;
    if (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || AWS_CONTAINER_CREDENTIALS_FULL_URI) {
        return providers.fromHttp()();
    }
    const isOff = (environment["AWS_EC2_METADATA_DISABLED"] || "false") !== "false";
    if (configuration.asksInstanceMetadata && !isOff) {
        return providers.fromInstanceMetadata()();
    }
    throw Object.assign(new Error("Could not load credentials from any providers"), {
        name: "CredentialsProviderError",
    });
}

/** The keys in the environment, with what the SDKs read beside them. */
function readVariables(environment: NodeJS.ProcessEnv): Credentials | undefined {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION } =
        environment;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
        return undefined;
    }
    return {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
        ...(AWS_CREDENTIAL_EXPIRATION ? { expiration: new Date(AWS_CREDENTIAL_EXPIRATION) } : {}),
    };
}

/** Whether a profile says anything of credentials (AWS SDKs and Tools Reference Guide, "Settings reference"). */
const leadsToCredentials = (data: ProfileData): boolean =>
    Object.keys(data).some((key) =>
        /^(?:aws_access_key_id|role_arn|source_profile|credential_source|credential_process|web_identity_token_file|sso_\w+|login_session)$/.test(
            key,
        ),
    );

function fromWebIdentity(identity: WebIdentity, clients: IdentityClients): CredentialSource {
    const { roleArn, durationSeconds, policy, policyArns, token, tokenFile } = identity;
    const session = {
        roleArn,
        roleSessionName: identity.sessionName ?? defaultSessionName,
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
        ...(policy === undefined ? {} : { policy }),
        ...(policyArns === undefined ? {} : { policyArns: policyArns.map((arn) => ({ arn })) }),
        clientConfig: clients.sts,
    };
    return saying(notTaken(roleArn, "aws:assumeRoleWithWebIdentity"), async () => {
        const { fromTokenFile, fromWebToken } = await loadCredentialProviders();
        return tokenFile === undefined
            ? fromWebToken({ ...session, webIdentityToken: token ?? "" })()
            : fromTokenFile({ ...session, webIdentityTokenFile: tokenFile })();
    });
}

const defaultSessionName = "pulumi-lambda-layer";

function fromRole(
    role: AssumedRole,
    position: number,
    masterCredentials: CredentialSource,
    clients: IdentityClients,
): CredentialSource {
    const { roleArn, policyArns, tags, transitiveTagKeys } = role;
    const params = {
        RoleArn: roleArn,
        RoleSessionName: role.sessionName ?? defaultSessionName,
        ExternalId: role.externalId,
        DurationSeconds: role.durationSeconds,
        Policy: role.policy,
        PolicyArns: policyArns?.map((arn) => ({ arn })),
        SourceIdentity: role.sourceIdentity,
        Tags: tags && Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        TransitiveTagKeys: transitiveTagKeys && [...transitiveTagKeys],
    };
    let provider: CredentialSource | undefined;
    return saying(notTaken(roleArn, `aws:assumeRoles[${position}]`), async () => {
        const { fromTemporaryCredentials } = await loadCredentialProviders();
        provider ??= fromTemporaryCredentials({ masterCredentials, params, clientConfig: clients.sts });
        return provider();
    });
}

const notTaken = (roleArn: string, setting: string) => ({
    what: `The role ${roleArn} of ${setting} could not be taken on.`,
    next: "Look at the role's name, its trust policy, and whose credentials ask for it; then at the network.",
});

/** A source whose failure says what it is about. */
const saying =
    (failure: Pick<Failure, "what" | "next">, source: CredentialSource): CredentialSource =>
    () =>
        source().catch((error: unknown) => {
            if (isLayerError(error)) {
                throw error;
            }
            const { name, message } = describeAwsFailure(error);
            throw new LayerError("CREDENTIALS_MISSING", {
                ...failure,
                detail: [`${name}: ${message.split("\n", 1)[0]}`.slice(0, 300)],
                cause: error,
            });
        });

/** Milliseconds before their end at which credentials are renewed. */
const renewal = 300_000;

/** One answer for all clients, renewed in time: a sign-in or a process that gives credentials is asked once. */
function kept(source: CredentialSource): CredentialSource {
    let held: Credentials | undefined;
    let asking: Promise<Credentials> | undefined;
    return () => {
        const lasts = held?.expiration === undefined || held.expiration.getTime() - Date.now() > renewal;
        if (held !== undefined && lasts) {
            return Promise.resolve(held);
        }
        asking ??= source()
            .then((credentials) => {
                held = credentials;
                return credentials;
            })
            .finally(() => {
                asking = undefined;
            });
        return asking;
    };
}
