import { type Rule, text } from "./argumentRules";
import { bucketProblem, objectKeyProblem } from "./publish/limits";

/** What is wrong with the argument `content`, or `undefined`. */
export const contentProblem: Rule = (value) => {
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
