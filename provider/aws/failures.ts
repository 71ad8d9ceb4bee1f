import { isBrokenConnection } from "../connection";
import { isLayerError, LayerError } from "../errors";

/** What the AWS SDK's errors have in common, read without trusting their class: two copies of the SDK may be loaded. */
interface AwsFailure {
    readonly name: string;
    readonly message: string;
    readonly status: number | undefined;
    readonly requestId: string | undefined;
}

/** Name, message and HTTP status of an error that the AWS SDK threw. */
export function describeAwsFailure(error: unknown): AwsFailure {
    const fields = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
    const metadata = (fields["$metadata"] ?? {}) as Record<string, unknown>;
    const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
    const code = text(fields["code"]);
    return {
        name: text(fields["name"]) ?? text(fields["Code"]) ?? code ?? "Error",
        // A refused connection to a host with two addresses comes as an AggregateError without a message.
        message: text(fields["message"]) ?? code ?? String(error),
        status: typeof metadata["httpStatusCode"] === "number" ? metadata["httpStatusCode"] : undefined,
        requestId: text(metadata["requestId"]),
    };
}

/** No credentials could be had, so nothing was sent. */
const missingCredentials = ["CredentialsProviderError", "TokenProviderError"];

/** Credentials that AWS does not take (IAM, "Common errors"; Amazon S3, "Error responses"). */
const rejectedCredentials = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/** Refusals for the rate (AWS Lambda and Amazon S3, "Error responses"). */
const throttled = [
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
];

/** Refusals of a damaged body (Amazon S3, "Error responses"). */
const damaged = ["BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"];

/** Nothing came for too long, on this side or on AWS's. */
const timedOut = ["TimeoutError", "RequestTimeout", "RequestTimeoutException"];

/** The connection never came about, so nothing was sent (Node.js, "Common system errors"). */
const unsentCodes = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EPROXY"];

/** The other side's certificate was not trusted, so nothing was sent (Node.js, "X509 certificate error codes"). */
const untrusted =
    /^(?:CERT_|SELF_SIGNED_CERT|UNABLE_TO_|DEPTH_ZERO_|ERR_TLS_CERT|HOSTNAME_MISMATCH$|INVALID_CA$)/;

/** Whether AWS answered that the thing is not there. A refusal (403) is not an absence. */
export function isNotFound(error: unknown): boolean {
    const { name, status } = describeAwsFailure(error);
    return (
        status === 404 ||
        ["NotFound", "NoSuchKey", "NoSuchVersion", "ResourceNotFoundException"].includes(name)
    );
}

/** Whether a conditional write lost: the object is there already, or changed since it was read. */
export function isPreconditionFailed(error: unknown): boolean {
    const { name, status } = describeAwsFailure(error);
    // 409 ConditionalRequestConflict: two conditional writes at the same moment (Amazon S3, "Conditional writes").
    return status === 412 || name === "PreconditionFailed" || name === "ConditionalRequestConflict";
}

/** Whether the request may have taken effect although no answer came: the connection broke, or the service failed. */
export function isAmbiguous(error: unknown): boolean {
    // One of ours comes from looking for credentials, before the request.
    if (isLayerError(error)) {
        return false;
    }
    const { name, status } = describeAwsFailure(error);
    return (
        (status === undefined && !missingCredentials.includes(name)) ||
        (status !== undefined && status >= 500) ||
        timedOut.includes(name)
    );
}

/**
 * Whether the same call may succeed a little later: it was throttled, failed inside AWS, was damaged on its way, or got no
 * answer. What AWS answers (404, 403, 412) it answers again.
 */
export function isPassing(error: unknown): boolean {
    const { name, status } = describeAwsFailure(error);
    return (
        isThrottled(error) ||
        isDamaged(error) ||
        name === "NoAnswer" ||
        timedOut.includes(name) ||
        // 501: S3 does not know a header. 505: nor that version of HTTP.
        (status !== undefined && status >= 500 && status !== 501 && status !== 505) ||
        (status === undefined && isBrokenConnection(error))
    );
}

/** Whether AWS asks for a pause: too many requests of the account, or of a bucket. Nothing was done. */
export function isThrottled(error: unknown): boolean {
    const { name, status } = describeAwsFailure(error);
    return status === 429 || throttled.includes(name);
}

/** Whether the bytes were damaged on their way to AWS, which took none of them: sent again they may well arrive. */
export const isDamaged = (error: unknown): boolean => damaged.includes(describeAwsFailure(error).name);

/** Codes that a request is refused with when the time in its signature is off; a HEAD's refusal has none. */
const clockCodes = [
    "RequestTimeTooSkewed",
    "RequestExpired",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "Unknown",
    "Forbidden",
];

/** Milliseconds that a signature's time may be off: five minutes at least (AWS, "Signature Version 4"), less some haste. */
const toleratedSkew = 240_000;

/**
 * Whether AWS refused a call for the time in its signature, which its answer tells to be off. The SDK has then learnt the
 * difference, so that the next call is signed right.
 *
 * @param signedAt the time in the signature, milliseconds since the epoch
 */
export function isClockRefusal(error: unknown, signedAt: number): boolean {
    const { name, status } = describeAwsFailure(error);
    const told = Date.parse(answerHeader(error, "date") ?? "");
    return (
        (status === 400 || status === 403) &&
        clockCodes.includes(name) &&
        Math.abs(told - signedAt) > toleratedSkew
    );
}

function answerHeader(error: unknown, name: string): string | undefined {
    const response: unknown = Reflect.get(Object(error), "$response");
    const headers: unknown = Reflect.get(Object(response), "headers");
    const value: unknown = Reflect.get(Object(headers), name);
    return typeof value === "string" ? value : undefined;
}

/** Whether the request certainly never reached AWS: the connection was not even made. */
export function isUnsent(error: unknown): boolean {
    return unsentCodes.includes(systemCode(error)) || isUntrusted(error);
}

const isUntrusted = (error: unknown): boolean => untrusted.test(systemCode(error));

function systemCode(error: unknown): string {
    const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
    return typeof code === "string" ? code : "";
}

/**
 * The {@link LayerError} for a failed AWS call. An error that is one already comes back unchanged.
 *
 * @param call the operation and what it was about: `lambda:PublishLayerVersion for layer "deps"`
 * @param where an S3 URI or an ARN
 */
export function awsError(error: unknown, call: string, where?: string): LayerError {
    if (isLayerError(error)) {
        return error;
    }
    const { name, message, status, requestId } = describeAwsFailure(error);
    const detail = [
        // The SDK's own hints to programmers stand on further lines.
        `${name}: ${message.split("\n", 1)[0]}`.slice(0, 300),
        ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ];
    const failure = { where, detail, cause: error };
    if (missingCredentials.includes(name) || /could not load credentials/i.test(message)) {
        return new LayerError("CREDENTIALS_MISSING", {
            ...failure,
            what: `${call} could not be signed: no AWS credentials were found.`,
            next: [
                "Set aws:profile in the stack, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`.",
            ],
        });
    }
    if (rejectedCredentials.includes(name)) {
        return new LayerError("CREDENTIALS_MISSING", {
            ...failure,
            what: `${call} was refused: the AWS credentials are expired or unknown.`,
            next: "Renew them (`aws sso login`, a new session token), then run the same command again.",
        });
    }
    if (status === 403 || ["AccessDenied", "AccessDeniedException", "Forbidden"].includes(name)) {
        return new LayerError("ACCESS_DENIED", {
            ...failure,
            what: `${call} was denied.`,
            next: [
                "Allow the action to this identity; the README has the smallest policy that works. S3 answers 403 for a missing object too when s3:ListBucket is not allowed.",
                ...(call.startsWith("s3:")
                    ? [
                          "A bucket of another account than the layer's has to be named as such: give the argument bucketOwner its account.",
                      ]
                    : []),
                ...(call.startsWith("s3:PutObject")
                    ? [
                          "If the bucket's policy asks for encryption, give the arguments kmsKeyId or serverSideEncryption what it asks for.",
                      ]
                    : []),
            ],
        });
    }
    if (name === "NoAnswer") {
        return new LayerError("AWS_FAILED", {
            ...failure,
            what: `${call} got no answer of AWS.`,
            next: "See what stands between this machine and AWS, and let it through: aws:endpoints, a proxy, a network that asks to sign in.",
        });
    }
    if (isUnsent(error)) {
        return new LayerError("AWS_FAILED", {
            ...failure,
            what: `${call} did not reach AWS.`,
            next: isUntrusted(error)
                ? "Name the certificate authority of your network in AWS_CA_BUNDLE or aws:customCaBundle (a PEM file)."
                : "Look at the region, at aws:endpoints, at the proxy and at the network: nothing answers at that address.",
        });
    }
    return new LayerError("AWS_FAILED", {
        ...failure,
        what: `${call} failed.`,
        next: "Run the same command again: what was done is found and taken over. If it fails again, the detail above is what AWS said.",
    });
}
