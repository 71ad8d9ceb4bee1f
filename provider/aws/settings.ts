/**
 * Every setting of pulumi-aws by its name behind `aws:`, as one of two lists: those that count for a layer, and those that say
 * nothing about one. Dropping a setting of the first kind may mean to publish as somebody else, so what cannot be followed is
 * refused by name, see `configuration.ts`. A test compares the names with pulumi-aws's own.
 */
export const honouredSettings = [
    "accessKey",
    "allowedAccountIds",
    "assumeRoleWithWebIdentity",
    "assumeRoles",
    "customCaBundle",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "region",
    "retryMode",
    "s3UsEast1RegionalEndpoint",
    "s3UsePathStyle",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "skipMetadataApiCheck",
    "stsRegion",
    "token",
    "useDualstackEndpoint",
    "useFipsEndpoint",
    "userAgents",
] as const;

/** The name of a setting that counts for a layer. */
export type HonouredSetting = (typeof honouredSettings)[number];

/** Settings of pulumi-aws that say nothing about a layer, each with the reason. */
export const settingsWithoutMeaning = {
    defaultTags: "Lambda has no tags for layer versions.",
    ignoreTags: "Lambda has no tags for layer versions.",
    skipCredentialsValidation: "Credentials are not tried before they are needed.",
    skipRegionValidation: "Regions are not compared with a list.",
    skipRequestingAccountId:
        "The account's number decides which layer is meant, so it is asked of STS in any case.",
    tagPolicyCompliance: "Lambda has no tags for layer versions.",
    tokenBucketRateLimiterCapacity:
        "How often a call is tried again follows from maxRetries and the account's request rate.",
} as const;
