import type { Index } from "./build/indexes";
import { LayerError } from "./errors";
import type { Installer } from "./installers";
import { type Props, textOf } from "./props";
import type { Grantee } from "./publish/limits";
import { findArgumentProblems, inputNames, type ResourceType } from "./resourceArguments";
import type { Architecture } from "./target";
import type { DestinationPlace } from "./upload/destination";

/** The version of the persisted format below, which outputs carry. A higher one is refused, see {@link newerState}. */
export const schemaVersion = 1;

/** Inputs that both resources have, as `check` leaves them and {@link asCheckedInputs} completes them. */
export interface LayerInputs {
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
    /** Twelve digits: the account that buckets may belong to beside the layer's own. */
    readonly bucketOwner?: string;
    readonly serverSideEncryption?: string;
    readonly kmsKeyId?: string;
    readonly forceDestroy?: boolean;
    readonly keepVersions?: number | "all";
    readonly permissions?: readonly Grantee[];
    /** Absent in a program; `read` puts what is missing of the records here, so that the engine sees a difference. */
    readonly records?: string;
    readonly triggers?: unknown;
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
    readonly onlyGroups?: readonly string[];
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

/**
 * The resource type that inputs or outputs are of, by the owner's URN or, where there is no stack, by what they say;
 * `undefined` when they are none of ours.
 */
export function resourceTypeOf(props: Props): ResourceType | undefined {
    const type =
        /dynamic\/lambda:(\w+)::/.exec(textOf(props, "owner") ?? "")?.[1] ?? textOf(props, "resourceType");
    return type === "PythonLayer" || type === "LayerVersion" ? type : undefined;
}

/** Where a layer's objects are in its bucket by default. */
export const defaultPrefix = (props: Props): string => `lambda/${textOf(props, "layerName") ?? ""}/`;

/** Where a layer's objects are in its bucket: the input `prefix`, or what it is by default. */
export const prefixOf = (props: Props): string =>
    typeof props["prefix"] === "string" ? props["prefix"] : defaultPrefix(props);

/** Where the records of a resource are, from its inputs or from the outputs that echo them; `undefined` without a bucket. */
export function destinationOf(props: Props): DestinationPlace | undefined {
    const bucket = textOf(props, "bucket");
    const kmsKeyId = textOf(props, "kmsKeyId");
    const serverSideEncryption =
        textOf(props, "serverSideEncryption") ?? (kmsKeyId === undefined ? undefined : "aws:kms");
    return bucket === undefined
        ? undefined
        : {
              bucket,
              prefix: prefixOf(props),
              bucketOwner: textOf(props, "bucketOwner"),
              encryption: serverSideEncryption === undefined ? undefined : { serverSideEncryption, kmsKeyId },
          };
}

/** What identifies a layer's ledger within a run: region and name of the layer, bucket and prefix. */
export const layerOf = (props: Props): string =>
    JSON.stringify([props["region"], props["layerName"], props["bucket"], prefixOf(props)]);

/** Checked inputs as the outputs echo them: without what follows from the others. {@link asCheckedInputs} brings it back. */
export function keptInputs({ resourceType: _resourceType, prefix, ...inputs }: CheckedInputs): Props {
    return prefix === undefined || prefix === defaultPrefix(inputs) ? inputs : { ...inputs, prefix };
}

/**
 * STATE_UNSUPPORTED for inputs or outputs in a format that a newer release of this package has brought, and `undefined` for
 * all others. What a newer format means is not guessed at.
 */
export function newerState(props: Props): LayerError | undefined {
    const { schemaVersion: found } = props;
    return typeof found !== "number" || found <= schemaVersion
        ? undefined
        : new LayerError("STATE_UNSUPPORTED", {
              what: `The state of layer "${textOf(props, "layerName") ?? ""}" was written by a newer release of pulumi-lambda-layer: its format is ${found}, and this release reads up to ${schemaVersion}.`,
              next: "Upgrade the package where the program is: `npm install pulumi-lambda-layer@latest`.",
              property: "",
          });
}

/**
 * Refuses what {@link newerState} tells.
 *
 * @throws STATE_UNSUPPORTED
 */
export function requireReadable(props: Props): void {
    const error = newerState(props);
    if (error !== undefined) {
        throw error;
    }
}

/**
 * Checked inputs of either resource, from what the engine hands to `create` and `update`.
 *
 * They went through `check` before, so a problem here means that the state or a transform was edited by hand. What is not
 * kept, since it follows from the rest, is filled in: `resourceType`, and where there is a bucket `prefix`.
 *
 * @throws ARGUMENT_INVALID, STATE_UNSUPPORTED
 */
export function asCheckedInputs(props: Props): CheckedInputs {
    requireReadable(props);
    const resourceType = resourceTypeOf(props);
    const names = resourceType === undefined ? [] : inputNames(resourceType);
    // A newer release may have left inputs that this one does not know: they are no problem here.
    const familiar: Props = {
        ...Object.fromEntries(Object.entries(props).filter(([name]) => names.includes(name))),
        resourceType,
    };
    if (!areChecked(familiar)) {
        throw new LayerError("ARGUMENT_INVALID", {
            what: `The inputs cannot be used: ${inputsProblem(familiar)}.`,
            next: "Make the resource with the classes of pulumi-lambda-layer, and correct the argument.",
        });
    }
    return {
        ...familiar,
        ...(familiar.bucket === undefined ? {} : { prefix: prefixOf(familiar) }),
    };
}

const areChecked = (props: Props): props is Props & CheckedInputs => inputsProblem(props) === undefined;

/** What keeps properties from being checked inputs, beside what `check` reads off the manifest. */
function inputsProblem(props: Props): string | undefined {
    const resourceType = resourceTypeOf(props);
    if (resourceType === undefined) {
        return "they are of no resource of pulumi-lambda-layer";
    }
    const missing = ["owner", "layerName", "region", "manifestMd5"].find(
        (name) => typeof props[name] !== "string",
    );
    const [problem] = findArgumentProblems(resourceType, props);
    return problem?.reason ?? (missing === undefined ? undefined : `${missing} is missing`);
}

/** How many superseded versions a setting keeps; `undefined`: all. */
export const readKeepVersions = (value: unknown): number | undefined =>
    typeof value === "number" ? value : undefined;
