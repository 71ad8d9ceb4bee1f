/**
 * What PublishLayerVersion takes, checked here because the SDK checks nothing and an emulator checks little.
 *
 * Each function answers with the problem in words that fit after the argument's name, or `undefined` when there is none.
 * Source: the service model of the AWS SDK (shapes `LayerName`, `Description`, `LicenseInfo`, `CompatibleRuntimes`,
 * `CompatibleArchitectures`, `S3Bucket`, `S3Key`) and "Lambda quotas" in the AWS documentation.
 */

/**
 * Bytes of a zip that may travel inside the request. Lambda takes 52,428,800 of them, but less than 69,905,067 bytes for
 * the request as a whole, in which the zip is base64: one of 52,428,800 bytes is two bytes too long by itself. The other
 * fields take at most 5,200 bytes.
 */
export const inlineZipLimit = Math.floor((69_905_066 - 5_200) / 4) * 3;

const layerNamePattern = /^[a-zA-Z0-9_-]{1,140}$/;
const layerArnPattern =
    /^arn:(?:aws[a-zA-Z-]*):lambda:((?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):(\d{12}):layer:([a-zA-Z0-9_-]{1,140})$/;
const runtimePattern = /^(?:nodejs|python|java|ruby|dotnet|dotnetcore|go|provided)[a-z0-9.-]*$/;

export function layerNameProblem(value: string): string | undefined {
    return layerNamePattern.test(value) || layerArnPattern.test(value)
        ? undefined
        : `must be 1 to 140 letters, digits, hyphens or underscores, or a layer ARN, but is ${quoted(value)}`;
}

/** The parts of a layer ARN; `undefined` for a plain name. */
export function parseLayerArn(value: string): { region: string; account: string; name: string } | undefined {
    const match = layerArnPattern.exec(value);
    const [, region, account, name] = match ?? [];
    return region === undefined || account === undefined || name === undefined
        ? undefined
        : { region, account, name };
}

export function descriptionProblem(value: string): string | undefined {
    return value.length <= 256 ? undefined : `must be at most 256 characters, but has ${value.length}`;
}

export function licenseInfoProblem(value: string): string | undefined {
    return value.length <= 512 ? undefined : `must be at most 512 characters, but has ${value.length}`;
}

export function compatibleRuntimesProblem(value: readonly string[]): string | undefined {
    if (value.length > 15) {
        return `must name at most 15 runtimes, but names ${value.length}`;
    }
    const wrong = value.find((runtime) => !runtimePattern.test(runtime));
    return wrong === undefined
        ? duplicateProblem(value)
        : `must name Lambda runtimes such as "python3.13", but ${quoted(wrong)} is none`;
}

export function compatibleArchitecturesProblem(value: readonly string[]): string | undefined {
    const wrong = value.find((architecture) => architecture !== "x86_64" && architecture !== "arm64");
    return wrong === undefined
        ? duplicateProblem(value)
        : `must name "x86_64", "arm64" or both, but ${quoted(wrong)} is neither`;
}

export function bucketProblem(value: string): string | undefined {
    return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value)
        ? undefined
        : `must be an S3 bucket name (3 to 63 lower-case letters, digits, dots or hyphens), but is ${quoted(value)}`;
}

export function objectKeyProblem(value: string): string | undefined {
    const bytes = Buffer.byteLength(value, "utf8");
    return bytes >= 1 && bytes <= 1024 ? undefined : `must be an S3 key of 1 to 1024 bytes, but has ${bytes}`;
}

/** Bytes of the longest key that is made from a prefix, without the prefix itself. */
const longestKeyBelow = 220;

export function prefixProblem(value: string): string | undefined {
    const bytes = Buffer.byteLength(value, "utf8");
    if (bytes > 1024 - longestKeyBelow) {
        return `must be at most ${1024 - longestKeyBelow} bytes, but has ${bytes}: S3's keys end at 1024`;
    }
    return value.split("/").some((part) => part === "." || part === "..")
        ? `must have no part "." or "..", but is ${quoted(value)}`
        : undefined;
}

/** Who may use a layer version: a twelve-digit account, an organisation (`o-…`), or `*` for everyone. */
export type Grantee = string;

export function granteeProblem(value: string): string | undefined {
    return value === "*" || /^\d{12}$/.test(value) || /^o-[a-z0-9]{10,32}$/.test(value)
        ? undefined
        : `must name accounts (twelve digits), organisations ("o-…") or "*", but ${JSON.stringify(value)} is none`;
}

const duplicateProblem = (value: readonly string[]): string | undefined =>
    new Set(value).size === value.length ? undefined : "must not name anything twice";

const quoted = (value: string): string =>
    JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}…` : value);
