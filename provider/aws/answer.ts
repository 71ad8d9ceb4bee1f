/** What came in an answer's place was none of AWS: a proxy's page, or bytes that break off. Whether the call took effect is open. */
export class NoAnswer extends Error {
    override readonly name = "NoAnswer";
}

/** What each of these calls always answers with (the services' API references); without it the answer is not AWS's. */
const certain: Readonly<Record<string, string>> = {
    GetCallerIdentityCommand: "Account",
    HeadObjectCommand: "ETag",
    GetObjectCommand: "ETag",
    PutObjectCommand: "ETag",
    ListObjectsV2Command: "KeyCount",
    ListLayerVersionsCommand: "LayerVersions",
    GetLayerVersionCommand: "LayerVersionArn",
    PublishLayerVersionCommand: "LayerVersionArn",
    GetLayerVersionPolicyCommand: "Policy",
    AddLayerVersionPermissionCommand: "Statement",
};

/** Calls that AWS answers with 204 and nothing else; a stand-in for AWS may say 200, with the headers of an answer of AWS. */
const withoutContent = [
    "DeleteObjectCommand",
    "DeleteLayerVersionCommand",
    "RemoveLayerVersionPermissionCommand",
];

/**
 * Takes a call's result for an answer of AWS, or throws {@link NoAnswer}.
 *
 * @param command the SDK's class: `GetObjectCommand`
 */
export function requireAnswer(
    command: string,
    { response, output }: { readonly response: unknown; readonly output: object },
): void {
    const missing = certain[command];
    const problem =
        foreignContent(response) ??
        (missing !== undefined && Reflect.get(output, missing) === undefined
            ? `it has no ${missing}`
            : undefined) ??
        (withoutContent.includes(command) &&
        isResponse(response) &&
        response.statusCode !== 204 &&
        !hasOwnHeaders(response)
            ? "it is not empty"
            : undefined);
    if (problem !== undefined) {
        const body: unknown = Reflect.get(output, "Body");
        if (hasDestroy(body)) body.destroy();
        throw noAnswer(response, problem);
    }
}

/** The {@link NoAnswer} for an error about a response that AWS did not give, or that the SDK could not read; `undefined` for others. */
export function notAnAnswer(error: unknown): NoAnswer | undefined {
    if (typeof error !== "object" || error === null) return undefined;
    const response: unknown = Reflect.get(error, "$response");
    if (!isResponse(response)) return undefined;
    // An error that the SDK read from an answer says whose fault it is.
    const problem =
        foreignContent(response) ?? ("$fault" in error ? undefined : "it can't be read to its end");
    return problem === undefined ? undefined : noAnswer(response, problem, error);
}

function noAnswer(response: unknown, problem: string, cause?: unknown): NoAnswer {
    const status = isResponse(response) ? ` (status ${response.statusCode})` : "";
    return new NoAnswer(`What came back${status} is not an answer of AWS: ${problem}`, { cause });
}

/**
 * Pages and refusals from whoever stands between: AWS's answers are XML, JSON or an object's bytes, and have headers of its own. To a HEAD,
 * and with an empty body, they are all that tells AWS's "it is not there" from a proxy's.
 */
function foreignContent(response: unknown): string | undefined {
    if (!isResponse(response) || hasOwnHeaders(response)) return undefined;
    const type = response.headers["content-type"];
    if (type !== undefined && /^text\/(?:html|plain)\b/i.test(type))
        return `its content is ${type.split(";")[0]}`;
    const isRefusal = response.statusCode >= 400 && response.statusCode < 500;
    return isRefusal ? "it has no header of AWS" : undefined;
}

const hasOwnHeaders = ({ headers }: Response): boolean =>
    Object.keys(headers).some((name) => /^(?:x-amzn?-|etag$)/i.test(name));

interface Response {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
}

const isResponse = (value: unknown): value is Response =>
    typeof value === "object" &&
    value !== null &&
    "statusCode" in value &&
    "headers" in value &&
    typeof value.headers === "object" &&
    value.headers !== null;

const hasDestroy = (value: unknown): value is { destroy(): void } =>
    typeof value === "object" && value !== null && "destroy" in value && typeof value.destroy === "function";
