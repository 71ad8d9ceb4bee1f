import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ListLayerVersionsCommand, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { createClients } from "../../../provider/aws/clients";
import { readAwsConfiguration } from "../../../provider/aws/configuration";
import { clientsAt, settingsFor } from "../emulatedAws";
import { startFaultyAws } from "./faultyAws";

const read = (settings: Readonly<Record<string, string>>) =>
    readAwsConfiguration((key) => (Object.hasOwn(settings, key) ? settings[key] : undefined));

const nothing = {
    endpoints: {},
    s3UsePathStyle: false,
    assumeRoles: [],
    maxRetries: 10,
    allowedAccountIds: [],
    forbiddenAccountIds: [],
    problems: [],
};

describe("readAwsConfiguration", () => {
    it("leaves everything to the SDK's own chain where nothing is set", () => {
        assert.deepEqual(read({}), nothing);
    });

    it("reads every setting, structured ones as the JSON text that Pulumi hands on", () => {
        assert.deepEqual(
            read({
                "aws:region": "eu-west-1",
                "aws:profile": "work",
                "aws:accessKey": "key",
                "aws:secretKey": "secret",
                "aws:token": "token",
                "aws:endpoints": JSON.stringify([
                    { lambda: "http://l", s3: "http://s" },
                    { sts: "http://t" },
                ]),
                "aws:s3UsePathStyle": "true",
                "aws:maxRetries": "25",
                "aws:allowedAccountIds": '["111111111111"]',
                "aws:forbiddenAccountIds": '["222222222222"]',
                "aws:assumeRoles": JSON.stringify([
                    { roleArn: "arn:1", sessionName: "s", externalId: "e", duration: "1h30m" },
                    { roleArn: "arn:2", duration: "900s" },
                ]),
            }),
            {
                region: "eu-west-1",
                profile: "work",
                accessKey: "key",
                secretKey: "secret",
                token: "token",
                endpoints: { lambda: "http://l", s3: "http://s", sts: "http://t" },
                s3UsePathStyle: true,
                maxRetries: 25,
                allowedAccountIds: ["111111111111"],
                forbiddenAccountIds: ["222222222222"],
                problems: [],
                assumeRoles: [
                    { roleArn: "arn:1", sessionName: "s", externalId: "e", durationSeconds: 5400 },
                    { roleArn: "arn:2", durationSeconds: 900 },
                ],
            },
        );
    });

    it("takes the older names and a single object for a list", () => {
        const configuration = read({
            "aws:s3ForcePathStyle": "true",
            "aws:assumeRole": JSON.stringify({ roleArn: "arn:1" }),
            "aws:endpoints": JSON.stringify({ s3: "http://s" }),
        });
        assert.equal(configuration.s3UsePathStyle, true);
        assert.deepEqual(configuration.assumeRoles, [{ roleArn: "arn:1" }]);
        assert.deepEqual(configuration.endpoints, { s3: "http://s" });
    });

    it("counts an address of the wrong shape as not set", () => {
        for (const text of ["", "null", "7", '"text"', "[null]", '[{"s3":""}]', "[[]]"]) {
            assert.deepEqual(read({ "aws:endpoints": text }), nothing, text);
        }
    });

    it("names a problem where it cannot tell who to be, rather than be someone else", () => {
        const roles: [string, RegExp][] = [
            ["{", /aws:assumeRoles is not JSON/],
            ["7", /has no roleArn/],
            ["[null]", /has no roleArn/],
            ['[{"roleARN":"arn:1"}]', /has no roleArn/],
            ['[{"roleArn":7}]', /has no roleArn/],
            ['[{"roleArn":"arn:1","policy":"{}"}]', /narrows a role by a policy/],
        ];
        for (const [text, problem] of roles) {
            assert.match(read({ "aws:assumeRoles": text }).problems.join(), problem, text);
        }
        assert.match(read({ "aws:accessKey": "key" }).problems.join(), /only one is set/);
        assert.match(read({ "aws:secretKey": "secret" }).problems.join(), /only one is set/);
        assert.match(read({ "aws:endpoints": "{" }).problems.join(), /aws:endpoints is not JSON/);
    });

    it("names a problem for a number that is none, rather than take a default", () => {
        for (const text of ["-1", "1.5", "many", " "]) {
            assert.match(
                read({ "aws:maxRetries": text }).problems.join(),
                /^aws:maxRetries is ".*whole/,
                text,
            );
        }
        assert.deepEqual(read({ "aws:maxRetries": "" }), nothing);
        assert.deepEqual(read({ "aws:maxRetries": "0" }), { ...nothing, maxRetries: 0 });
    });

    const role = (parts: Record<string, unknown>) =>
        read({ "aws:assumeRoles": JSON.stringify([{ roleArn: "arn", ...parts }]) });

    it("takes a role's duration as Go writes it", () => {
        for (const [duration, durationSeconds] of [
            ["1h30m", 5400],
            ["1.5h", 5400],
            ["15m0.9s", 900],
            [".5h", 1800],
            ["1.h", 3600],
            ["+900s", 900],
            ["30m1800000ms", 3600],
            ["1200000000µs", 1200],
        ] as const) {
            const { assumeRoles, problems } = role({ duration });
            assert.deepEqual([assumeRoles, problems], [[{ roleArn: "arn", durationSeconds }], []], duration);
        }
        for (const duration of ["", "0", "0s", null]) {
            const { assumeRoles, problems } = role({ duration });
            assert.deepEqual([assumeRoles, problems], [[{ roleArn: "arn" }], []]);
        }
    });

    it("names a problem for a part of a role that it cannot understand", () => {
        for (const duration of ["3600", "soon", "1 h", "1h30", "-1h", "1.2.3h", ".h", "1d", "1H"]) {
            assert.match(role({ duration }).problems.join(), /^duration .* must be such as "1h"/, duration);
        }
        for (const name of ["sessionName", "externalId", "duration"]) {
            for (const value of [1, {}, ["x"], true]) {
                assert.deepEqual(role({ [name]: value }).problems, [
                    `${name} in an entry of aws:assumeRoles must be a text`,
                ]);
            }
            assert.deepEqual(role({ [name]: null }).problems, []);
        }
    });

    it("never throws, whatever the texts are", () => {
        const settings = fc.dictionary(
            fc.constantFrom(
                "aws:region",
                "aws:endpoints",
                "aws:assumeRoles",
                "aws:assumeRole",
                "aws:maxRetries",
            ),
            fc.oneof(fc.string(), fc.json()),
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
        const clients = await createClients(readAwsConfiguration(settings), "eu-west-1");
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
