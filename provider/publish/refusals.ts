import { awsError, describeAwsFailure } from "../aws/failures";
import { type ErrorCode, LayerError } from "../errors";

/** An answer by which Lambda refuses to publish, and what to do about it. */
interface Refusal {
    readonly name: string;
    /** What the message has to say as well. */
    readonly says?: RegExp;
    readonly code: ErrorCode;
    /** Continues "Lambda refused layer "deps"". */
    readonly because: string;
    readonly next: string;
}

/**
 * The errors of PublishLayerVersion with their remedies; the first that fits counts. Two of them, ValidationException and
 * RequestEntityTooLargeException, are not in the service model. The texts are AWS's own, as recorded from it.
 */
const refusals: readonly Refusal[] = [
    {
        name: "InvalidParameterValueException",
        says: /unzipped size must be smaller/i,
        code: "LAYER_TOO_LARGE",
        because: ": unpacked, it is larger than 262,144,000 bytes.",
        next: "Leave packages out; a second layer does not help, since a function and all its layers share the limit.",
    },
    {
        name: "InvalidParameterValueException",
        says: /PermanentRedirect/,
        code: "BUCKET_WRONG_REGION",
        because: ": the archive's bucket is in another region.",
        next: "Name a bucket in the layer's region.",
    },
    {
        name: "InvalidParameterValueException",
        says: /NoSuch(?:Bucket|Key|Version)/,
        code: "ARCHIVE_NOT_FOUND",
        because: ": the archive is not in S3 any more.",
        next: "Run the same command again, and look who else deletes objects in that bucket.",
    },
    {
        name: "InvalidParameterValueException",
        says: /AccessDenied|access has been denied by S3/i,
        code: "ACCESS_DENIED",
        because: ": it may not read the archive.",
        next: "Allow s3:GetObject on the archive to this identity, or, for self-managed storage, to lambda.amazonaws.com in the bucket's policy.",
    },
    {
        name: "InvalidParameterValueException",
        says: /could not unzip/i,
        code: "ARCHIVE_INVALID",
        because: ": it could not unpack the archive.",
        next: "Build the zip again.",
    },
    {
        name: "RequestEntityTooLargeException",
        code: "BUCKET_WRONG_REGION",
        because: ": the archive is too large to travel inside the request.",
        next: "Give the argument bucket a bucket in the layer's region: the archive goes through it then.",
    },
    {
        name: "CodeStorageExceededException",
        code: "PUBLISH_REFUSED",
        because: ": this account's code storage in the region is full.",
        next: "Delete layer versions and function versions that nobody uses (keepVersions does it for this layer), or ask AWS for a higher quota (Service Quotas, Lambda, code storage).",
    },
    {
        name: "ResourceNotFoundException",
        code: "PUBLISH_REFUSED",
        because: ": something that it needs is not there.",
        next: "Look at the argument that the detail names.",
    },
    {
        name: "InvalidParameterValueException",
        code: "PUBLISH_REFUSED",
        because: " because of an argument.",
        next: "Change the argument that the detail names.",
    },
    {
        name: "ValidationException",
        code: "PUBLISH_REFUSED",
        because: " because a value is not of the form that it takes.",
        next: "Change the argument that the detail names; for compatibleRuntimes it lists what this region knows.",
    },
];

/**
 * The {@link LayerError} for a refused PublishLayerVersion.
 *
 * @param call the operation and what it was about: `lambda:PublishLayerVersion for layer "deps"`
 */
export function publishRefused(error: unknown, layerName: string, call: string): LayerError {
    const { name, message } = describeAwsFailure(error);
    const refusal = refusals.find((each) => each.name === name && (each.says?.test(message) ?? true));
    if (refusal === undefined) {
        return awsError(error, call);
    }
    return new LayerError(refusal.code, {
        what: `Lambda refused layer "${layerName}"${refusal.because}`,
        detail: [`${name}: ${message}`.slice(0, 300)],
        next: refusal.next,
        cause: error,
    });
}
