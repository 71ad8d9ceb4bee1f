import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { credentialsFor, redact } from "../../../provider/build/credentials";
import { pipPlaces, resolveIndexes, uvPlaces } from "../../../provider/build/indexes";
import { parseNetrc, readNetrc } from "../../../provider/build/netrc";
import { commonPlaces } from "../../../provider/build/places";
import { uvSettings } from "../../../provider/build/uvSettings";
import { requestFor } from "./request";

const me = { username: "me", password: "s3cret" };

describe("indexes", () => {
    it("take their credentials from the arguments, named variables, the address and the tools' own variables", () => {
        const url = "https://index.example/simple";
        const environment = {
            WHO: "me",
            WHAT: "s3cret",
            UV_INDEX_MY_INDEX_USERNAME: "me",
            UV_INDEX_MY_INDEX_PASSWORD: "s3cret",
            POETRY_HTTP_BASIC_POETS_CORNER_USERNAME: "me",
            POETRY_HTTP_BASIC_POETS_CORNER_PASSWORD: "s3cret",
        };
        const resolved = resolveIndexes(
            [
                { url, ...me },
                { url, usernameVariable: "WHO", passwordVariable: "WHAT" },
                { url: "https://me:s3cret@index.example/simple" },
                // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
                { url: "https://${WHO}:${WHAT}@index.example/simple" },
                { url, name: "my-index" },
                { url, name: "poets.corner" },
                { url, name: "my-index", username: "me" },
            ],
            environment,
        );
        for (const index of resolved) {
            assert.equal(index.url, url);
            assert.deepEqual(index.credentials, me);
        }
        assert.equal(resolveIndexes([{ url }], environment)[0]?.credentials, undefined);
    });

    it("refuse a variable that is not set, by its name", () => {
        assert.throws(
            () => resolveIndexes([{ url: "https://index.example/", passwordVariable: "MISSING" }], {}),
            /ARGUMENT_INVALID: indexes\[0\] names the environment variable MISSING/,
        );
    });

    it("refuse what is no address, without repeating it", () => {
        assert.throws(
            () => resolveIndexes([{ url: "s3cret" }], {}),
            (error: Error) => /ARGUMENT_INVALID/.test(error.message) && !error.message.includes("s3cret"),
        );
    });

    it("of the environment are read as uv reads them", () => {
        const { indexes, fallback } = uvPlaces({
            UV_DEFAULT_INDEX: "https://me:s3cret@index.example/simple",
            UV_INDEX: "corp=https://other.example/simple  https://third.example/",
            UV_INDEX_CORP_PASSWORD: "token",
        });
        assert.deepEqual(fallback, { url: "https://index.example/simple", credentials: me });
        assert.deepEqual(indexes, [
            {
                name: "corp",
                url: "https://other.example/simple",
                credentials: { username: "", password: "token" },
            },
            { url: "https://third.example/" },
        ]);
    });

    it("of the environment are read as pip reads them", () => {
        const places = pipPlaces({
            PIP_INDEX_URL: "https://me:s3cret@index.example/simple",
            PIP_EXTRA_INDEX_URL: "https://other.example/simple https://third.example/",
            PIP_FIND_LINKS: "https://me:s3cret@links.example/ /opt/wheels",
            PIP_NO_INDEX: "1",
        });
        assert.deepEqual(places.fallback, { url: "https://index.example/simple", credentials: me });
        assert.deepEqual(places.indexes, [
            { url: "https://other.example/simple" },
            { url: "https://third.example/" },
        ]);
        assert.deepEqual(places.findLinks, [
            { url: "https://links.example/", credentials: me },
            { url: "/opt/wheels" },
        ]);
        assert.equal(places.noIndex, true);
    });

    it("have their variables filled in as pip and uv do, so that an encoded value is decoded once", () => {
        const cases = [
            ["p%40ss%2Fw%25rd", "p@ss/w%rd"],
            ["p@ss", "p@ss"],
            ["a/b?c#d e", "a/b?c#d e"],
            ["50%off", "50%off"],
            ["a:b", "a:b"],
            ["gr\u00fc\u00df", "gr\u00fc\u00df"],
        ];
        for (const [TOKEN, password] of cases) {
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
            const [index] = resolveIndexes([{ url: "https://me:${TOKEN}@index.example/" }], { TOKEN });
            assert.deepEqual(index?.credentials, { username: "me", password });
            assert.equal(index?.url, "https://index.example/");
        }
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
        const url = "https://${BOTH}@${HOST}/${PATH}/";
        const variables = { BOTH: "me:s3cret", HOST: "index.example", PATH: "a/b" };
        assert.deepEqual(resolveIndexes([{ url }], variables), [
            { url: "https://index.example/a/b/", credentials: me },
        ]);
    });

    it("leave no variable in what the manifest says of hosts, and say which one is not set", () => {
        const options = { extraIndexUrls: [], findLinks: [], noIndex: false, onlyBinary: [], noBinary: [] };
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
        const trustedHosts = ["${HOST}:8443", "plain.example"];
        const { manifest, manifestFolder, target } = requestFor("/project", [], {
            manifest: { options: { ...options, requireHashes: false, prereleases: false, trustedHosts } },
        });
        const rest = { indexes: [], allowSourceBuilds: new Set<string>() };
        const lookup = (variables: Record<string, string>) => ({
            ...{ manifest, manifestFolder, target, variables },
            ...rest,
        });
        const { trustedHosts: filled } = commonPlaces(lookup({ HOST: "index.example" }));
        assert.deepEqual(filled, ["index.example:8443", "plain.example"]);
        assert.throws(() => commonPlaces(lookup({})), /ARGUMENT_INVALID: .*HOST, which is not set/);
    });

    it("go to uv in its settings, with names of our own, the default apart", () => {
        const [one, two] = resolveIndexes(
            [
                { url: "https://index.example/simple", ...me, name: "x y" },
                { url: "https://index.example/default" },
            ],
            {},
        );
        const places = {
            indexes: one ? [one] : [],
            fallback: two,
            findLinks: [],
            noIndex: false,
            trustedHosts: [],
        };
        const settings = JSON.parse(JSON.stringify(parse(uvSettings(places, [], {}))));
        assert.deepEqual(settings, {
            index: [
                { name: "layer0", url: "https://me:s3cret@index.example/simple" },
                { name: "layerdefault", url: "https://index.example/default", default: true },
            ],
        });
    });
});

describe("credentials", () => {
    const indexes = [
        { url: "https://index.example/team-a/simple/", credentials: { username: "a", password: "1" } },
        { url: "https://index.example/team-b/simple/", credentials: { username: "b", password: "2" } },
        { url: "https://open.example/simple/" },
    ];
    const find = (url: string) => credentialsFor(new URL(url), indexes, [])?.username;

    it("go to the index with most of the path in common", () => {
        assert.equal(find("https://index.example/team-b/files/x.whl"), "b");
        assert.equal(find("https://index.example/team-a/simple/x/"), "a");
        assert.equal(find("https://index.example/files/x.whl"), "a");
    });

    it("go to no other host, port or scheme", () => {
        for (const url of [
            "https://files.example/team-b/x.whl",
            "https://index.example:8443/team-b/x.whl",
            "http://index.example/team-b/x.whl",
            "https://index.example.evil.example/team-b/x.whl",
            "https://open.example/simple/x.whl",
        ])
            assert.equal(find(url), undefined, url);
    });

    it("are taken out of what tools say", () => {
        const said =
            "GET https://me:p%40ss@index.example/x failed with p@ss and git+ssh://git@host.example/y";
        const cleaned = redact(said, [
            { url: "https://index.example/", credentials: { username: "me", password: "p@ss" } },
        ]);
        assert.equal(
            cleaned,
            "GET https://****@index.example/x failed with **** and git+ssh://****@host.example/y",
        );
    });
});

describe("netrc", () => {
    const text = `# comment
machine index.example login me password s3cret
machine other.example
    login "with space"
    account ignored
    password "quote\\"d"
macdef init
machine trap.example login x password y

machine bare.example login nobody
default login anonymous password guest
`;

    it("is read with comments, quotes, macros and a default", () => {
        assert.deepEqual(parseNetrc(text), [
            { machine: "index.example", login: "me", password: "s3cret" },
            { machine: "other.example", login: "with space", password: 'quote"d' },
            { login: "anonymous", password: "guest" },
        ]);
    });

    it("is used for hosts that no index has credentials for", () => {
        const entries = parseNetrc(text);
        assert.deepEqual(credentialsFor(new URL("https://index.example/a"), [], entries), me);
        assert.equal(credentialsFor(new URL("https://else.example/a"), [], entries)?.password, "guest");
        const index = { url: "https://index.example/", credentials: { username: "u", password: "p" } };
        assert.equal(credentialsFor(new URL("https://index.example/a"), [index], entries)?.password, "p");
    });

    it("is found through NETRC and through the home folder", async () => {
        const folder = await mkdtemp(join(tmpdir(), "netrc-"));
        try {
            await writeFile(join(folder, ".netrc"), "machine index.example login me password s3cret");
            const expected = [{ machine: "index.example", login: "me", password: "s3cret" }];
            assert.deepEqual(await readNetrc({ HOME: folder }), expected);
            assert.deepEqual(await readNetrc({ NETRC: join(folder, ".netrc") }), expected);
            assert.deepEqual(await readNetrc({ NETRC: join(folder, "none") }), []);
        } finally {
            await rm(folder, { recursive: true });
        }
    });
});
