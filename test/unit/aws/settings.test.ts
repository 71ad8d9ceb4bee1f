import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readAwsConfiguration } from "../../../provider/aws/configuration";
import { honouredSettings, settingsWithoutMeaning } from "../../../provider/aws/settings";
import { repository } from "../../../scripts/cacheFolder";

/** A value of each setting that is none of its defaults. */
const samples: Readonly<Record<string, unknown>> = {
    accessKey: "key",
    allowedAccountIds: ["111111111111"],
    assumeRoleWithWebIdentity: { roleArn: "arn:1", webIdentityToken: "token" },
    assumeRoles: [{ roleArn: "arn:1" }],
    customCaBundle: "/ca.pem",
    defaultTags: { tags: { team: "shop" } },
    ec2MetadataServiceEndpoint: "http://169.254.169.253",
    ec2MetadataServiceEndpointMode: "IPv6",
    endpoints: [{ lambda: "http://lambda.test" }],
    forbiddenAccountIds: ["111111111111"],
    httpProxy: "http://proxy.test:3128",
    httpsProxy: "http://proxy.test:3128",
    ignoreTags: { keys: ["team"] },
    insecure: true,
    maxRetries: 3,
    noProxy: "internal.test",
    profile: "work",
    region: "eu-west-1",
    retryMode: "unknown",
    s3UsEast1RegionalEndpoint: "legacy",
    s3UsePathStyle: true,
    secretKey: "secret",
    sharedConfigFiles: ["/config"],
    sharedCredentialsFiles: ["/credentials"],
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
    stsRegion: "eu-west-2",
    tagPolicyCompliance: "error",
    token: "token",
    tokenBucketRateLimiterCapacity: 7,
    useDualstackEndpoint: true,
    useFipsEndpoint: true,
    userAgents: ["shop/1.0"],
};

/** A value of each member of a role. */
const members: Readonly<Record<string, unknown>> = {
    duration: "20m",
    externalId: "id",
    policy: "{}",
    policyArns: ["arn:2"],
    sessionName: "session",
    sourceIdentity: "me",
    tags: { team: "shop" },
    transitiveTagKeys: ["team"],
    webIdentityTokenFile: "/token",
};

/** What the settings say, as text. */
const said = (settings: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(
        readAwsConfiguration((key) => {
            const value = settings[key.replace(/^aws:/, "")];
            return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
        }, {}),
    );

describe("the settings of pulumi-aws", () => {
    let names: string[];
    let inputs: string;
    before(async () => {
        const types = join(repository, "node_modules/@pulumi/aws");
        const [variables, provider] = await Promise.all(
            ["config/vars.d.ts", "provider.d.ts"].map((file) => readFile(join(types, file), "utf8")),
        );
        inputs = await readFile(join(types, "types/input.d.ts"), "utf8");
        const asKeys = [...(variables ?? "").matchAll(/^export declare const (\w+):/gm)];
        const [, args = ""] = /interface ProviderArgs \{(.*?)^\}/ms.exec(provider ?? "") ?? [];
        const asArguments = [...args.matchAll(/^ {4}(\w+)\?:/gm)];
        assert.ok(asKeys.length > 30 && asArguments.length > 30);
        names = [...new Set([...asKeys, ...asArguments].flatMap(([, name = ""]) => name))].sort();
    });

    /** The members of one of pulumi-aws's structured settings. */
    const membersOf = (type: string): string[] => {
        const [, body = ""] = new RegExp(`export interface ${type} \\{(.*?)^\\}`, "ms").exec(inputs) ?? [];
        const found = [...body.matchAll(/^ {4}(\w+)\?:/gm)].map(([, name = ""]) => name);
        assert.ok(found.length > 5, type);
        return found;
    };

    it("are all followed, refused by name, or without meaning for a layer", () => {
        assert.deepEqual([...honouredSettings, ...Object.keys(settingsWithoutMeaning)].sort(), names);
        const nothing = said({});
        for (const name of names) {
            const sample = samples[name];
            assert.ok(sample !== undefined, `no sample of ${name}`);
            const isWithoutMeaning = Object.hasOwn(settingsWithoutMeaning, name);
            assert.equal(said({ [name]: sample }) === nothing, isWithoutMeaning, name);
        }
    });

    it("are followed or refused down to each member of a role", () => {
        for (const [setting, type] of [
            ["assumeRoles", "ProviderAssumeRole"],
            ["assumeRoleWithWebIdentity", "ProviderAssumeRoleWithWebIdentity"],
        ] as const) {
            const least = setting === "assumeRoles" ? {} : { webIdentityToken: "token" };
            const saidOf = (parts: Readonly<Record<string, unknown>>) =>
                said({ [setting]: { roleArn: "arn:1", ...least, ...parts } });
            for (const name of membersOf(type)) {
                if (name === "roleArn" || name === "webIdentityToken") {
                    continue;
                }
                const sample = members[name];
                assert.ok(sample !== undefined, `no sample of ${setting}.${name}`);
                assert.notEqual(saidOf({ [name]: sample }), saidOf({}), `${setting}.${name}`);
                assert.ok(!saidOf({ [name]: sample }).includes("no member"), `${setting}.${name}`);
            }
        }
    });

    it("may have an address for any service, and those that are called go there", () => {
        const services = membersOf("ProviderEndpoint");
        const addresses = Object.fromEntries(services.map((name) => [name, `http://${name}.test`]));
        const { endpoints, problems } = readAwsConfiguration(
            (key) => (key === "aws:endpoints" ? JSON.stringify([addresses]) : undefined),
            {},
        );
        assert.deepEqual(problems, []);
        assert.deepEqual(Object.keys(endpoints).sort(), ["lambda", "s3", "sso", "sts"]);
    });

    it("each have their line in the documents", async () => {
        const page = await readFile(join(repository, "docs/settings.md"), "utf8");
        const lines = page.split("\n");
        for (const name of names) {
            assert.ok(
                lines.some((line) => line.startsWith("|") && line.includes(`\`${name}\``)),
                name,
            );
        }
        for (const [name, reason] of Object.entries(settingsWithoutMeaning)) {
            assert.ok(
                lines.some((line) => line.includes(`\`${name}\``) && line.includes(reason)),
                `${name}: ${reason}`,
            );
        }
    });
});
