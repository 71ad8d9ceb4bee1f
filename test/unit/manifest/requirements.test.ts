import assert from "node:assert/strict";
import { type Manifest, selectDependencies } from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { errorOf, packageNamed, parseFixture, parseText } from "./manifestText";

const requirements = (text: string, includes?: Record<string, string>): Manifest =>
    parseText("requirements.txt", text, includes);
const selected = (manifest: Manifest) =>
    selectDependencies(
        manifest,
        { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] },
        targetFor("3.13", "x86_64"),
    );
const only = (text: string) => {
    const { packages, doubts } = requirements(text);
    assert.equal(packages.length, 1);
    const [locked] = packages;
    return { ...(locked ?? assert.fail()), doubts: doubts.map(({ reason }) => reason) };
};
const sha256 = (digit: string) => `sha256:${digit.repeat(64)}`;
const commit = "3f1b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

describe("requirements.txt", () => {
    it("reads names, pins, extras, markers and hashes over continued lines", async () => {
        const manifest = await parseFixture("requirements/requirements.txt");
        assert.deepEqual(manifest.doubts, []);
        assert.deepEqual(
            manifest.packages.map(({ name, version }) => `${name}==${version}`),
            ["idna==3.10", "requests==2.32.3", "flask-sql-alchemy==3.1.1", "six==1.17.0"],
        );
        const requests = packageNamed(manifest, "requests");
        assert.deepEqual(requests.requestedExtras, ["socks", "use-chardet"]);
        assert.equal(requests.marker, 'python_version >= "3.11"');
        assert.deepEqual(requests.hashes, [sha256("1"), sha256("2")]);
        assert.deepEqual(requests.position, { file: "requirements/requirements.txt", line: 9, column: 1 });
        assert.deepEqual(packageNamed(manifest, "idna").position.file, "requirements/shared/base.txt");
    });

    it("keeps options as written, and indexes without user info for comparing", async () => {
        const manifest = await parseFixture("requirements/requirements.txt");
        assert.deepEqual(manifest.options, {
            indexUrl: "https://index.example/simple",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: variables stay for the installer
            extraIndexUrls: ["https://${USER}:${TOKEN}@private.example/simple"],
            findLinks: ["wheels", "more"],
            noIndex: false,
            onlyBinary: [":all:"],
            noBinary: [],
            requireHashes: false,
            prereleases: false,
            trustedHosts: [],
        });
        assert.deepEqual(manifest.indexes, [
            "https://index.example/simple",
            "https://private.example/simple",
        ]);
        assert.deepEqual(packageNamed(manifest, "six").source, {
            type: "registry",
            index: "https://index.example/simple https://private.example/simple wheels more",
        });
    });

    it("keeps constraints apart: they install nothing, pinned or not", async () => {
        const manifest = await parseFixture("requirements/requirements.txt");
        assert.deepEqual(
            manifest.constraints?.map(({ name, specifier }) => name + specifier),
            ["urllib3<3", "certifi==2026.10.18"],
        );
    });

    it("reads every option line", () => {
        const { options } = requirements(
            "-i https://a.example/\n--index-url=https://b.example/\n--no-index --pre\n--require-hashes\n" +
                "--trusted-host b.example\n--only-binary=Foo_Bar,:none:\n--prefer-binary\n--use-feature fast-deps\n--find-links https://c.example/links\n",
        );
        assert.deepEqual(options, {
            indexUrl: "https://b.example/",
            extraIndexUrls: [],
            findLinks: ["https://c.example/links"],
            noIndex: true,
            onlyBinary: ["foo-bar", ":none:"],
            noBinary: [],
            requireHashes: true,
            prereleases: true,
            trustedHosts: ["b.example"],
        });
    });

    it("gives the same with CRLF, a lone CR and no last line end", () => {
        const lines = ["a==1 \\", `  --hash=${sha256("a")}`, "# comment \\", "b==2"];
        const [unix, windows, mac] = ["\n", "\r\n", "\r"].map(
            (end) => requirements(lines.join(end)).packages,
        );
        assert.equal(unix?.length, 2);
        assert.deepEqual(windows, unix);
        assert.deepEqual(mac, unix);
    });

    for (const line of [
        "six",
        "six>=1,<2",
        "six==1.*",
        "six~=1.17.0",
        "six!=1.0",
        "six ; python_version>'3'",
    ]) {
        it(`has a doubt, no error, about ${line}`, () => {
            const manifest = requirements(`\n ${line}\n`);
            assert.equal(manifest.packages[0]?.version, undefined);
            const { doubts } = selected(manifest);
            assert.equal(doubts[0]?.reason, "six is not pinned to one version");
            assert.deepEqual(doubts[0]?.position, { file: "requirements.txt", line: 2, column: 2 });
        });
    }

    it("takes a pin beside other clauses, a legacy pin and one in parentheses", () => {
        assert.equal(only("six>=1,==1.17.0").version, "1.17.0");
        assert.equal(only("six===1.17-custom").version, "1.17-custom");
        assert.equal(only("torch ( == 2.5.1+cpu )").version, "2.5.1+cpu");
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the installer
        assert.equal(only("six==${SIX}").version, undefined);
    });

    it("reads wheels and sdists at an address", () => {
        const url = "https://files.index.example/a%2Bb/Some_Thing-1.2%2Blocal-py3-none-any.whl";
        const wheel = only(`some.thing @ ${url}#sha256=${"A".repeat(64)} ; sys_platform == 'linux'`);
        assert.deepEqual(wheel.source, { type: "url", url });
        assert.equal(wheel.name, "some-thing");
        assert.equal(wheel.version, "1.2+local");
        assert.equal(wheel.marker, "sys_platform == 'linux'");
        const filename = "Some_Thing-1.2+local-py3-none-any.whl";
        assert.deepEqual(wheel.files, [{ filename, url, hash: sha256("a") }]);
        const sdist = only("https://files.index.example/docopt-0.6.2.tar.gz#subdirectory=src&egg=DocOpt[x]");
        assert.deepEqual([sdist.name, sdist.version, sdist.requestedExtras], ["docopt", "0.6.2", ["x"]]);
        assert.deepEqual(sdist.source, {
            type: "url",
            url: "https://files.index.example/docopt-0.6.2.tar.gz",
            subdirectory: "src",
        });
        assert.deepEqual(wheel.doubts.concat(sdist.doubts), []);
    });

    it("reads repositories, and doubts those without a commit", () => {
        const pinned = only(
            `lib[a] @ git+https://git.example/team/lib.git@${commit}#subdirectory=python/lib`,
        );
        assert.deepEqual(pinned.source, {
            type: "git",
            url: "https://git.example/team/lib.git",
            commit,
            subdirectory: "python/lib",
        });
        assert.deepEqual([pinned.requestedExtras, pinned.doubts], [["a"], []]);
        const ssh = only(`-e git+ssh://git@git.example/team/lib@v1.0#egg=lib`);
        assert.deepEqual(ssh.source, {
            type: "git",
            url: "ssh://git@git.example/team/lib",
            reference: "v1.0",
        });
        assert.deepEqual(ssh.doubts, ["lib comes from a repository without a commit"]);
        const unnamed = only("git+https://git.example/team/lib.git");
        assert.deepEqual([unnamed.name, unnamed.unnamed], ["https://git.example/team/lib.git", true]);
        assert.deepEqual(unnamed.doubts, [
            "https://git.example/team/lib.git comes from a repository without a commit",
        ]);
    });

    it("reads paths, from the root manifest's folder", () => {
        const wheel = only("./wheels/six-1.17.0-py2.py3-none-any.whl");
        assert.deepEqual([wheel.name, wheel.version], ["six", "1.17.0"]);
        assert.deepEqual(wheel.source, { type: "path", path: "wheels/six-1.17.0-py2.py3-none-any.whl" });
        assert.equal(wheel.files[0]?.path, "wheels/six-1.17.0-py2.py3-none-any.whl");
        const named = only("lib @ file:///shared/lib");
        assert.deepEqual(named.source, {
            type: "directory",
            path: "../shared/lib",
            editable: false,
            virtual: false,
        });
        assert.deepEqual(named.doubts, []);
        const editable = only("-e .[dev,test] ; python_version > '3.8'");
        assert.deepEqual(editable.source, { type: "directory", path: ".", editable: true, virtual: false });
        assert.deepEqual([editable.requestedExtras, editable.doubts], [["dev", "test"], []]);
        assert.deepEqual([editable.name, editable.unnamed], [".", true]);
        const { packages } = requirements("-r sub/more.txt\n", { "sub/more.txt": "x @ ./libs\\x\n" });
        assert.equal(packages[0]?.source.type === "directory" && packages[0].source.path, "libs/x");
    });

    it("has a doubt about options that change what a build gives", () => {
        assert.equal(requirements("six==1.17.0\n--no-binary six").doubts[0]?.position?.line, 2);
        assert.match(only("six==1.17.0 --config-settings a=b").doubts[0] ?? "", /changes how/);
    });

    it("reads diamonds of includes once, and constraints' includes as constraints", () => {
        const { packages, constraints } = requirements("-r a.txt\n-r b.txt\n-c c.txt\n", {
            "a.txt": "-r d.txt\n",
            "b.txt": "-r d.txt\n",
            "c.txt": "-r d.txt\n",
            "d.txt": "six==1.17.0\n",
        });
        assert.deepEqual([packages.length, constraints?.length], [1, 1]);
    });

    for (const [line, column, reason] of [
        ["six==", 4, /`==` is no version specifier/],
        ["six=1.17.0", 4, /`=1\.17\.0` is no version specifier/],
        ["six==1.17.0 idna==3.10", 13, /`idna==3\.10` is not expected here/],
        ["six[a==1", 4, /no closing bracket/],
        ["six[a b]==1", 4, /no list of extras/],
        ["six==1 ; python_version >", 10, /no environment marker/],
        ["six==1 ;", 8, /no marker after the semicolon/],
        ["six @", 5, /no address after @/],
        ["-six", 1, /`-six` is no option/],
        ["--indexurl x", 1, /`--indexurl` is no option/],
        ["--index-url", 1, /--index-url has no value/],
        ["--pre=yes", 1, /--pre takes no value/],
        ["six==1 --pre", 8, /line of its own/],
        ["--hash=sha256:00", 1, /belongs on the line of a requirement/],
        ["six==1 --hash=sha256:0123", 8, /is no hash/],
        ["six==1 --hash=md4:0123", 8, /is no hash/],
        ["hg+https://hg.example/x", 1, /scheme that is not supported/],
        ["-e six", 4, /needs a path or a repository/],
        ["*", 1, /does not start with the name/],
        ["<<<<<<< HEAD", 1, /does not start with the name/],
    ] as const) {
        it(`points at column ${column} of ${line}`, () => {
            const error = errorOf("requirements.txt", `idna==3.10\n${line}\n`);
            assert.equal(error.code, "MANIFEST_SYNTAX");
            assert.match(error.failure.what, reason);
            assert.equal(error.failure.where, `requirements.txt:2:${column}`);
            assert.deepEqual(error.failure.detail, [`2: ${line}`, `${" ".repeat(column + 2)}^`]);
        });
    }

    it("points into the physical line of a continued one", () => {
        const error = errorOf(
            "requirements.txt",
            `six==1 \\\r\n    --hash=${sha256("1")} \\\r\n    --hash=bad\r\n`,
        );
        assert.equal(error.failure.where, "requirements.txt:3:5");
        assert.deepEqual(error.failure.detail, ["3:     --hash=bad", "       ^"]);
    });

    it("points into the included file", () => {
        const error = errorOf("requirements.txt", "-r more.txt\n", { "more.txt": "\n\nsix=1\n" });
        assert.equal(error.failure.where, "more.txt:3:4");
    });
});
