import { type CheckedInputs, keptInputs, schemaVersion } from "./inputs";
import type { Identity } from "./layerVersionArn";
import { type Dependencies, isDependencies } from "./manifest/compare";
import { jsonProps, type Props } from "./props";
import type { PublishedVersion } from "./publish/layerVersion";

/** What a resource's state holds beside its inputs. The layer's ARN and the version's number are parts of the id. */
export interface VersionOutputs {
    readonly codeSha256: string;
    /** Bytes of the zip. */
    readonly codeSize: number;
    /** Bytes once unpacked; absent where the archive came from elsewhere and nobody counted. */
    readonly uncompressedSize?: number | undefined;
    readonly createdDate: string;
    readonly signingJobArn?: string | undefined;
    readonly signingProfileVersionArn?: string | undefined;
    /** S3 URIs; absent without a bucket. */
    readonly manifestUri?: string | undefined;
    readonly recordUri?: string | undefined;
    readonly artifactUri?: string | undefined;
    /** Name → version of what is installed, where that was settled by a resolution and not by the manifest alone. */
    readonly resolution?: Dependencies | undefined;
    readonly artifactKey: string;
    /** The create that the ledger knows the resource by, and the ledger's epoch; absent without a bucket. */
    readonly createId?: string | undefined;
    readonly epoch?: string | undefined;
}

/** Names of what is no input in a resource's state. */
export const outputNames: ReadonlySet<string> = new Set<
    keyof VersionOutputs | keyof Identity | "schemaVersion" | "__provider"
>([
    "schemaVersion",
    "layerVersionArn",
    "arn",
    "layerArn",
    "version",
    "codeSha256",
    "codeSize",
    "uncompressedSize",
    "createdDate",
    "signingJobArn",
    "signingProfileVersionArn",
    "manifestUri",
    "recordUri",
    "artifactUri",
    "artifactKey",
    "createId",
    "epoch",
    "resolution",
    "__provider",
]);

/**
 * Inputs and outputs as they go into state: inputs are echoed as `check` left them, since `diff` and `delete` are shown outputs
 * only.
 */
export const toProps = (inputs: CheckedInputs, outputs: VersionOutputs): Record<string, unknown> =>
    jsonProps({ ...keptInputs(inputs), ...outputs, schemaVersion });

/** The outputs that Lambda answers for. */
export function publishedOutputs(published: PublishedVersion) {
    return {
        codeSha256: published.codeSha256,
        codeSize: published.codeSize,
        createdDate: published.createdDate,
        signingJobArn: published.signingJobArn,
        signingProfileVersionArn: published.signingProfileVersionArn,
    };
}

/** The outputs in a resource's state, read without trusting that this release wrote it. */
export function readOutputs(props: Props): Partial<VersionOutputs> {
    const text = (name: string) => (typeof props[name] === "string" ? { [name]: props[name] } : {});
    const number = (name: string) => (typeof props[name] === "number" ? { [name]: props[name] } : {});
    return {
        ...text("codeSha256"),
        ...number("codeSize"),
        ...number("uncompressedSize"),
        ...text("createdDate"),
        ...text("signingJobArn"),
        ...text("signingProfileVersionArn"),
        ...text("manifestUri"),
        ...text("recordUri"),
        ...text("artifactUri"),
        ...text("artifactKey"),
        ...text("createId"),
        ...text("epoch"),
        ...(isDependencies(props["resolution"]) ? { resolution: props["resolution"] } : {}),
    };
}
