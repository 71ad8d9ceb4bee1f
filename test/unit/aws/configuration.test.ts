import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ListLayerVersionsCommand, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import fc from "fast-check";
import { createClients } from "../../../provider/aws/clients";
import { readAwsConfiguration } from "../../../provider/aws/configuration";
import { honouredSettings } from "../../../provider/aws/settings";
import { startConnectProxy } from "../../connectProxy";
import { startServer } from "../build/localServer";
import { clientsAt, settingsFor } from "../emulatedAws";
import { startFaultyAws } from "./faultyAws";

const read = (settings: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv = {}) =>
    readAwsConfiguration((key) => (Object.hasOwn(settings, key) ? settings[key] : undefined), environment);

/** What a reading says beyond what no setting at all says. */
const said = (settings: Readonly<Record<string, unknown>>, environment?: NodeJS.ProcessEnv) => {
    const nothing: Readonly<Record<string, unknown>> = { ...read({}) };
    return Object.fromEntries(
        Object.entries(read(settings, environment)).filter(
            ([name, value]) => JSON.stringify(value) !== JSON.stringify(nothing[name]),
        ),
    );
};

const problemsOf = (settings: Readonly<Record<string, unknown>>) => read(settings).problems;

describe("readAwsConfiguration", () => {
    it("leaves everything open where nothing is set", () => {
        const { maxRetries, asksInstanceMetadata, problems, ...rest } = read({});
        assert.deepEqual([maxRetries, asksInstanceMetadata, problems], [10, true, []]);
        assert.ok(
            Object.values(rest).every(
                (value) => !value || Object.values(value).every((each) => each === undefined),
            ),
        );
    });

    it("reads every setting, structured ones as the JSON text that Pulumi hands on", () => {
        assert.deepEqual(
            JSON.parse(
                JSON.stringify(
                    said({
                        "aws:region": "eu-west-1",
                        "aws:profile": "work",
                        "aws:accessKey": "key",
                        "aws:secretKey": "secret",
                        "aws:token": "token",
                        "aws:endpoints": JSON.stringify([
                            { lambda: "http://l", s3api: "http://s", sqs: "http://q" },
                            { sts: "https://t" },
                        ]),
                        "aws:s3UsePathStyle": "true",
                        "aws:maxRetries": "25",
                        "aws:allowedAccountIds": '["111111111111"]',
                        "aws:forbiddenAccountIds": "[222222222222]",
                        "aws:assumeRoles": JSON.stringify([
                            { roleArn: "arn:1", sessionName: "s", externalId: "e", duration: "1h30m" },
                            { roleArn: "arn:2", duration: "900s", tags: { team: "shop" } },
                        ]),
                    }),
                ),
            ),
            {
                region: "eu-west-1",
                profile: "work",
                keys: { accessKey: "key", secretKey: "secret", token: "token" },
                endpoints: { lambda: "http://l", s3: "http://s", sts: "https://t" },
                s3UsePathStyle: true,
                maxRetries: 25,
                allowedAccountIds: ["111111111111"],
                forbiddenAccountIds: ["222222222222"],
                assumeRoles: [
                    { roleArn: "arn:1", sessionName: "s", externalId: "e", durationSeconds: 5400 },
                    { roleArn: "arn:2", durationSeconds: 900, tags: { team: "shop" } },
                ],
            },
        );
    });

    it("takes values that are no text, as an explicit provider may have them", () => {
        assert.deepEqual(
            JSON.parse(
                JSON.stringify(
                    said({
                        "aws:s3UsePathStyle": true,
                        "aws:maxRetries": 3,
                        "aws:endpoints": [{ s3: "http://s" }],
                        "aws:assumeRoles": [{ roleArn: "arn:1" }],
                    }),
                ),
            ),
            {
                s3UsePathStyle: true,
                maxRetries: 3,
                endpoints: { s3: "http://s" },
                assumeRoles: [{ roleArn: "arn:1" }],
            },
        );
    });

    it("takes the older names, and a single object for a list", () => {
        const { s3UsePathStyle, assumeRoles, endpoints, problems } = read({
            "aws:s3ForcePathStyle": "true",
            "aws:assumeRole": JSON.stringify({ roleArn: "arn:1" }),
            "aws:endpoints": JSON.stringify({ s3: "http://s" }),
        });
        assert.equal(s3UsePathStyle, true);
        assert.deepEqual(
            assumeRoles.map(({ roleArn }) => roleArn),
            ["arn:1"],
        );
        assert.deepEqual(endpoints, { s3: "http://s" });
        assert.deepEqual(problems, []);
    });

    it("counts what is empty as not set, as pulumi-aws does", () => {
        for (const name of honouredSettings) {
            assert.deepEqual(said({ [`aws:${name}`]: "" }), {}, name);
        }
        for (const text of ["null", "[]", '""', '[{"s3":""}]', '[{"s3":null}]']) {
            assert.deepEqual(said({ "aws:endpoints": text }), {}, text);
        }
        assert.deepEqual(said({ "aws:assumeRoles": "[]", "aws:assumeRoleWithWebIdentity": "null" }), {});
    });

    it("names a problem where it cannot tell who to be, rather than be someone else", () => {
        for (const [settings, problem] of [
            [{ assumeRoles: "{" }, /^aws:assumeRoles is not JSON$/],
            [{ assumeRoles: "7" }, /^aws:assumeRoles\[0\] must be an object with a roleArn$/],
            [{ assumeRoles: "[null]" }, /^aws:assumeRoles\[0\] must be an object/],
            [
                { assumeRoles: '[{"roleARN":"arn:1"}]' },
                /^aws:assumeRoles\[0\] has no member roleARN: did you mean roleArn\?/,
            ],
            [{ assumeRoles: '[{"roleArn":7}]' }, /has a roleArn that is no text/],
            [
                { assumeRoles: '[{"roleArn":"a"},{"sessionName":"s"}]' },
                /^aws:assumeRoles\[1\] has no roleArn$/,
            ],
            [{ assumeRoles: '[{"roleArn":"a","tags":["t"]}]' }, /has a tags that is no object of texts/],
            [{ assumeRoleWithWebIdentity: "arn:1" }, /^aws:assumeRoleWithWebIdentity is not JSON$/],
            [
                { assumeRoleWithWebIdentity: '{"roleArn":"a"}' },
                /must have webIdentityToken or webIdentityTokenFile/,
            ],
            [
                {
                    assumeRoleWithWebIdentity:
                        '{"roleArn":"a","webIdentityToken":"t","webIdentityTokenFile":"f"}',
                },
                /and not both/,
            ],
            [{ assumeRoleWithWebIdentity: '{"webIdentityToken":"t"}' }, /has no roleArn/],
            [{ accessKey: "key" }, /^aws:accessKey needs aws:accessKey and aws:secretKey/],
            [{ secretKey: "secret" }, /^aws:secretKey needs/],
            [{ token: "token" }, /^aws:token needs/],
            [{ endpoints: "{" }, /^aws:endpoints is not JSON$/],
            [{ endpoints: "[7]" }, /^aws:endpoints must be a list of objects/],
            [{ endpoints: '[{"s3":"localhost:4566"}]' }, /^aws:endpoints has an address of s3/],
            [{ endpoints: '[{"Lambda":"http://l"}]' }, /has no service Lambda: it is called lambda/],
            [{ profile: " work" }, /^aws:profile has white space/],
            [{ region: " " }, /^aws:region has white space/],
            [{ allowedAccountIds: '["12"]' }, /^aws:allowedAccountIds must be a list of account numbers/],
            [{ forbiddenAccountIds: "[{}]" }, /^aws:forbiddenAccountIds must be/],
            [{ sharedConfigFiles: '["a","b"]' }, /^aws:sharedConfigFiles lists more than one file/],
            [{ useFipsEndpoint: "yes" }, /^aws:useFipsEndpoint must be true or false$/],
            [{ insecure: "true" }, /^aws:insecure would turn/],
            [{ retryMode: "legacy" }, /^aws:retryMode must be "standard" or "adaptive"$/],
            [{ maxRetries: "-1" }, /^aws:maxRetries must be a whole number/],
            [{ maxRetries: "1.5" }, /^aws:maxRetries must/],
            [{ maxRetries: " " }, /^aws:maxRetries has white space/],
            [{ httpsProxy: "squid" }, /^aws:httpsProxy is no address of a proxy/],
            [{ httpProxy: "socks5://s:1080" }, /^aws:httpProxy is no address of a proxy/],
        ] as const) {
            const [name = "", value = ""] = Object.entries(settings)[0] ?? [];
            assert.match(problemsOf({ [`aws:${name}`]: value })[0] ?? "", problem, JSON.stringify(settings));
        }
    });

    it("puts no value of a setting into a problem: any may be a secret", () => {
        const secret = "s3cr3t";
        for (const name of honouredSettings) {
            for (const value of [
                ` ${secret}`,
                `{"${secret}`,
                `"${secret}"`,
                `[{"roleArn":7,"webIdentityToken":"${secret}","policy":"${secret}","s3":"${secret}"}]`,
                `http://me:${secret}@`,
            ]) {
                const said = problemsOf({ [`aws:${name}`]: value }).join();
                assert.ok(!said.includes(secret), said);
            }
        }
    });

    it("follows the metadata service's address where the environment has the same, which alone the SDK reads", () => {
        const settings = {
            "aws:ec2MetadataServiceEndpoint": "http://169.254.169.253",
            "aws:ec2MetadataServiceEndpointMode": "IPv4",
        };
        const variables = {
            AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://169.254.169.253",
            AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv4",
        };
        assert.deepEqual(said(settings, variables), {});
        assert.match(
            problemsOf(settings).join("\n"),
            /^aws:ec2MetadataServiceEndpoint counts here if .* AWS_EC2_METADATA_SERVICE_ENDPOINT .*\naws:ec2MetadataServiceEndpointMode/,
        );
    });

    it("expands the home folder and variables in paths", () => {
        const { sharedFiles, network, webIdentity } = read(
            {
                "aws:sharedConfigFiles": '["~/aws/config"]',
                "aws:sharedCredentialsFiles": '["$WORK/credentials"]',
                "aws:customCaBundle": `\${WORK}/ca.pem`,
                "aws:assumeRoleWithWebIdentity": '{"roleArn":"a","webIdentityTokenFile":"~/token"}',
            },
            { HOME: "/home/me", WORK: "/srv" },
        );
        assert.deepEqual(sharedFiles, { config: "/home/me/aws/config", credentials: "/srv/credentials" });
        assert.equal(network.caBundle, "/srv/ca.pem");
        assert.equal(webIdentity?.tokenFile, "/home/me/token");
    });

    const role = (parts: Record<string, unknown>) => {
        const { assumeRoles, problems } = read({
            "aws:assumeRoles": JSON.stringify([{ roleArn: "arn", ...parts }]),
        });
        return { duration: assumeRoles[0]?.durationSeconds, problems };
    };

    it("takes a role's duration as Go writes it", () => {
        for (const [duration, expected] of [
            ["1h30m", 5400],
            ["1.5h", 5400],
            ["15m0.9s", 900],
            [".5h", 1800],
            ["1.h", 3600],
            ["+900s", 900],
            ["30m1800000ms", 3600],
            ["1200000000µs", 1200],
            ["", undefined],
            ["0", undefined],
            ["0s", undefined],
            [null, undefined],
        ] as const) {
            assert.deepEqual(role({ duration }), { duration: expected, problems: [] }, String(duration));
        }
        for (const duration of ["3600", "soon", "1 h", "1h30", "-1h", "1.2.3h", ".h", "1d", "1H"]) {
            assert.match(
                role({ duration }).problems.join(),
                /^aws:assumeRoles\[0\] has a duration that is none/,
                duration,
            );
        }
    });

    it("never throws, whatever the texts are", () => {
        const settings = fc.dictionary(
            fc.constantFrom(...honouredSettings.map((name) => `aws:${name}`), "aws:assumeRole"),
            fc.oneof(fc.string(), fc.json(), fc.jsonValue()),
        );
        fc.assert(fc.property(settings, (given) => typeof read(given).maxRetries === "number"));
    });
});

describe("createClients", () => {
    it("gives each service its address, its region and the stack's credentials", async () => {
        const settings = settingsFor("http://127.0.0.1:1", {
            "aws:endpoints": JSON.stringify([{ lambda: "http://lambda.test", s3: "http://s3.test" }]),
            "aws:token": "token",
        });
        const clients = await createClients(readAwsConfiguration(settings, {}), "eu-west-1", undefined, {});
        const hosts = async (client: { config: { endpoint?: () => Promise<{ hostname: string }> } }) =>
            (await client.config.endpoint?.())?.hostname;
        assert.equal(await hosts(clients.lambda), "lambda.test");
        assert.equal(await hosts(clients.lambdaWithoutRetry), "lambda.test");
        assert.equal(await hosts(clients.s3), "s3.test");
        assert.equal(await hosts(clients.sts), undefined);
        for (const client of [clients.lambda, clients.lambdaWithoutRetry, clients.s3, clients.sts]) {
            assert.equal(await client.config.region(), "eu-west-1");
            const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
            assert.deepEqual([accessKeyId, secretAccessKey, sessionToken], ["test", "test", "token"]);
        }
    });

    it("finds the addresses that the stack asks for", async () => {
        // Nothing is behind it: it only sees which hosts are asked for.
        const proxy = await startConnectProxy(9);
        const hostsWith = async (settings: Record<string, string>, region = "us-east-1") => {
            const given: Record<string, string> = {
                "aws:accessKey": "test",
                "aws:secretKey": "test",
                "aws:maxRetries": "0",
                ...settings,
            };
            const { lambda, s3, sts } = await createClients(
                readAwsConfiguration((key) => given[key], {}),
                region,
                undefined,
                { HTTPS_PROXY: `127.0.0.1:${proxy.port}` },
            );
            const calls = [
                lambda.send(new ListLayerVersionsCommand({ LayerName: "deps" })),
                s3.send(new HeadBucketCommand({ Bucket: "artifacts" })),
                sts.send(new GetCallerIdentityCommand({})),
            ];
            assert.ok((await Promise.allSettled(calls)).every(({ status }) => status === "rejected"));
            return proxy.take().map((host) => host.replace(/:443$/, ""));
        };
        try {
            assert.deepEqual(await hostsWith({}), [
                "artifacts.s3.us-east-1.amazonaws.com",
                "lambda.us-east-1.amazonaws.com",
                "sts.us-east-1.amazonaws.com",
            ]);
            assert.deepEqual(await hostsWith({ "aws:useFipsEndpoint": "true" }), [
                "artifacts.s3-fips.us-east-1.amazonaws.com",
                "lambda-fips.us-east-1.amazonaws.com",
                "sts-fips.us-east-1.amazonaws.com",
            ]);
            assert.deepEqual(await hostsWith({ "aws:useDualstackEndpoint": "true" }), [
                "artifacts.s3.dualstack.us-east-1.amazonaws.com",
                "lambda.us-east-1.api.aws",
                "sts.us-east-1.api.aws",
            ]);
            assert.deepEqual(
                await hostsWith({
                    "aws:s3UsEast1RegionalEndpoint": "legacy",
                    "aws:s3UsePathStyle": "true",
                    "aws:stsRegion": "eu-west-1",
                }),
                ["lambda.us-east-1.amazonaws.com", "s3.amazonaws.com", "sts.eu-west-1.amazonaws.com"],
            );
        } finally {
            await proxy.stop();
        }
    });

    it("tells AWS the user agents of the stack, which policies may ask for", async () => {
        const agents: string[] = [];
        const server = await startServer((request, response) => {
            agents.push(String(request.headers["user-agent"]));
            response.writeHead(403).end();
        });
        try {
            const clients = await clientsAt(server.origin, {
                "aws:userAgents": '["shop/1.0", "deployer/2"]',
                "aws:maxRetries": "0",
            });
            await assert.rejects(clients.lambda.send(new ListLayerVersionsCommand({ LayerName: "deps" })));
            assert.match(agents.join(), / shop\/1\.0 deployer\/2$/);
        } finally {
            await server.close();
        }
    });

    it("repeats calls as often as the stack says, and the publish call never", async () => {
        const server = await startFaultyAws(() => ({ status: 500, code: "ServiceException" }));
        try {
            const clients = await clientsAt(server.origin, { "aws:maxRetries": "2" });
            await assert.rejects(clients.lambda.send(new ListLayerVersionsCommand({ LayerName: "deps" })));
            assert.equal(server.requests.length, 3);
            const publish = new PublishLayerVersionCommand({
                LayerName: "deps",
                Content: { ZipFile: Buffer.from("z") },
            });
            await assert.rejects(clients.lambdaWithoutRetry.send(publish));
            assert.equal(server.requests.length, 4);
        } finally {
            await server.close();
        }
    });

    it("keeps the SDK's hints for programmers out of the user's output", async () => {
        const server = await startFaultyAws(() => "cut before");
        const { warn } = console;
        const warned: unknown[] = [];
        console.warn = (...args) => warned.push(args);
        try {
            const { s3 } = await clientsAt(server.origin, { "aws:maxRetries": "0" });
            const body = Readable.from([Buffer.from("x")]);
            await assert.rejects(
                s3.send(
                    new PutObjectCommand({ Bucket: "artifacts", Key: "k", Body: body, ContentLength: 1 }),
                ),
            );
        } finally {
            console.warn = warn;
            await server.close();
        }
        assert.deepEqual(warned, []);
    });
});
