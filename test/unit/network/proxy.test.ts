import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withAuthoritiesOfUv } from "../../../provider/network/authorities";
import { readConnections } from "../../../provider/network/connections";
import { withNetworkSettings } from "../../../provider/network/networkSettings";
import { authorityFile } from "../../connectProxy";

const proxyOf = (address: string, environment: NodeJS.ProcessEnv): string | undefined =>
    readConnections(environment).proxyFor(new URL(address))?.origin;

describe("readConnections", () => {
    const both = { HTTP_PROXY: "http://one:1", HTTPS_PROXY: "http://two:2" };

    it("takes the proxy of an address's scheme, in either case, the lower one first", () => {
        assert.equal(proxyOf("http://host.test", both), "http://one:1");
        assert.equal(proxyOf("https://host.test", both), "http://two:2");
        assert.equal(proxyOf("https://host.test", { ...both, https_proxy: "three:3" }), "http://three:3");
        assert.equal(proxyOf("https://host.test", { HTTP_PROXY: "http://one:1" }), undefined);
        assert.equal(proxyOf("https://host.test", { ALL_PROXY: "https://all:4" }), "https://all:4");
        assert.equal(proxyOf("https://host.test", { HTTPS_PROXY: "  " }), undefined);
        assert.equal(proxyOf("https://host.test", {}), undefined);
    });

    it("passes the hosts, domains, addresses and networks of NO_PROXY over", () => {
        for (const [list, address, isProxied] of [
            ["host.test", "https://host.test", false],
            ["host.test", "https://a.host.test", false],
            ["host.test", "https://ghost.test", true],
            [".host.test", "https://host.test", false],
            ["*.host.test", "https://a.host.test", false],
            ["HOST.test", "https://host.TEST", false],
            ["other.test, host.test", "https://host.test", false],
            ["other.test host.test", "https://host.test", false],
            ["host.test:443", "https://host.test", false],
            ["host.test:8443", "https://host.test", true],
            ["host.test:8443", "https://host.test:8443", false],
            ["*", "https://host.test", false],
            ["10.0.0.0/8", "https://10.1.2.3", false],
            ["10.0.0.0/8", "https://11.1.2.3", true],
            ["10.0.0.0/8", "https://host.test", true],
            ["10.0.0.0/99", "https://10.1.2.3", true],
            ["127.0.0.1", "http://127.0.0.1:4566", false],
            ["::1", "http://[::1]:4566", false],
            ["fd00::/8", "http://[fd00::1]/", false],
            ["fd00::/8", "http://[fe00::1]/", true],
            [",, ,", "https://host.test", true],
            ["amazonaws.com", "https://s3.eu-central-1.amazonaws.com", false],
        ] as const) {
            const found = proxyOf(address, { ...both, NO_PROXY: list });
            assert.equal(found !== undefined, isProxied, `${list}: ${address}`);
        }
    });

    it("refuses a proxy that speaks no HTTP, by the name of its variable and without its address", () => {
        for (const address of ["socks5://me:s3cret@host:1", "s3cret", "http://", "s3cret://x"]) {
            assert.throws(
                () => proxyOf("https://host.test", { https_proxy: address }),
                (error) =>
                    error instanceof Error &&
                    error.message.startsWith("SETTING_INVALID: https_proxy names no proxy") &&
                    !error.message.includes("s3cret"),
            );
        }
    });

    it("trusts whom Node trusts, where no file names others", async () => {
        assert.equal(await readConnections({}).trust(), undefined);
        assert.equal(await readConnections({ SSL_CERT_FILE: "/nowhere.pem" }).trust(), undefined);
        assert.ok((await readConnections({ SSL_CERT_FILE: authorityFile }).trust()) !== undefined);
    });
});

describe("withNetworkSettings", () => {
    it("puts the stack's settings in the place of the environment's, for whoever reads either case", () => {
        const none = { httpProxy: undefined, httpsProxy: undefined, noProxy: undefined, caBundle: undefined };
        const environment = { PATH: "/bin", https_proxy: "http://old:1", NO_PROXY: "*" };
        assert.deepEqual(withNetworkSettings(environment, none), environment);
        const changed = withNetworkSettings(environment, {
            ...none,
            httpProxy: "http://new:1",
            httpsProxy: "http://new:2",
            noProxy: "internal.test",
            caBundle: "/ca.pem",
        });
        assert.deepEqual(changed, {
            PATH: "/bin",
            HTTP_PROXY: "http://new:1",
            http_proxy: "http://new:1",
            HTTPS_PROXY: "http://new:2",
            https_proxy: "http://new:2",
            NO_PROXY: "internal.test",
            no_proxy: "internal.test",
            AWS_CA_BUNDLE: "/ca.pem",
        });
        // As pulumi-aws has it.
        const one = { ...none, httpProxy: "http://new:1" };
        assert.equal(proxyOf("https://host.test", withNetworkSettings({}, one)), "http://new:1");
        assert.equal(
            proxyOf("https://host.test", withNetworkSettings({ HTTPS_PROXY: "http://old:1" }, one)),
            "http://old:1",
        );
    });
});

describe("withAuthoritiesOfUv", () => {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-test-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    const authoritiesIn = async (environment: NodeJS.ProcessEnv) => {
        const { SSL_CERT_FILE = "" } = await withAuthoritiesOfUv(environment, folder);
        return readFile(SSL_CERT_FILE, "utf8");
    };

    it("gives uv a file with these authorities and with those that it trusts without them", async () => {
        const own = join(folder, "own.pem");
        await writeFile(own, "-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n");
        const given = (await readFile(authorityFile, "utf8")).trim();
        const all = await authoritiesIn({ AWS_CA_BUNDLE: authorityFile });
        assert.ok(all.includes(given) && (all.match(/BEGIN CERTIFICATE/g) ?? []).length > 50);
        const both = await authoritiesIn({ AWS_CA_BUNDLE: authorityFile, SSL_CERT_FILE: own });
        assert.ok(both.includes(given) && (both.match(/BEGIN CERTIFICATE/g) ?? []).length === 2);
    });

    it("leaves uv alone where it reads the system's store, or nobody names an authority", async () => {
        for (const environment of [
            {},
            { SSL_CERT_FILE: "/own.pem" },
            { AWS_CA_BUNDLE: authorityFile, UV_NATIVE_TLS: "1" },
            { AWS_CA_BUNDLE: authorityFile, UV_SYSTEM_CERTS: "1" },
        ]) {
            assert.deepEqual(await withAuthoritiesOfUv(environment, folder), environment);
        }
    });
});
