import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { region, settingsFor } from "../unit/emulatedAws";
import { configure, openProvider } from "./place";
import { useStrictAws } from "./strictTests";

/** An access key of twelve digits is an account of its own here, so the account tells whose credentials were used. */
const accounts = {
    stack: "111111111111",
    variables: "222222222222",
    work: "333333333333",
    default: "444444444444",
    role: "555555555555",
    second: "666666666666",
    none: "999999999999",
};
const roleOf = (account: string) => `arn:aws:iam::${account}:role/deployer`;

describe("who a stack's layers are made as", function () {
    this.timeout(30_000);
    const strict = useStrictAws();
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
        const keys = (account: string) => `aws_access_key_id = ${account}\naws_secret_access_key = s\n`;
        await writeFile(
            join(folder, "config"),
            [
                `[default]\n${keys(accounts.default)}`,
                `[profile work]\nregion = ${region}\n${keys(accounts.work)}`,
                `[profile region-only]\nregion = ${region}\n`,
                `[profile by-role]\nrole_arn = ${roleOf(accounts.role)}\nsource_profile = work\n`,
                "[profile dangling]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = nobody\n",
                "[profile broken]\ncredential_process = exit 1\n",
            ].join("\n"),
        );
        await writeFile(join(folder, "token"), "the-token");
    });
    after(() => rm(folder, { recursive: true, force: true }));

    /** Nothing of the machine's own: its files, its instance. */
    const bare = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
        HOME: join(folder, "nowhere"),
        AWS_EC2_METADATA_DISABLED: "true",
        ...more,
    });
    const files = () => ({ AWS_CONFIG_FILE: join(folder, "config") });
    const variables = { AWS_ACCESS_KEY_ID: accounts.variables, AWS_SECRET_ACCESS_KEY: "s" };

    const read = (settings: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv) => {
        const given = settingsFor(strict.aws.endpoint, {
            "aws:accessKey": "",
            "aws:secretKey": "",
            "aws:maxRetries": "0",
            ...settings,
        });
        configure(given, {}, bare(environment));
        strict.aws.state.assumed.splice(0);
        return openProvider()
            .read(`arn:aws:lambda:${region}:${accounts.none}:layer:deps:1`, {})
            .then(
                () => assert.fail("the account was not looked at"),
                (error: unknown) => (error instanceof Error ? error.message : String(error)),
            );
    };
    /** Whose credentials were used, as a word. */
    const who = async (settings: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv) => {
        const message = await read(settings, environment);
        const [, account] = /and the AWS credentials to (\d+)/.exec(message) ?? [];
        return Object.entries(accounts).find(([, each]) => each === account)?.[0] ?? message;
    };
    const stackKeys = { "aws:accessKey": accounts.stack, "aws:secretKey": "s" };

    it("is the first of the stack's keys, its profile, the environment's keys, its profile, the default profile", async () => {
        const everything = { ...variables, ...files(), AWS_PROFILE: "by-role" };
        assert.equal(await who({ ...stackKeys, "aws:profile": "work" }, everything), "stack");
        assert.equal(await who({ "aws:profile": "work" }, everything), "work");
        assert.equal(await who({}, everything), "variables");
        assert.equal(await who({}, { ...files(), AWS_PROFILE: "by-role" }), "role");
        assert.equal(await who({}, { ...files(), AWS_DEFAULT_PROFILE: "work" }), "work");
        assert.equal(await who({}, files()), "default");
        assert.match(await who({}, {}), /^CREDENTIALS_MISSING: .* no AWS credentials were found/);
    });

    it("is nobody where a profile is not in the files, which are named", async () => {
        for (const [settings, environment, named] of [
            [{ "aws:profile": "wrok" }, { ...files(), ...variables }, "aws:profile"],
            [{}, { ...files(), AWS_PROFILE: "wrok" }, "AWS_PROFILE"],
            [{}, { ...files(), AWS_DEFAULT_PROFILE: "wrok" }, "AWS_DEFAULT_PROFILE"],
        ] as const) {
            const message = await read(settings, environment);
            assert.match(
                message,
                new RegExp(
                    `^CREDENTIALS_MISSING: The AWS profile "wrok", which ${named} names, has no settings`,
                ),
            );
            assert.ok(message.includes(`| read: ${join(folder, "config")}\n`), message);
            assert.ok(
                message.includes(`| not there, or not readable: ${join(folder, "nowhere/.aws/credentials")}`),
            );
            assert.match(message, /→ Did you mean "work"\?\n/);
            assert.match(message, new RegExp(`→ Correct ${named}, .*\`aws configure --profile wrok\``));
        }
    });

    it("is nobody where a profile is there and cannot be followed, also with an instance's role at hand", async () => {
        for (const profile of ["dangling", "broken"]) {
            const message = await read(
                { "aws:profile": profile },
                { ...files(), ...variables, AWS_EC2_METADATA_DISABLED: "" },
            );
            assert.match(
                message,
                /^CREDENTIALS_MISSING: The AWS profile "\w+" does not lead to credentials\./,
            );
            assert.ok(message.includes(profile === "broken" ? "exit 1" : "nobody"), message);
        }
    });

    it("needs no file where keys are given", async () => {
        assert.equal(await who(stackKeys, { AWS_PROFILE: "wrok" }), "stack");
        assert.equal(await who({}, { ...variables, AWS_PROFILE: "wrok" }), "variables");
    });

    it("is read from the stack's own files in the place of the usual ones", async () => {
        const own = { "aws:sharedConfigFiles": JSON.stringify([join(folder, "config")]) };
        assert.equal(await who({ ...own, "aws:profile": "work" }, {}), "work");
        assert.equal(await who({ ...own, "aws:region": "" }, { AWS_PROFILE: "work" }), "work");
        await writeFile(
            join(folder, "credentials"),
            `[work]\naws_access_key_id = ${accounts.second}\naws_secret_access_key = s\n`,
        );
        const credentials = { "aws:sharedCredentialsFiles": JSON.stringify([join(folder, "credentials")]) };
        assert.equal(await who({ ...credentials, "aws:profile": "work" }, files()), "second");
    });

    it("is the role of a web identity, before all keys, by token and by file", async () => {
        const roleArn = roleOf(accounts.role);
        for (const token of [
            { webIdentityToken: "the-token" },
            { webIdentityTokenFile: join(folder, "token") },
        ]) {
            const identity = {
                roleArn,
                ...token,
                sessionName: "ci",
                duration: "20m",
                policy: "{}",
                policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            };
            const setting = { "aws:assumeRoleWithWebIdentity": JSON.stringify(identity) };
            assert.equal(await who({ ...stackKeys, ...setting }, variables), "role");
            const [assumed] = strict.aws.state.assumed;
            assert.deepEqual(assumed, {
                by: "",
                region: "",
                request: {
                    Action: "AssumeRoleWithWebIdentity",
                    Version: "2011-06-15",
                    RoleArn: roleArn,
                    RoleSessionName: "ci",
                    WebIdentityToken: "the-token",
                    DurationSeconds: "1200",
                    Policy: "{}",
                    "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                },
            });
        }
    });

    it("is the role of the environment's web identity where it has no keys", async () => {
        const identity = {
            AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"),
            AWS_ROLE_ARN: roleOf(accounts.role),
        };
        assert.equal(await who({}, { ...files(), ...identity, AWS_PROFILE: "work" }), "role");
        assert.equal(await who({}, { ...identity, ...variables }), "variables");
        assert.equal(await who({ "aws:profile": "work" }, { ...files(), ...identity }), "work");
    });

    it("is the last of the stack's roles, each taken on as the one before, with everything that is said of it", async () => {
        const roles = [
            { roleArn: roleOf(accounts.role), externalId: "x" },
            {
                roleArn: roleOf(accounts.second),
                sessionName: "ci",
                duration: "1h",
                policy: "{}",
                policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                sourceIdentity: "me",
                tags: { team: "shop" },
                transitiveTagKeys: ["team"],
            },
        ];
        const settings = {
            ...stackKeys,
            "aws:assumeRoles": JSON.stringify(roles),
            "aws:stsRegion": "eu-west-1",
        };
        assert.equal(await who(settings, {}), "second");
        const common = { Action: "AssumeRole", Version: "2011-06-15" };
        assert.deepEqual(strict.aws.state.assumed, [
            {
                by: accounts.stack,
                region: "eu-west-1",
                request: {
                    ...common,
                    RoleArn: roleOf(accounts.role),
                    RoleSessionName: "pulumi-lambda-layer",
                    ExternalId: "x",
                },
            },
            {
                by: accounts.role,
                region: "eu-west-1",
                request: {
                    ...common,
                    RoleArn: roleOf(accounts.second),
                    RoleSessionName: "ci",
                    DurationSeconds: "3600",
                    Policy: "{}",
                    "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                    SourceIdentity: "me",
                    "Tags.member.1.Key": "team",
                    "Tags.member.1.Value": "shop",
                    "TransitiveTagKeys.member.1": "team",
                },
            },
        ]);
    });

    it("names the role that could not be taken on, and publishes as nobody then", async () => {
        strict.aws.state.denied.add("sts:AssumeRole");
        try {
            const roles = JSON.stringify([{ roleArn: roleOf(accounts.role) }]);
            assert.match(
                await read({ ...stackKeys, "aws:assumeRoles": roles }, variables),
                /^CREDENTIALS_MISSING: The role arn:aws:iam::555555555555:role\/deployer of aws:assumeRoles\[0\] could not be taken on\.\n {2}\| AccessDenied: .*sts:AssumeRole/,
            );
            const identity = JSON.stringify({ roleArn: roleOf(accounts.role), webIdentityToken: "s3cret" });
            const message = await read({ "aws:assumeRoleWithWebIdentity": identity }, variables);
            assert.match(
                message,
                /^CREDENTIALS_MISSING: The role .* of aws:assumeRoleWithWebIdentity could not/,
            );
            assert.doesNotMatch(message, /s3cret/);
        } finally {
            strict.aws.state.denied.clear();
        }
    });
});
