import { createHash } from "node:crypto";
import type { Answer } from "./s3";
import {
    type Caller,
    newest,
    Refusal,
    type StrictLayer,
    type StrictLayerVersion,
    type StrictState,
} from "./state";

const nameOrArn =
    /^(?:arn:aws[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]{1,140})|([a-zA-Z0-9-_]{1,140}))$/;
const runtimes =
    /^(?:nodejs(?:[0-9.]+x|4\.3)?|python(?:2\.7|3\.(?:[6-9]|1[0-5]))|java(?:8|11|17|21|25)(?:\.al2(?:023)?)?|ruby(?:2\.[57]|3\.[2-4]|4\.0)|dotnet(?:core[123]\.[01]|6|8|10)|go1\.x|provided(?:\.al2(?:023)?)?)$/;

/** Bytes of a whole request, of an inline zip, and of all files of a layer. */
const limits = { request: 69_905_067, zip: 52_428_800, unzipped: 262_144_000 };

export interface LambdaRequest {
    readonly method: string;
    /** Decoded parts of the path after `/2018-10-31/layers/`. */
    readonly path: readonly string[];
    readonly query: URLSearchParams;
    readonly body: Buffer;
    readonly endpoint: string;
}

/** Answers as Lambda's layer API does: what it refuses is refused here, in its words. */
export function answerLambda(state: StrictState, caller: Caller, request: LambdaRequest): Answer {
    const { method, path } = request;
    const [given = "", , version, part, statement] = path;
    const layer = openLayer(state, caller, given);
    if (path.length === 2) {
        return method === "POST" ? publish(state, caller, layer, request) : list(caller, layer, request);
    }
    const number = Number(version);
    if (!(number >= 1)) {
        throw invalid("Layer Version Cannot be less than 1");
    }
    const found = layer.layer.versions.get(number);
    if (part === "policy") {
        deny(state, `lambda:${policyActions[method] ?? "GetLayerVersionPolicy"}`);
        return policy(caller, layer.name, found, { ...request, statement });
    }
    if (method === "DELETE") {
        deny(state, "lambda:DeleteLayerVersion");
        layer.layer.versions.delete(number);
        return { status: 204 };
    }
    deny(state, "lambda:GetLayerVersion");
    if (found === undefined) {
        throw new Refusal(404, "ResourceNotFoundException", "The resource you requested does not exist.");
    }
    return json(200, describe(state, caller, layer.name, found, request.endpoint));
}

interface OpenedLayer {
    readonly name: string;
    readonly layer: StrictLayer;
}

function openLayer(state: StrictState, caller: Caller, given: string): OpenedLayer {
    const match = nameOrArn.exec(given);
    if (match === null) {
        throw validation(`Value '${given}' at 'layerName' failed to satisfy constraint`);
    }
    const [, region = caller.region, account = caller.account, inArn, plain] = match;
    if (region !== caller.region || account !== caller.account) {
        throw new Refusal(403, "AccessDeniedException", `User is not authorized to access ${given}`);
    }
    const name = inArn ?? plain ?? "";
    const key = `${account}/${region}/${name}`;
    const layer = state.layers.get(key) ?? { last: 0, versions: new Map() };
    state.layers.set(key, layer);
    return { name, layer };
}

const policyActions: Readonly<Record<string, string>> = {
    POST: "AddLayerVersionPermission",
    DELETE: "RemoveLayerVersionPermission",
};

const deny = (state: StrictState, action: string): void => {
    if (state.denied.has(action)) {
        throw new Refusal(403, "AccessDeniedException", `User is not authorized to perform: ${action}`);
    }
};

function publish(
    state: StrictState,
    caller: Caller,
    { name, layer }: OpenedLayer,
    request: LambdaRequest,
): Answer {
    deny(state, "lambda:PublishLayerVersion");
    const planned = state.publishErrors.shift();
    if (planned !== undefined) {
        throw new Refusal(planned.status, planned.code, planned.message);
    }
    if (request.body.length > limits.request) {
        throw new Refusal(
            413,
            "RequestEntityTooLargeException",
            `Request must be smaller than ${limits.request} bytes for the PublishLayerVersion operation`,
        );
    }
    const input = JSON.parse(request.body.toString("utf8")) as Record<string, unknown>;
    const description = textField(input, "Description", 256) ?? "";
    const licenseInfo = textField(input, "LicenseInfo", 512);
    const compatibleRuntimes = listField(input, "CompatibleRuntimes", 15, (each) => runtimes.test(each));
    const compatibleArchitectures = listField(input, "CompatibleArchitectures", 2, (each) =>
        ["x86_64", "arm64"].includes(each),
    );
    const { code, reference } = readContent(
        state,
        caller,
        (input["Content"] ?? {}) as Record<string, unknown>,
    );
    requireZip(code);
    layer.last += 1;
    const made: StrictLayerVersion = {
        version: layer.last,
        createdDate: new Date(Date.now() + state.skew).toISOString().replace("Z", "+0000"),
        description,
        licenseInfo,
        compatibleRuntimes,
        compatibleArchitectures,
        code,
        codeSha256: createHash("sha256").update(code).digest("base64"),
        reference,
        statements: new Map(),
    };
    layer.versions.set(made.version, made);
    return json(201, describe(state, caller, name, made, request.endpoint));
}

function textField(input: Record<string, unknown>, name: string, longest: number): string | undefined {
    const value = input[name];
    if (typeof value === "string" && value.length > longest) {
        throw validation(
            `Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`,
        );
    }
    return typeof value === "string" ? value : undefined;
}

function listField(
    input: Record<string, unknown>,
    name: string,
    longest: number,
    isKnown: (value: string) => boolean,
): string[] | undefined {
    const value = input[name];
    if (!Array.isArray(value)) {
        return undefined;
    }
    const texts = value.map(String);
    if (texts.length > longest || !texts.every(isKnown)) {
        throw validation(
            `Value '[${texts.join(", ")}]' at '${name}' failed to satisfy constraint: Member must satisfy enum value set`,
        );
    }
    return texts;
}

function readContent(
    state: StrictState,
    caller: Caller,
    content: Record<string, unknown>,
): Pick<StrictLayerVersion, "code" | "reference"> {
    const { S3Bucket, S3Key, S3ObjectVersion, S3ObjectStorageMode, ZipFile, ...others } = content;
    if (Object.keys(others).length > 0) {
        throw validation(`Unknown members ${Object.keys(others).join(", ")}`);
    }
    if (typeof ZipFile === "string") {
        if (S3Bucket !== undefined || S3Key !== undefined) {
            throw invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
        }
        const code = Buffer.from(ZipFile, "base64");
        if (code.length > limits.zip) {
            throw new Refusal(
                413,
                "RequestEntityTooLargeException",
                `Zipped size must be smaller than ${limits.zip} bytes`,
            );
        }
        return { code, reference: undefined };
    }
    if (typeof S3Bucket !== "string" || typeof S3Key !== "string") {
        throw invalid("Missing Content");
    }
    const bucket = state.buckets.get(S3Bucket);
    if (bucket === undefined) {
        throw fromS3("NoSuchBucket", "The specified bucket does not exist");
    }
    if (bucket.region !== caller.region) {
        throw fromS3(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint.",
        );
    }
    const stored =
        typeof S3ObjectVersion === "string"
            ? bucket.objects.get(S3Key)?.find(({ id }) => id === S3ObjectVersion)
            : newest(bucket, S3Key);
    if (stored?.body === undefined) {
        throw fromS3("NoSuchKey", "The specified key does not exist.");
    }
    if (S3ObjectStorageMode === undefined || S3ObjectStorageMode === "COPY") {
        return { code: stored.body, reference: undefined };
    }
    if (S3ObjectStorageMode !== "REFERENCE") {
        throw validation(
            `Value '${String(S3ObjectStorageMode)}' at 's3ObjectStorageMode' failed to satisfy constraint`,
        );
    }
    if (!bucket.versioned || typeof S3ObjectVersion !== "string") {
        throw invalid("S3ObjectVersion is required when S3ObjectStorageMode is REFERENCE");
    }
    return { code: stored.body, reference: { bucket: S3Bucket, key: S3Key, versionId: S3ObjectVersion } };
}

/** Reads the sizes that the central directory promises: enough to tell a zip from none, and one that is too large. */
function requireZip(code: Buffer): void {
    const end = code.lastIndexOf(Buffer.from("PK\x05\x06"));
    if (end < 0) {
        throw invalid("Could not unzip uploaded file. Please check your file, then try to upload again.");
    }
    let [offset, unzipped] = [code.readUInt32LE(end + 16), 0];
    for (let entry = 0; entry < code.readUInt16LE(end + 10); entry += 1) {
        unzipped += code.readUInt32LE(offset + 24);
        offset +=
            46 +
            code.readUInt16LE(offset + 28) +
            code.readUInt16LE(offset + 30) +
            code.readUInt16LE(offset + 32);
    }
    if (unzipped >= limits.unzipped) {
        throw invalid(`Unzipped size must be smaller than ${limits.unzipped} bytes`);
    }
}

function list(caller: Caller, { name, layer }: OpenedLayer, request: LambdaRequest): Answer {
    const size = Number(request.query.get("MaxItems") ?? 50);
    if (!(size >= 1 && size <= 50)) {
        throw validation("Value at 'maxItems' failed to satisfy constraint");
    }
    const before = Number(request.query.get("Marker") ?? Number.POSITIVE_INFINITY);
    const numbers = [...layer.versions.keys()]
        .filter((each) => each < before)
        .sort((left, right) => right - left);
    const page = numbers.slice(0, size);
    return json(200, {
        LayerVersions: page.flatMap((version) => {
            const made = layer.versions.get(version);
            return made === undefined ? [] : [outline(caller, name, made)];
        }),
        ...(numbers.length > page.length ? { NextMarker: String(page.at(-1)) } : {}),
    });
}

/** What a list and a single answer say of a version. */
const outline = (caller: Caller, name: string, made: StrictLayerVersion) => ({
    LayerVersionArn: `${layerArn(caller, name)}:${made.version}`,
    Version: made.version,
    Description: made.description,
    CreatedDate: made.createdDate,
    ...(made.licenseInfo === undefined ? {} : { LicenseInfo: made.licenseInfo }),
    ...(made.compatibleRuntimes === undefined ? {} : { CompatibleRuntimes: made.compatibleRuntimes }),
    ...(made.compatibleArchitectures === undefined
        ? {}
        : { CompatibleArchitectures: made.compatibleArchitectures }),
});

function describe(
    state: StrictState,
    caller: Caller,
    name: string,
    made: StrictLayerVersion,
    endpoint: string,
): unknown {
    const signer = `arn:aws:signer:${caller.region}:${caller.account}:`;
    return {
        LayerArn: layerArn(caller, name),
        ...outline(caller, name, made),
        Content: {
            Location: `${endpoint}/download/${caller.account}/${caller.region}/${name}/${made.version}`,
            CodeSha256: made.codeSha256,
            CodeSize: made.code.length,
            ...(state.signing
                ? {
                      SigningProfileVersionArn: `${signer}/signing-profiles/layers/1`,
                      SigningJobArn: `${signer}/signing-jobs/${made.version}`,
                  }
                : {}),
            ...(made.reference === undefined
                ? {}
                : {
                      ResolvedS3Object: {
                          S3Bucket: made.reference.bucket,
                          S3Key: made.reference.key,
                          S3ObjectVersion: made.reference.versionId,
                      },
                  }),
        },
    };
}

function policy(
    caller: Caller,
    name: string,
    made: StrictLayerVersion | undefined,
    request: LambdaRequest & { readonly statement: string | undefined },
): Answer {
    if (made === undefined) {
        throw new Refusal(404, "ResourceNotFoundException", "The resource you requested does not exist.");
    }
    if (request.method === "POST") {
        const input = JSON.parse(request.body.toString("utf8")) as Record<string, unknown>;
        const [sid, principal, organization] = [
            input["StatementId"],
            input["Principal"],
            input["OrganizationId"],
        ];
        if (typeof sid !== "string" || !/^[a-zA-Z0-9-_]{1,100}$/.test(sid)) {
            throw validation("Value at 'statementId' failed to satisfy constraint");
        }
        if (input["Action"] !== "lambda:GetLayerVersion") {
            throw validation("Value at 'action' failed to satisfy constraint");
        }
        if (typeof principal !== "string" || !/^(?:\d{12}|\*|arn:aws:iam::\d{12}:root)$/.test(principal)) {
            throw validation("Value at 'principal' failed to satisfy constraint");
        }
        if (
            organization !== undefined &&
            (principal !== "*" || !/^o-[a-z0-9]{10,32}$/.test(String(organization)))
        ) {
            throw validation("Value at 'organizationId' failed to satisfy constraint");
        }
        requireRevision(made, input["RevisionId"]);
        if (made.statements.has(sid)) {
            throw new Refusal(
                409,
                "ResourceConflictException",
                `The statement id (${sid}) provided already exists.`,
            );
        }
        made.statements.set(sid, {
            Sid: sid,
            Effect: "Allow",
            Principal: principal === "*" ? "*" : { AWS: `arn:aws:iam::${principal}:root` },
            Action: "lambda:GetLayerVersion",
            Resource: `${layerArn(caller, name)}:${made.version}`,
            ...(organization === undefined
                ? {}
                : { Condition: { StringEquals: { "aws:PrincipalOrgID": organization } } }),
        });
        turn(made);
        return json(201, {
            Statement: JSON.stringify(made.statements.get(sid)),
            RevisionId: revisionOf(made),
        });
    }
    const none = new Refusal(
        404,
        "ResourceNotFoundException",
        "No policy is associated with the given resource.",
    );
    if (request.method === "DELETE") {
        requireRevision(made, request.query.get("RevisionId") ?? undefined);
        if (!made.statements.delete(request.statement ?? "")) {
            throw none;
        }
        turn(made);
        return { status: 204 };
    }
    if (made.statements.size === 0) {
        throw none;
    }
    const document = { Version: "2012-10-17", Id: "default", Statement: [...made.statements.values()] };
    return json(200, { Policy: JSON.stringify(document), RevisionId: revisionOf(made) });
}

const turns = new WeakMap<StrictLayerVersion, number>();

const turn = (made: StrictLayerVersion): void => {
    turns.set(made, (turns.get(made) ?? 0) + 1);
};

/** Another one after each change, also one by hand. */
const revisionOf = (made: StrictLayerVersion): string =>
    `${turns.get(made) ?? 0}-${[...made.statements.keys()].sort().join()}`;

function requireRevision(made: StrictLayerVersion, given: unknown): void {
    if (given !== undefined && given !== revisionOf(made)) {
        throw new Refusal(
            412,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        );
    }
}

const layerArn = (caller: Caller, name: string): string =>
    `arn:aws:lambda:${caller.region}:${caller.account}:layer:${name}`;

export const json = (status: number, body: unknown): Answer => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
});

const invalid = (message: string): Refusal => new Refusal(400, "InvalidParameterValueException", message);

const validation = (message: string): Refusal =>
    new Refusal(400, "ValidationException", `1 validation error detected: ${message}`);

const fromS3 = (code: string, message: string): Refusal =>
    invalid(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`);
