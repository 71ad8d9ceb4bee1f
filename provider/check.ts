import { isLayerError, LayerError } from "./errors";
import { layerOf, newerState, prefixOf, readKeepVersions, resourceTypeOf } from "./inputs";
import type { Call, Host } from "./layer/host";
import { describeDependencies } from "./manifestInputs";
import { defaultLayerName, parseOwner } from "./owner";
import { programPath } from "./programPath";
import { jsonProps, type Props, textOf, textsOf } from "./props";
import { parseLayerArn } from "./publish/limits";
import { unknownRuntime } from "./publish/runtimes";
import { canHoldSecrets, findArgumentProblems } from "./resourceArguments";
import { deprecationNotice, type Target, targetFor } from "./target";
import { hasUnknown, unknownValue } from "./unknown";
import { withoutDefaults } from "./withoutDefaults";

/** What is wrong with an argument. */
export interface CheckFailure {
    /** Empty where nobody may be shown its value. */
    readonly property: string;
    readonly reason: string;
}

/** What `check` answers: inputs as they are kept, or what is wrong with them, each as an error's message. */
export interface CheckOutcome {
    readonly inputs: Record<string, unknown>;
    readonly failures: CheckFailure[];
}

/**
 * Checks arguments, fills in defaults, and looks at the manifest: its MD5 and, where that moved, its dependencies.
 *
 * Everything that decides about a new version is an input afterwards, since only inputs reach the engine's own diff.
 * Nothing here touches the network. A value that a preview does not know yet stays unknown, and so does what follows
 * from it. A computed value that is given already is how the engine says `ignoreChanges`, and is kept.
 */
export async function check(host: Host, call: Call, olds: Props, news: Props): Promise<CheckOutcome> {
    const resourceType = resourceTypeOf(news);
    if (resourceType === undefined) {
        const error = wrongArgument(
            "",
            "This is no resource of pulumi-lambda-layer.",
            "Make it with the classes PythonLayer and LayerVersion.",
        );
        return { inputs: { ...news }, failures: [toFailure(error)] };
    }
    const args = withoutDefaults(givenArguments(news));
    const failures = findArgumentProblems(resourceType, args).map(({ property, reason }) =>
        wrongArgument(property, reason.endsWith("?") ? reason : `${reason}.`),
    );
    const newer = newerState(olds);
    if (newer !== undefined) {
        failures.push(newer);
    }
    const problem = await host.aws.problem();
    if (problem !== undefined) {
        failures.push(problem);
    }
    const given = fillIn(host, olds, args, textOf(args, "region") ?? (await regionOf(host, failures)));
    const target = resourceType === "PythonLayer" ? readTarget(call, given, failures) : undefined;
    const inputs =
        target === undefined ? withoutTarget(resourceType, given) : followTarget(given, target, failures);
    for (const runtime of textsOf(given, "compatibleRuntimes")) {
        const notice = runtime === unknownValue ? undefined : unknownRuntime(runtime);
        if (notice !== undefined) call.log("warning", notice);
    }
    checkLayerArn(given, news, failures);
    checkBucket(olds, given, failures);
    checkPrefix(olds, given, failures);
    checkEncryption(given, failures);
    const seen = host.memory.seenOf(parseOwner(textOf(news, "owner") ?? "").id);
    seen.isChecked = true;
    // The second check of a replacement is not shown the old inputs: what the first one saw stays true.
    seen.hasState ||= olds["layerName"] !== undefined;
    seen.placedIn = layerOf(inputs);
    seen.keepVersions = readKeepVersions(inputs["keepVersions"]);
    const former = textOf(olds, "owner");
    if (former !== undefined && former !== textOf(news, "owner")) {
        // Renamed with an alias: what had the old name lives on elsewhere.
        const renamed = host.memory.seenOf(parseOwner(former).id);
        renamed.isChecked = true;
        renamed.keepVersions = seen.keepVersions;
    }
    if (failures.length > 0) {
        return { inputs, failures: failures.map(toFailure) };
    }
    try {
        const described = await describeDependencies(host, call, resourceType, olds, inputs, target);
        return { inputs: jsonProps({ ...inputs, ...described }), failures: [] };
    } catch (error) {
        if (!isLayerError(error)) {
            throw error;
        }
        return { inputs, failures: [toFailure(error)] };
    }
}

/** The region that the stack, the environment or the profile gives. That there is none goes to the failures. */
async function regionOf({ aws }: Host, failures: LayerError[]): Promise<string | undefined> {
    try {
        const region = await aws.region();
        if (region === undefined) {
            throw new LayerError("REGION_MISSING", {
                what: "No AWS region is set.",
                next: "Run `pulumi config set aws:region <region>`, set AWS_REGION, or give the argument region.",
                property: "region",
            });
        }
        return region;
    } catch (error) {
        if (!isLayerError(error)) {
            throw error;
        }
        failures.push(error);
        return undefined;
    }
}

function fillIn(
    { memory, folder }: Host,
    olds: Props,
    news: Props,
    region: string | undefined,
): Record<string, unknown> {
    const { __provider: _provider, ...given } = news;
    const ownerId = textOf(news, "owner") ?? "";
    const name = textOf(news, "layerName");
    // A default once chosen is kept: a rename with an alias must not move the layer. The second check of a
    // replacement is not shown the old inputs, so the first one's choice is remembered.
    const layerName =
        name === undefined
            ? (memory.layerNames.get(ownerId) ??
              textOf(olds, "layerName") ??
              defaultLayerName(parseOwner(ownerId)))
            : (parseLayerArn(name)?.name ?? name);
    memory.layerNames.set(ownerId, layerName);
    const account = parseLayerArn(name ?? "")?.account;
    const bucket = news["bucket"] ?? storedBucket(news["content"]);
    return withoutDefaults({
        ...given,
        layerName,
        ...(account === undefined ? {} : { account }),
        ...(region === undefined ? {} : { region }),
        ...(bucket === undefined ? {} : { bucket }),
        ...(typeof news["prefix"] === "string" ? { prefix: normalizePrefix(news["prefix"]) } : {}),
        ...(typeof news["manifest"] === "string" ? { manifest: programPath(news["manifest"], folder) } : {}),
        ...(isContent(news["content"]) ? { content: contentIn(news["content"], folder) } : {}),
    });
}

/** Without the type, which the owner tells, and without a drift that `read` found, which `ignoreChanges: ["*"]` hands on. */
const givenArguments = ({ resourceType: _type, records: _drift, ...given }: Props): Props => given;

const isContent = (value: unknown): value is Props =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** A `LayerVersion` keeps its records in the archive's own bucket unless it names another. */
const storedBucket = (content: unknown): unknown => (isContent(content) ? content["s3Bucket"] : undefined);

const contentIn = (content: Props, folder: string): Props =>
    typeof content["zipFile"] === "string"
        ? { ...content, zipFile: programPath(content["zipFile"], folder) }
        : content;

function normalizePrefix(prefix: string): string {
    if (prefix === unknownValue) {
        return unknownValue;
    }
    const trimmed = prefix.replace(/^\/+|\/+$/g, "");
    return trimmed === "" ? "" : `${trimmed}/`;
}

function readTarget(call: Call, inputs: Props, failures: LayerError[]): Target | undefined {
    const [pythonVersion, architecture] = [inputs["pythonVersion"], inputs["architecture"] ?? "x86_64"];
    const isArchitecture = architecture === "x86_64" || architecture === "arm64";
    if (typeof pythonVersion !== "string" || pythonVersion === unknownValue || !isArchitecture) {
        return undefined;
    }
    try {
        const target = targetFor(pythonVersion, architecture);
        const notice = deprecationNotice(target, new Date());
        if (notice !== undefined) {
            call.log("warning", notice);
        }
        return target;
    } catch (error) {
        if (isLayerError(error)) {
            failures.push(error);
            return undefined;
        }
        throw error;
    }
}

/** What follows a target that a preview does not know yet is not known either. */
function withoutTarget(resourceType: string, inputs: Record<string, unknown>): Record<string, unknown> {
    // A target that is wrong is no unknown one: outside a preview the engine takes no unknown values.
    if (resourceType !== "PythonLayer" || !hasUnknown([inputs["pythonVersion"], inputs["architecture"]])) {
        return inputs;
    }
    const unknown = { compatibleRuntimes: unknownValue, compatibleArchitectures: unknownValue };
    return { ...unknown, architecture: "x86_64", ...inputs };
}

/** Runtimes and architectures follow the target unless they are given; given ones have to include it. */
function followTarget(
    inputs: Record<string, unknown>,
    target: Target,
    failures: LayerError[],
): Record<string, unknown> {
    const expected: [string, string][] = [
        ["compatibleRuntimes", target.runtime],
        ["compatibleArchitectures", target.architecture],
    ];
    const filled: Record<string, unknown> = {
        ...inputs,
        // "python3.13" and "3.13" are one target, so they are kept as one text.
        pythonVersion: String(inputs["pythonVersion"])
            .trim()
            .replace(/^python/, ""),
        architecture: target.architecture,
    };
    for (const [property, value] of expected) {
        const list = inputs[property];
        if (list === undefined || list === null) {
            filled[property] = [value];
        } else if (Array.isArray(list) && !hasUnknown(list) && !list.includes(value)) {
            const what = `${property} leaves out ${value}, which is what the layer is built for.`;
            failures.push(wrongArgument(property, what, `Add it, or leave ${property} to the target.`));
        }
    }
    return filled;
}

function checkLayerArn(inputs: Props, news: Props, failures: LayerError[]): void {
    const arn = parseLayerArn(textOf(news, "layerName") ?? "");
    const region = textOf(inputs, "region");
    if (arn !== undefined && region !== undefined && region !== unknownValue && arn.region !== region) {
        const what = `layerName is a layer of ${arn.region}, but the region is ${region}.`;
        failures.push(
            wrongArgument("layerName", what, `Set region: "${arn.region}", or give the name alone.`),
        );
    }
}

/** ARGUMENT_INVALID for a property, which is empty where nobody may be shown its value. */
function wrongArgument(
    property: string,
    what: string,
    next = property === "" ? "Correct the resource's arguments." : `Correct the argument ${property}.`,
): LayerError {
    return new LayerError("ARGUMENT_INVALID", { what, next, property });
}

/** A failure on the property at fault. */
function toFailure(error: LayerError): CheckFailure {
    const property = error.failure.property ?? "manifest";
    return { property: canHoldSecrets(property) ? "" : property, reason: error.message };
}

/** Without the ledger a destroy would delete a version that others hold, and leave what this resource holds behind. */
function checkBucket(olds: Props, inputs: Props, failures: LayerError[]): void {
    const bucket = textOf(olds, "bucket");
    if (bucket !== undefined && inputs["bucket"] === undefined) {
        const what = `The records of layer "${textOf(olds, "layerName")}" are in bucket "${bucket}", and without one nobody would know who else uses its versions.`;
        failures.push(wrongArgument("bucket", what, `Keep bucket: "${bucket}", or name another one.`));
    }
}

/** A folder holds the records of one layer, so a layer that gets another name needs another prefix. */
function checkPrefix(olds: Props, inputs: Props, failures: LayerError[]): void {
    const renamed = textOf(olds, "layerName") !== undefined && olds["layerName"] !== inputs["layerName"];
    const staysInBucket = olds["bucket"] !== undefined && olds["bucket"] === inputs["bucket"];
    if (renamed && staysInBucket && prefixOf(olds) === prefixOf(inputs)) {
        const what = `prefix holds the records of layer "${textOf(olds, "layerName")}".`;
        const next = `Give "${textOf(inputs, "layerName")}" another one, or leave prefix out.`;
        failures.push(wrongArgument("prefix", what, next));
    }
}

/** An argument about objects that are never written would be passed over in silence, as would a key that S3 is not to use. */
function checkEncryption(inputs: Props, failures: LayerError[]): void {
    for (const property of ["bucketOwner", "serverSideEncryption", "kmsKeyId"]) {
        if (inputs[property] !== undefined && inputs["bucket"] === undefined) {
            const next = `Give the layer a bucket, or take ${property} away.`;
            failures.push(wrongArgument(property, `${property} is about a bucket, and there is none.`, next));
        }
    }
    if (inputs["kmsKeyId"] !== undefined && inputs["serverSideEncryption"] === "AES256") {
        const what = "kmsKeyId is a key of KMS, and AES256 encrypts with keys of S3.";
        failures.push(wrongArgument("kmsKeyId", what, 'Take one of them away, or set "aws:kms".'));
    }
}
