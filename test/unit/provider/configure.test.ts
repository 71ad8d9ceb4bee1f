import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { createAwsSession } from "../../../provider/aws/session";
import { createProvider } from "../../../provider/dynamic/provider";
import { startServer } from "../build/localServer";
import { settingsFor, uniqueName } from "../emulatedAws";

/** A request as the engine makes it, with these settings. */
const requestWith = (get: (key: string) => string | undefined): dynamic.ConfigureRequest => ({
    config: {
        get,
        require: (key: string) => get(key) ?? assert.fail(key),
    },
});

/** What STS answers to GetCallerIdentity. */
const callerIdentity = (account: string): string =>
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

/** A provider as a process of its own has it. */
const openProvider = () => createProvider({ argv: [], cwd: () => process.cwd(), env: process.env });

describe("configure", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
        await writeFile(path.join(folder, "requirements.txt"), "six==1.16.0\n");
    });
    after(async () => {
        await rm(folder, { recursive: true, force: true });
    });

    it("has done its work when the engine's next call comes, which does not wait for it", async () => {
        const news = {
            resourceType: "LayerVersion",
            owner: uniqueName("owner"),
            layerName: "deps",
            manifest: path.join(folder, "requirements.txt"),
            content: { zipFile: "layer.zip" },
        };
        const provider = openProvider();
        const settled = provider.configure(
            requestWith((key) => (key === "aws:region" ? "ap-south-1" : undefined)),
        );
        const checks = await Promise.all([provider.check({}, news), provider.check({}, news)]);
        await settled;
        assert.deepEqual(
            checks.map(({ inputs }) => inputs?.region),
            ["ap-south-1", "ap-south-1"],
        );
    });

    /** What check says about a resource that is right, with these settings and this environment alone. */
    const checkWith = async (settings: Record<string, string>, environment: NodeJS.ProcessEnv) => {
        const session = createAwsSession((key) => settings[key], {
            HOME: path.join(folder, "nowhere"),
            ...environment,
        });
        const provider = createProvider({ argv: [], cwd: () => folder, env: environment }, () => session);
        const { inputs, failures } = await provider.check(
            {},
            {
                resourceType: "LayerVersion",
                owner: uniqueName("owner"),
                layerName: "deps",
                manifest: path.join(folder, "requirements.txt"),
                content: { zipFile: "layer.zip" },
            },
        );
        return { region: inputs?.region, failures: failures?.map(({ reason }) => reason) ?? [] };
    };

    it("refuses in the preview already what cannot be followed", async () => {
        const { failures } = await checkWith(
            { "aws:region": "ap-south-1", "aws:insecure": "true", "aws:maxRetries": "x" },
            {},
        );
        assert.equal(failures.length, 1);
        assert.match(
            failures[0] ?? "",
            /^SETTING_INVALID: .*\n {2}\| aws:maxRetries must.*\n|aws:insecure would/,
        );
        assert.match(failures[0] ?? "", /aws:insecure would turn/);
    });

    it("takes the region of the profile that counts, and says which is not there", async () => {
        const file = path.join(folder, "config");
        await writeFile(file, "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-west-2\n");
        const files = { AWS_CONFIG_FILE: file };
        const own = { "aws:sharedConfigFiles": JSON.stringify([file]) };
        for (const [settings, environment, region] of [
            [{}, files, "eu-west-1"],
            [{}, { ...files, AWS_PROFILE: "work" }, "eu-west-2"],
            [{}, { ...files, AWS_DEFAULT_PROFILE: "work" }, "eu-west-2"],
            [{ ...own, "aws:profile": "work" }, { AWS_PROFILE: "other" }, "eu-west-2"],
            [{ "aws:profile": "work" }, { ...files, AWS_REGION: "eu-west-3" }, "eu-west-3"],
        ] as const) {
            assert.deepEqual(await checkWith(settings, environment), { region, failures: [] });
        }
        const { failures } = await checkWith({}, { ...files, AWS_PROFILE: "other" });
        assert.match(
            failures.join(),
            /^CREDENTIALS_MISSING: The AWS profile "other", which AWS_PROFILE names/,
        );
        assert.match((await checkWith({}, {})).failures.join(), /^REGION_MISSING/);
    });

    it("reaches the hooks that call AWS as well, which take the region of the version", async () => {
        const seen: string[] = [];
        const server = await startServer((request, response) => {
            if (request.method === "POST") {
                response.setHeader("content-type", "text/xml");
                response.end(callerIdentity("123456789012"));
                return;
            }
            seen.push(String(request.headers.authorization));
            response.statusCode = 404;
            response.setHeader("x-amzn-errortype", "ResourceNotFoundException");
            response.setHeader("content-type", "application/json");
            response.end('{"Message":"none"}');
        });
        try {
            const provider = openProvider();
            const settled = provider.configure(
                requestWith(settingsFor(server.origin, { "aws:accessKey": "AKIDCONFIGURED" })),
            );
            const arn = (version: number) => `arn:aws:lambda:ap-east-1:123456789012:layer:deps:${version}`;
            const answers = await Promise.all([1, 2, 3].map((version) => provider.read(arn(version), {})));
            await settled;
            // Not found is all that means gone.
            assert.deepEqual(answers, [{}, {}, {}]);
            assert.equal(seen.length, 3);
            assert.ok(
                seen.every((header) => /Credential=AKIDCONFIGURED\/\d+\/ap-east-1\/lambda\//.test(header)),
            );
        } finally {
            await server.close();
        }
    });

    it("refuses credentials of an account that the settings rule out, before anything else is asked", async () => {
        const server = await startServer((_request, response) => {
            response.setHeader("content-type", "text/xml");
            response.end(callerIdentity("123456789012"));
        });
        const accountWith = async (settings: Record<string, string>) => {
            const session = createAwsSession(settingsFor(server.origin, settings), {});
            return session.account(await session.clients("ap-east-1"));
        };
        try {
            assert.equal(await accountWith({ "aws:allowedAccountIds": '["123456789012"]' }), "123456789012");
            const ruledOut = (name: string) =>
                new RegExp(`ACCESS_DENIED: .* account 123456789012, which aws:${name} rules out`);
            await assert.rejects(
                accountWith({ "aws:allowedAccountIds": '["999999999999"]' }),
                ruledOut("allowedAccountIds"),
            );
            await assert.rejects(
                accountWith({ "aws:forbiddenAccountIds": '["123456789012"]' }),
                ruledOut("forbiddenAccountIds"),
            );
        } finally {
            await server.close();
        }
    });

    it("refuses what cannot be understood when a client is made, and says where it may stand", async () => {
        {
            const session = createAwsSession((key) => (key === "aws:maxRetries" ? "abc" : undefined), {});
            await assert.rejects(
                session.clients("ap-east-1"),
                /^LayerError: SETTING_INVALID: The AWS settings cannot be followed\.\n {2}\| aws:maxRetries must be .*\n.*LambdaLayerProvider's arguments/,
            );
        }
    });

    it("throws for no setting, whatever its text is", async () => {
        const provider = openProvider();
        await provider.configure(requestWith(() => "{"));
        await provider.configure(requestWith(() => undefined));
    });
});

describe("read", () => {
    it("takes a refusal for an error, never for a version that is gone", async () => {
        const server = await startServer((request, response) => {
            if (request.method === "POST") {
                response.setHeader("content-type", "text/xml");
                response.end(callerIdentity("123456789012"));
                return;
            }
            response.statusCode = 403;
            response.setHeader("x-amzn-errortype", "AccessDeniedException");
            response.setHeader("content-type", "application/json");
            response.end('{"Message":"no"}');
        });
        try {
            const provider = openProvider();
            await provider.configure(requestWith(settingsFor(server.origin, { "aws:maxRetries": "0" })));
            await assert.rejects(
                provider.read("arn:aws:lambda:ap-east-1:123456789012:layer:deps:1", {}),
                (error) =>
                    error instanceof Error && /ACCESS_DENIED/.test(error.message) && error.stack === "",
            );
        } finally {
            await server.close();
        }
    });
});
