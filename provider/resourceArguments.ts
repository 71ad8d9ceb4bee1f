import path from "node:path";
import { flag, type Rule, text, texts } from "./argumentRules";
import { contentProblem } from "./contentArgument";
import { excludeProblem } from "./excludeArgument";
import { indexesProblem } from "./indexArgument";
import { installers } from "./installers";
import { isDependencies } from "./manifest/compare";
import { manifestKinds } from "./manifest/model";
import type { Props } from "./props";
import { recordFileName } from "./publish/layout";
import {
    bucketProblem,
    compatibleArchitecturesProblem,
    compatibleRuntimesProblem,
    descriptionProblem,
    granteeProblem,
    layerNameProblem,
    licenseInfoProblem,
    prefixProblem,
} from "./publish/limits";
import { nearestName } from "./spelling";
import { hasUnknown } from "./unknown";

export type ResourceType = "PythonLayer" | "LayerVersion";

/** A wrong argument: its name, and a sentence that says what it must be. */
export interface ArgumentProblem {
    readonly property: string;
    readonly reason: string;
}

/** Amazon S3, PutObject, "x-amz-server-side-encryption". */
const encryptions: readonly string[] = ["AES256", "aws:kms", "aws:kms:dsse"];

const commonRules: Readonly<Record<string, Rule>> = {
    layerName: text(layerNameProblem),
    region: text((value) =>
        /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(value) ? undefined : `must be an AWS region, but is "${value}"`,
    ),
    manifest: text((value) =>
        path.basename(value) === recordFileName
            ? `must not be called ${recordFileName}: the layer's record has that name beside it in the bucket`
            : undefined,
    ),
    description: text(descriptionProblem),
    licenseInfo: text(licenseInfoProblem),
    compatibleRuntimes: texts(compatibleRuntimesProblem),
    compatibleArchitectures: texts(compatibleArchitecturesProblem),
    bucket: text(bucketProblem),
    prefix: (value) => (typeof value === "string" ? prefixProblem(value) : "must be a text"),
    bucketOwner: text((value) =>
        /^\d{12}$/.test(value) ? undefined : "must be an account number of twelve digits, as a text",
    ),
    serverSideEncryption: text((value) =>
        encryptions.includes(value)
            ? undefined
            : `must be one of ${encryptions.map((each) => `"${each}"`).join(", ")}, but is ${JSON.stringify(value)}`,
    ),
    kmsKeyId: text((value) =>
        /^\S{1,2048}$/.test(value) ? undefined : "must be the ARN, id or alias of a KMS key",
    ),
    forceDestroy: flag,
    keepVersions: (value) =>
        value === "all" || (typeof value === "number" && Number.isInteger(value) && value >= 0)
            ? undefined
            : 'must be a whole number of versions, 0 or more, or "all"',
    permissions: texts((value) => value.map(granteeProblem).find((problem) => problem !== undefined)),
    triggers: (value) => (Array.isArray(value) ? undefined : "must be a list"),
};

const rules: Readonly<Record<ResourceType, { required: readonly string[]; rules: Record<string, Rule> }>> = {
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
            onlyGroups: texts(),
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
        rules: { ...commonRules, content: contentProblem },
    },
};

/** Whether a property's value may be a secret, so that nobody may be shown it. */
export const canHoldSecrets = (property: string): boolean => property === "indexes";

const anyText: Rule = (value) => (typeof value === "string" ? undefined : "must be a text");

const textsByName: Rule = (value) => (isDependencies(value) ? undefined : "must be an object of texts");

/** What `check` itself fills in: a program never gives it, but `ignoreChanges` does, and a state may have been edited. */
const filledIn: Readonly<Record<string, Rule>> = {
    resourceType: anyText,
    owner: anyText,
    account: anyText,
    manifestMd5: anyText,
    includesDigest: anyText,
    sourcesDigest: textsByName,
    dependencies: textsByName,
    dependencyDigest: anyText,
    records: anyText,
};

/** What inputs of this type may have: the arguments, and what `check` fills in. */
export const inputNames = (resourceType: ResourceType): readonly string[] => [
    ...Object.keys(rules[resourceType].rules),
    ...Object.keys(filledIn),
];

/**
 * Every wrong argument of a resource. Values that a preview does not know yet are passed over.
 *
 * A missing `bucket` of a `LayerVersion` is no problem: nothing is kept in S3 then.
 */
export function findArgumentProblems(resourceType: ResourceType, inputs: Props): ArgumentProblem[] {
    const { required, rules: known } = rules[resourceType];
    const problems: ArgumentProblem[] = required
        .filter((property) => inputs[property] === undefined || inputs[property] === null)
        .map((property) => ({ property, reason: `${property} is required` }));
    for (const [property, value] of Object.entries(inputs)) {
        if (value === undefined || value === null || hasUnknown(value) || property === "__provider") {
            continue;
        }
        const rule = [known, filledIn].find((each) => Object.hasOwn(each, property))?.[property];
        const meant = rule === undefined ? nearestName(property, Object.keys(known)) : property;
        const problem = rule === undefined ? noArgument(resourceType, meant) : rule(value);
        if (problem !== undefined) {
            problems.push({
                // The engine prints the value of a property at fault, in clear, and nobody knows what a stray one holds.
                property: meant === undefined || canHoldSecrets(meant) ? "" : property,
                reason: `${property} ${problem}`,
            });
        }
    }
    return problems;
}

const noArgument = (resourceType: ResourceType, meant: string | undefined): string =>
    `is no argument of ${resourceType}${meant === undefined ? "" : `: did you mean "${meant}"?`}`;
