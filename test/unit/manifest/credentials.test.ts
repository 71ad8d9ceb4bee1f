import assert from "node:assert/strict";
import { isLayerError } from "../../../provider/errors";
import { type ManifestKind, refuseCredentials, withoutUserInfo } from "../../../provider/manifest";
import { errorOf, parseText } from "./manifestText";

const secret = "hunter2-secret";
const refused = (line: string, kind: ManifestKind = "requirements.txt") => {
    try {
        refuseCredentials(kind, kind, `\n${line}\n`);
        return undefined;
    } catch (error) {
        assert.ok(isLayerError(error));
        assert.equal(error.code, "MANIFEST_CREDENTIALS");
        assert.ok(!error.message.includes(secret), error.message);
        return error;
    }
};

describe("refuseCredentials", () => {
    for (const line of [
        `--index-url https://user:${secret}@index.example/simple`,
        `-i https://${secret}@index.example/simple`,
        `x @ git+https://oauth2:${secret}@git.example/team/x`,
        `x @ git+ssh://git:${secret}@git.example/team/x`,
        `# an old one: https://user:${secret}@index.example/`,
        `-f https://files.index.example/x.whl?token=${secret}`,
        `-f https://files.index.example/x.whl?a=1&X-Amz-Signature=${secret}`,
        `source = { registry = "https://user:${secret}@index.example/simple" }`,
        `--proxy=http://user:a@${secret}@proxy.example:8080`,
    ]) {
        it(`refuses ${line.replaceAll(secret, "…")}`, () => {
            const error = refused(line);
            assert.equal(error?.failure.where?.split(":")[1], "2");
            assert.match(error?.message ?? "", /`indexes` argument/);
        });
    }

    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
    for (const line of [
        "--index-url https://${USER}:${PASSWORD}@index.example/simple",
        "-i https://${TOKEN}@index.example/simple",
        "-i https://user:${PASSWORD}@index.example/simple",
        "-i https://aws@index.example/simple",
        "-f https://files.index.example/x.whl?token=${TOKEN}",
        "x @ git+ssh://git@git.example/team/x@v1",
        "x @ git+ssh://alice@git.example/team/x",
        "x @ git+https://git.example/team/x@main",
        "-i https://index.example/simple # mail me@index.example",
        "-f https://files.index.example/@scope/x.whl",
    ]) {
        it(`lets ${line} pass`, () => {
            assert.equal(refused(line), undefined);
        });
    }
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the syntax of requirements files

    it("lets an author's description in poetry.lock quote what it likes", () => {
        assert.equal(
            refused('description = "for postgresql://user:password@host"', "poetry.lock"),
            undefined,
        );
        assert.notEqual(refused('url = "https://user:password@host"', "poetry.lock"), undefined);
    });

    it("comes before any other error, which might draw the line, and covers includes", () => {
        const bad = `registry = = "https://user:${secret}@index.example/"`;
        assert.equal(errorOf("uv.lock", bad).code, "MANIFEST_CREDENTIALS");
        const include = { "more.txt": `-i https://a:${secret}@index.example/\n` };
        const error = errorOf("requirements.txt", "-r more.txt\n", include);
        assert.equal(error.code, "MANIFEST_CREDENTIALS");
        assert.equal(error.failure.where, "more.txt:1:12");
    });

    it("is no part of where a package comes from", () => {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of requirements files
        assert.equal(withoutUserInfo("https://${A}:${B}@index.example/x"), "https://index.example/x");
        const of = (token: string) =>
            parseText("requirements.txt", `-i https://\${${token}}@index.example/\nsix==1\n`);
        assert.deepEqual(of("OLD").packages, of("NEW").packages);
    });
});
