import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { authorityFile, type ConnectProxy, startConnectProxy, startTlsFront } from "../connectProxy";
import { startLoopbackServer } from "../loopback";
import { defaultAccount } from "../strictAws";
import { uvPath } from "../tools";
import { startIndex } from "../unit/build/packageIndex";
import { region, uniqueName } from "../unit/emulatedAws";
import { craftWheel } from "../unit/package/craftWheel";
import { configure } from "./place";
import { startPlugin } from "./pluginProcess";
import { createStack } from "./simulatedEngine";
import { failure, succeed, useStrictAws } from "./strictTests";

/** An AWS that is reached at its real addresses, which exist behind a proxy alone, and whose certificates few trust. */
describe("connections", function () {
    this.timeout(60_000);
    const strict = useStrictAws();
    const running: { stop(): Promise<void> }[] = [];
    let scratch: string;
    let sha256: string;
    let front: { readonly port: number };
    let proxy: ConnectProxy;
    let lock: string;

    const portOf = (endpoint: string) => Number(new URL(endpoint).port);
    const keep = <Started extends { stop(): Promise<void> }>(started: Started): Started => {
        running.push(started);
        return started;
    };
    /** What the portal of IAM Identity Center answers: credentials of another account. */
    const credentials = JSON.stringify({
        roleCredentials: {
            accessKeyId: "210987654321",
            secretAccessKey: "s",
            sessionToken: "t",
            expiration: Date.now() + 3_600_000,
        },
    });

    before(async () => {
        scratch = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
        const wheel = await craftWheel(scratch, {
            name: "demo",
            version: "1.0",
            entries: [{ name: "demo.py", content: "version = 1\n" }],
        });
        sha256 = wheel.sha256;
        const index = await startIndex(
            new Map([[wheel.filename, await readFile(join(scratch, wheel.filename))]]),
        );
        keep({ stop: index.close });
        const portal = keep(
            await startLoopbackServer((_, response) =>
                response.setHeader("content-type", "application/json").end(credentials),
            ),
        );
        front = keep(
            await startTlsFront((name) =>
                portOf(
                    name === "index.example"
                        ? index.origin
                        : name.startsWith("portal.sso.")
                          ? portal.endpoint
                          : strict.aws.endpoint,
                ),
            ),
        );
        proxy = keep(await startConnectProxy(front.port));
        lock = join(scratch, "uv.lock");
        await writeFile(lock, lockOf(`https://index.example/files/${wheel.filename}`, wheel.sha256));
    });
    after(async () => {
        await Promise.all(running.splice(0).map((each) => each.stop()));
        await rm(scratch, { recursive: true, force: true });
    });
    beforeEach(() => proxy.take());

    const keys = { "aws:accessKey": "test", "aws:secretKey": "test" };
    const settings = (more: Readonly<Record<string, string>>): Record<string, string> => ({
        "aws:region": region,
        "aws:s3UsePathStyle": "true",
        "aws:maxRetries": "0",
        ...more,
    });
    const connect = (more: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv) => {
        const given = settings(more);
        // A wheel that an earlier test has fetched would not be fetched again.
        const ownCache = { XDG_CACHE_HOME: join(scratch, uniqueName("cache")) };
        configure(
            (key) => given[key],
            { lease: { stale: 400 }, secondLook: 50 },
            { ...environment, ...ownCache },
        );
    };
    const layer = () => ({
        name: "deps",
        type: "PythonLayer" as const,
        args: { manifest: lock, pythonVersion: "3.13", bucket: strict.bucket().name },
    });
    const everything = [
        "index.example:443",
        ...["lambda", "s3", "sts"].map((name) => `${name}.${region}.amazonaws.com:443`),
    ];

    for (const [what, given, environment] of [
        [
            "the environment",
            {},
            (port: number) => ({ HTTPS_PROXY: `127.0.0.1:${port}`, AWS_CA_BUNDLE: authorityFile }),
        ],
        [
            "the environment in lower case, with the authorities of OpenSSL's variable",
            {},
            (port: number) => ({ https_proxy: `http://127.0.0.1:${port}`, SSL_CERT_FILE: authorityFile }),
        ],
        [
            "the stack, where the environment says something else",
            {
                httpsProxy: "http://127.0.0.1:PORT",
                customCaBundle: authorityFile,
                noProxy: "internal.example",
            },
            () => ({ HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "*" }),
        ],
        [
            "the stack's proxy for HTTP, which is TLS's too where there is no other",
            { httpProxy: "http://127.0.0.1:PORT", customCaBundle: authorityFile },
            () => ({}),
        ],
    ] as const) {
        it(`go through the proxy and trust the authorities of ${what}`, async () => {
            const more = Object.fromEntries(
                Object.entries(given).map(([name, value]) => [
                    `aws:${name}`,
                    value.replace("PORT", String(proxy.port)),
                ]),
            );
            connect({ ...keys, ...more }, environment(proxy.port));
            const stack = createStack(uniqueName("connected"), "dev");
            await succeed(() => stack.up([layer()]));
            assert.deepEqual(proxy.take(), everything);
        });
    }

    it("of uv go the same way, and trust the same authorities", async () => {
        const requirements = join(scratch, "requirements.txt");
        await writeFile(
            requirements,
            `--index-url https://index.example/simple/\ndemo==1.0 --hash=sha256:${sha256}\n`,
        );
        const more = {
            "aws:httpsProxy": `http://127.0.0.1:${proxy.port}`,
            "aws:customCaBundle": authorityFile,
        };
        const { UV_DEFAULT_INDEX: _index, ...environment } = process.env;
        connect(
            { ...keys, ...more },
            {
                ...environment,
                PATH: `${dirname(uvPath())}${delimiter}${process.env["PATH"]}`,
                UV_CACHE_DIR: join(scratch, "uv"),
            },
        );
        const { args, ...declared } = layer();
        await succeed(() =>
            createStack(uniqueName("uv"), "dev").up([
                { ...declared, args: { ...args, manifest: requirements } },
            ]),
        );
        assert.deepEqual(proxy.take(), everything);
    });

    it("give the proxy its user name and password, and tell neither", async () => {
        const guarded = keep(
            await startConnectProxy(front.port, `Basic ${Buffer.from("me:p@ss").toString("base64")}`),
        );
        const through = (user: string) => ({
            HTTPS_PROXY: `http://${user}@127.0.0.1:${guarded.port}`,
            AWS_CA_BUNDLE: authorityFile,
        });
        connect(keys, through("me:p%40ss"));
        await succeed(() => createStack(uniqueName("guarded"), "dev").up([layer()]));
        assert.deepEqual(guarded.take(), everything);
        connect(keys, through("me:s3cret"));
        const message = await failure(() => createStack(uniqueName("guarded"), "dev").up([layer()]));
        assert.match(message, /AWS_FAILED: sts:GetCallerIdentity did not reach AWS\./);
        assert.match(message, new RegExp(`The proxy http://127.0.0.1:${guarded.port} answered 407`));
        assert.doesNotMatch(message, /s3cret/);
    });

    it("say whom to trust where a certificate is not trusted, and which file is none", async () => {
        const HTTPS_PROXY = `127.0.0.1:${proxy.port}`;
        connect(keys, { HTTPS_PROXY });
        assert.match(
            await failure(() => createStack(uniqueName("untrusted"), "dev").up([layer()])),
            /AWS_FAILED: sts:GetCallerIdentity did not reach AWS\.\n.*certificate.*\n.*AWS_CA_BUNDLE or aws:customCaBundle/,
        );
        for (const file of [join(scratch, "missing.pem"), lock]) {
            connect({ ...keys, "aws:customCaBundle": file }, { HTTPS_PROXY });
            assert.match(
                await failure(() => createStack(uniqueName("untrusted"), "dev").up([layer()])),
                /^SETTING_INVALID: The certificate authorities of AWS_CA_BUNDLE cannot be used: .*(?:ENOENT|no certificate)/,
            );
        }
    });

    it("name a variable whose proxy is none, and are made without it where NO_PROXY says so", async () => {
        connect(keys, { ALL_PROXY: "socks5://127.0.0.1:9", AWS_CA_BUNDLE: authorityFile });
        assert.match(
            await failure(() => createStack(uniqueName("socks"), "dev").up([layer()])),
            /^SETTING_INVALID: ALL_PROXY names no proxy that can be used/,
        );
        const own = {
            "aws:endpoints": JSON.stringify([
                { lambda: strict.aws.endpoint, s3: strict.aws.endpoint, sts: strict.aws.endpoint },
            ]),
        };
        connect({ ...keys, ...own }, { HTTP_PROXY: "127.0.0.1:9", NO_PROXY: "127.0.0.0/8" });
        await succeed(() =>
            createStack(uniqueName("socks"), "dev").up([
                {
                    ...layer(),
                    type: "LayerVersion",
                    args: strict.project.zip(0, { layerName: uniqueName("direct") }),
                },
            ]),
        );
    });

    it("are made in one way for every role on the way to the credentials", async () => {
        connect(
            {
                "aws:assumeRoleWithWebIdentity": JSON.stringify({
                    roleArn: "arn:aws:iam::111111111111:role/first",
                    webIdentityToken: "token",
                }),
                "aws:assumeRoles": JSON.stringify([
                    { roleArn: `arn:aws:iam::${defaultAccount}:role/second` },
                ]),
            },
            { HTTPS_PROXY: `127.0.0.1:${proxy.port}`, AWS_CA_BUNDLE: authorityFile },
        );
        strict.aws.state.assumed.splice(0);
        await succeed(() => createStack(uniqueName("roles"), "dev").up([layer()]));
        assert.deepEqual(
            strict.aws.state.assumed.map(({ by }) => by),
            ["", "111111111111"],
        );
        assert.deepEqual(proxy.take(), everything);
    });

    it("are made in one way for a sign-in with IAM Identity Center", async () => {
        const home = join(scratch, "home");
        const cache = join(home, ".aws/sso/cache");
        await mkdir(cache, { recursive: true });
        const start = "https://portal.example/start";
        await writeFile(
            join(home, ".aws/config"),
            `[profile work]\nsso_start_url = ${start}\nsso_region = ${region}\nsso_account_id = 210987654321\nsso_role_name = dev\n`,
        );
        const name = createHash("sha1").update(start).digest("hex");
        await writeFile(
            join(cache, `${name}.json`),
            JSON.stringify({ accessToken: "t", expiresAt: new Date(Date.now() + 3_600_000).toISOString() }),
        );
        const plugin = await startPlugin(
            scratch,
            settings({ "aws:profile": "work" }),
            {},
            {
                HOME: home,
                HTTPS_PROXY: `127.0.0.1:${proxy.port}`,
                AWS_CA_BUNDLE: authorityFile,
            },
        );
        try {
            await assert.rejects(
                plugin.hooks.read(`arn:aws:lambda:${region}:${defaultAccount}:layer:deps:1`, {}),
                /ACCESS_DENIED: .* and the AWS credentials to 210987654321/,
            );
        } finally {
            await plugin.end();
        }
        assert.deepEqual(proxy.take(), [
            `portal.sso.${region}.amazonaws.com:443`,
            `sts.${region}.amazonaws.com:443`,
        ]);
    });
});

const lockOf = (url: string, sha256: string): string => `version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "app"
version = "1.0.0"
source = { virtual = "." }
dependencies = [
    { name = "demo" },
]

[[package]]
name = "demo"
version = "1.0"
source = { url = "${url}" }
wheels = [
    { url = "${url}", hash = "sha256:${sha256}" },
]
`;
