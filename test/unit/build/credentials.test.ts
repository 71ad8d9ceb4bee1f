import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialsFor, redact } from "../../../provider/build/credentials";
import { environmentIndexes, resolveIndexes, uvIndexSettings } from "../../../provider/build/indexes";
import { parseNetrc, readNetrc } from "../../../provider/build/netrc";

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
        const found = environmentIndexes({
            UV_DEFAULT_INDEX: "https://me:s3cret@index.example/simple",
            UV_INDEX: "corp=https://other.example/simple  https://third.example/",
            UV_INDEX_CORP_PASSWORD: "token",
        });
        assert.deepEqual(found, [
            { url: "https://index.example/simple", credentials: me },
            {
                name: "corp",
                url: "https://other.example/simple",
                credentials: { username: "", password: "token" },
            },
            { url: "https://third.example/" },
        ]);
    });

    it("go to uv with no secret among the arguments", () => {
        const indexes = resolveIndexes([{ url: "https://index.example/simple", ...me, name: "x y" }], {});
        const { args, environment } = uvIndexSettings(indexes);
        assert.deepEqual(args, ["--index", "layer0=https://index.example/simple"]);
        assert.deepEqual(Object.values(environment), ["me", "s3cret"]);
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
