import { flag, minutes, type Rule, text, texts } from "./argumentRules";
import type { Index } from "./build/indexes";
import { LayerError } from "./errors";
import { excludeProblem } from "./excludeArgument";
import { indexesProblem } from "./indexArgument";
import { type Installer, installers } from "./installers";
import { manifestKinds } from "./manifest/model";
import {
    bucketProblem,
    compatibleArchitecturesProblem,
    compatibleRuntimesProblem,
    descriptionProblem,
    layerNameProblem,
    licenseInfoProblem,
    objectKeyProblem,
    prefixProblem,
} from "./publish/limits";
import { type Grantee, granteeProblem } from "./publish/permissions";
import type { KeepVersions } from "./publish/retention";
import type { Architecture } from "./target";
import { hasUnknown } from "./unknown";

/** The version of the persisted format below. Readers accept every version up to this one. */
export const schemaVersion = 1;

/** What the input `records` says when nothing is missing. */
export const completeRecords = "complete";

/** Inputs that both resources have, as `check` leaves them. They are echoed in the outputs and kept in state. */
export interface LayerInputs {
    readonly schemaVersion: number;
    /** `<organisation>/<URN>` of the resource, see `owner.ts`. */
    readonly owner: string;
    readonly layerName: string;
    readonly region: string;
    /** The account of the layer ARN that was given as the name; absent for a plain name. */
    readonly account?: string;
    readonly manifest: string;
    /** MD5 of the manifest's bytes, hex. */
    readonly manifestMd5: string;
    /** SHA-256 over the files that a requirements.txt includes, hex; absent where it includes none. */
    readonly includesDigest?: string;
    readonly description?: string;
    readonly licenseInfo?: string;
    readonly compatibleRuntimes?: readonly string[];
    readonly compatibleArchitectures?: readonly Architecture[];
    readonly bucket?: string;
    /** Ends with a slash. */
    readonly prefix?: string;
    readonly forceDestroy?: boolean;
    readonly keepVersions?: KeepVersions;
    readonly permissions?: readonly Grantee[];
    /** ARN of an existing version to start from. */
    readonly adopt?: string;
    /** Always {@link completeRecords} in a program; `read` puts what is missing here, so that the engine sees a difference. */
    readonly records?: string;
    readonly reuse?: boolean;
    readonly triggers?: unknown;
    readonly timeoutMinutes?: number;
}

/** Checked inputs of a `PythonLayer`. */
export interface PythonLayerInputs extends LayerInputs {
    readonly resourceType: "PythonLayer";
    readonly bucket: string;
    readonly prefix: string;
    readonly pythonVersion: string;
    readonly architecture: Architecture;
    readonly compatibleRuntimes: readonly string[];
    readonly compatibleArchitectures: readonly Architecture[];
    readonly manifestKind?: string;
    readonly package?: string;
    readonly extras?: readonly string[];
    readonly groups?: readonly string[];
    readonly localPackages?: boolean;
    readonly allowSourceBuilds?: readonly string[];
    readonly changeDetection?: "dependencies" | "md5";
    readonly exclude?: readonly string[];
    readonly excludeRuntimeProvided?: boolean;
    readonly compileBytecode?: boolean;
    readonly resolveUnpinned?: boolean;
    readonly installer?: Installer;
    /** Secret as a whole. */
    readonly indexes?: readonly Index[];
    /** SHA-256 by path over the sources beside the manifest that go in, see `build/sourceTree.ts`; absent without any. */
    readonly sourcesDigest?: Readonly<Record<string, string>>;
    /** Name → version of what is installed for the target. */
    readonly dependencies?: Readonly<Record<string, string>>;
    /** See `manifest/compare.ts`; absent where the manifest can only be compared by its MD5. */
    readonly dependencyDigest?: string;
}

/** Where a `LayerVersion`'s archive is. */
export interface LayerContent {
    readonly s3Bucket?: string;
    readonly s3Key?: string;
    readonly s3ObjectVersion?: string;
    readonly s3ObjectStorageMode?: "COPY" | "REFERENCE";
    /** Path of a local zip, relative to the program's directory. */
    readonly zipFile?: string;
}

/** Checked inputs of a `LayerVersion`. */
export interface LayerVersionInputs extends LayerInputs {
    readonly resourceType: "LayerVersion";
    readonly content: LayerContent;
}

export type CheckedInputs = PythonLayerInputs | LayerVersionInputs;

/** A wrong argument: its name, and a sentence that says what it must be. */
export interface ArgumentProblem {
    readonly property: string;
    readonly reason: string;
}

const content: Rule = (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return "must be { s3Bucket, s3Key } or { zipFile }";
    }
    const {
        s3Bucket,
        s3Key,
        s3ObjectVersion,
        s3ObjectStorageMode: mode,
        zipFile,
        ...others
    } = value as Record<string, unknown>;
    const unexpected = Object.keys(others)[0];
    if (unexpected !== undefined) {
        return `must be { s3Bucket, s3Key, s3ObjectVersion?, s3ObjectStorageMode? } or { zipFile }, and has an unexpected "${unexpected}"`;
    }
    if (zipFile !== undefined) {
        return [s3Bucket, s3Key, s3ObjectVersion, mode].every((part) => part === undefined)
            ? text()(zipFile)
            : "must name the archive once: either s3Bucket and s3Key, or zipFile";
    }
    if (s3Bucket === undefined && s3Key === undefined) {
        return "must be { s3Bucket, s3Key } or { zipFile }";
    }
    if (mode !== undefined && mode !== "COPY" && mode !== "REFERENCE") {
        return `must have "COPY" or "REFERENCE" as its s3ObjectStorageMode, but has ${JSON.stringify(mode)}`;
    }
    if (mode === "REFERENCE" && s3ObjectVersion === undefined) {
        return "must name the s3ObjectVersion when its s3ObjectStorageMode is REFERENCE: Lambda uses that very object";
    }
    const problems: [string, string | undefined][] = [
        ["s3Bucket", text(bucketProblem)(s3Bucket)],
        ["s3Key", text(objectKeyProblem)(s3Key)],
        ["s3ObjectVersion", s3ObjectVersion === undefined ? undefined : text()(s3ObjectVersion)],
    ];
    const found = problems.find(([, problem]) => problem !== undefined);
    return found === undefined ? undefined : `has an s3 location whose ${found[0]} ${found[1]}`;
};

const commonRules: Readonly<Record<string, Rule>> = {
    layerName: text(layerNameProblem),
    region: text((value) =>
        /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(value) ? undefined : `must be an AWS region, but is "${value}"`,
    ),
    manifest: text(),
    description: (value) => (value === "" ? undefined : text(descriptionProblem)(value)),
    licenseInfo: text(licenseInfoProblem),
    compatibleRuntimes: texts(compatibleRuntimesProblem),
    compatibleArchitectures: texts(compatibleArchitecturesProblem),
    bucket: text(bucketProblem),
    prefix: (value) => (typeof value === "string" ? prefixProblem(value) : "must be a text"),
    forceDestroy: flag,
    keepVersions: (value) =>
        value === "all" || (typeof value === "number" && Number.isInteger(value) && value >= 0)
            ? undefined
            : 'must be a whole number of versions, 0 or more, or "all"',
    permissions: texts((value) => value.map(granteeProblem).find((problem) => problem !== undefined)),
    adopt: text((value) =>
        /^arn:[^:]+:lambda:[^:]+:\d{12}:layer:[a-zA-Z0-9_-]{1,140}:\d+$/.test(value)
            ? undefined
            : `must be the ARN of a layer version, but is ${JSON.stringify(value)}`,
    ),
    reuse: flag,
    triggers: (value) => (Array.isArray(value) ? undefined : "must be a list"),
    timeoutMinutes: minutes,
};

const rules: Readonly<
    Record<CheckedInputs["resourceType"], { required: readonly string[]; rules: Record<string, Rule> }>
> = {
    PythonLayer: {
        required: ["manifest", "bucket", "pythonVersion"],
        rules: {
            ...commonRules,
            pythonVersion: (value) =>
                typeof value === "number"
                    ? `must be a text: write "${value}" with its quotes`
                    : text()(value),
            architecture: (value) =>
                value === "x86_64" || value === "arm64"
                    ? undefined
                    : `must be "x86_64" or "arm64", but is ${JSON.stringify(value)}`,
            manifestKind: (value) =>
                manifestKinds.some((kind) => kind === value)
                    ? undefined
                    : `must be one of ${manifestKinds.map((kind) => `"${kind}"`).join(", ")}, but is ${JSON.stringify(value)}`,
            package: text(),
            extras: texts(),
            groups: texts(),
            localPackages: flag,
            allowSourceBuilds: texts(),
            changeDetection: (value) =>
                value === "dependencies" || value === "md5" ? undefined : 'must be "dependencies" or "md5"',
            exclude: texts(excludeProblem),
            excludeRuntimeProvided: flag,
            compileBytecode: flag,
            resolveUnpinned: flag,
            installer: (value) =>
                installers.some((installer) => installer === value)
                    ? undefined
                    : `must be one of ${installers.map((installer) => `"${installer}"`).join(", ")}, but is ${JSON.stringify(value)}`,
            indexes: indexesProblem,
        },
    },
    LayerVersion: {
        required: ["manifest", "content", "layerName"],
        rules: { ...commonRules, content },
    },
};

/** Whether a property's value may be a secret, so that nobody may be shown it. */
export const canHoldSecrets = (property: string): boolean => property === "indexes";

/** Names that `check` itself fills in; a program never gives them. */
const filledIn = [
    "schemaVersion",
    "resourceType",
    "owner",
    "account",
    "manifestMd5",
    "includesDigest",
    "sourcesDigest",
    "dependencies",
    "dependencyDigest",
    "records",
    "__provider",
];

/**
 * Every wrong argument of a resource. Values that a preview does not know yet are passed over.
 *
 * A missing `bucket` of a `LayerVersion` is no problem: nothing is kept in S3 then.
 */
export function findArgumentProblems(
    resourceType: CheckedInputs["resourceType"],
    inputs: Readonly<Record<string, unknown>>,
): ArgumentProblem[] {
    const { required, rules: known } = rules[resourceType];
    const problems: ArgumentProblem[] = required
        .filter((property) => inputs[property] === undefined || inputs[property] === null)
        .map((property) => ({ property, reason: `${property} is required` }));
    for (const [property, value] of Object.entries(inputs)) {
        const rule = known[property];
        if (value === undefined || value === null || hasUnknown(value) || filledIn.includes(property)) {
            continue;
        }
        const problem = rule === undefined ? `is no argument of ${resourceType}` : rule(value);
        if (problem !== undefined) {
            problems.push({
                // The engine prints the value of a property at fault, in clear.
                property: canHoldSecrets(property) ? "" : property,
                reason: `${property} ${problem}`,
            });
        }
    }
    return problems;
}

/** The resource type that inputs or outputs are of; `undefined` when they are none of ours. */
export function resourceTypeOf(
    props: Readonly<Record<string, unknown>>,
): CheckedInputs["resourceType"] | undefined {
    const { resourceType } = props;
    return resourceType === "PythonLayer" || resourceType === "LayerVersion" ? resourceType : undefined;
}

/**
 * Checked inputs of either resource, from what the engine hands to `create` and `update`.
 *
 * They went through `check` before, so a problem here means that the state or a transform was edited by hand.
 *
 * @throws ARGUMENT_INVALID
 */
export function asCheckedInputs(props: Readonly<Record<string, unknown>>): CheckedInputs {
    const { __provider: _provider, ...inputs } = props;
    const resourceType = resourceTypeOf(inputs);
    const known = resourceType === undefined ? {} : rules[resourceType].rules;
    // A newer release may have left inputs that this one does not know: they are no problem here.
    const familiar = Object.fromEntries(
        Object.entries(inputs).filter(([name]) => name in known || filledIn.includes(name)),
    );
    const problem =
        resourceType === undefined
            ? { reason: "they are of no resource of pulumi-lambda-layer" }
            : findArgumentProblems(resourceType, familiar)[0];
    const missing = ["owner", "layerName", "region", "manifestMd5"].find(
        (name) => typeof inputs[name] !== "string",
    );
    if (problem !== undefined || missing !== undefined) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The inputs cannot be used: ${problem?.reason ?? `${missing} is missing`}.`,
            next: "Make the resource with the classes of pulumi-lambda-layer, and correct the argument.",
        });
    }
    // Every property has passed its rule above.
    return familiar as unknown as CheckedInputs;
}

/** How many superseded versions a setting keeps; all, where it says nothing. */
export const readKeepVersions = (value: unknown): KeepVersions => (typeof value === "number" ? value : "all");

/** The `timeoutMinutes` in a resource's state; `undefined` where it has none. */
export const readMinutes = (props: Readonly<Record<string, unknown>>): number | undefined =>
    typeof props["timeoutMinutes"] === "number" ? props["timeoutMinutes"] : undefined;
