/**
 * What every Python runtime of Lambda has beside the standard library, normalised: the AWS SDK and what it needs, at
 * versions that move without notice (AWS Lambda developer guide, "Building Lambda functions with Python",
 * "Runtime-included SDK versions").
 */
export const runtimeProvided: ReadonlySet<string> = new Set([
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
]);
