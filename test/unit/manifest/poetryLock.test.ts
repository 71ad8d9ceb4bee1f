import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { errorOf, fixtures, packageNamed, parseFixture, parseText } from "./manifestText";

const lockText = (name: string) => readFile(path.join(fixtures, name, "poetry.lock"), "utf8");

describe("poetry.lock", () => {
    it("reads 2.1: groups, markers, files, index, project's extras", async () => {
        const manifest = await parseFixture("poetry-2.1/poetry.lock");
        assert.deepEqual(manifest.doubts, []);
        assert.equal(manifest.requiresPython, ">=3.11,<4");
        assert.match(manifest.contentHash ?? "", /^[0-9a-f]{64}$/);
        const groups = (name: string) => [...(packageNamed(manifest, name).markersByGroup ?? [])];
        assert.deepEqual(groups("urllib3"), [
            ["main", ""],
            ["ops", ""],
        ]);
        assert.deepEqual(groups("orjson"), [["main", 'extra == "fast"']]);
        assert.deepEqual(groups("tomli"), [["ops", 'python_version == "3.11"']]);
        assert.deepEqual(
            [...(manifest.extras ?? [])],
            [
                ["fast", [{ name: "orjson", extras: [] }]],
                ["socks", [{ name: "requests", extras: [] }]],
            ],
        );
        const numpy = packageNamed(manifest, "numpy");
        assert.deepEqual(numpy.source, { type: "registry", index: "https://index.example/simple" });
        assert.ok(numpy.files.some(({ filename }) => filename === "numpy-2.4.6.tar.gz"));
        for (const { hash, url, size } of numpy.files) {
            assert.match(hash ?? "", /^sha256:[0-9a-f]{64}$/);
            assert.deepEqual([url, size], [undefined, undefined]);
        }
        assert.deepEqual(packageNamed(manifest, "requests").extras.get("socks"), [
            { name: "pysocks", extras: [], specifier: ">=1.5.6,!=1.5.7" },
        ]);
        const lines = (await lockText("poetry-2.1")).split("\n");
        for (const { position } of manifest.packages) {
            assert.equal(lines[position.line - 1], "[[package]]");
        }
    });

    it("reads every kind of source", async () => {
        const manifest = await parseFixture("poetry-sources/poetry.lock");
        const source = (name: string) => packageNamed(manifest, name).source;
        assert.deepEqual(source("both-groups"), { type: "registry" });
        assert.deepEqual(source("archived"), { type: "path", path: "vendor/archived-2.0.tar.gz" });
        assert.equal(packageNamed(manifest, "archived").files[0]?.path, "vendor/archived-2.0.tar.gz");
        assert.deepEqual(source("gitty"), {
            type: "git",
            url: "https://git.example/team/gitty.git",
            commit: "3f1b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
            reference: "main",
            subdirectory: "python",
        });
        const url = "https://files.index.example/linked-1.5-py3-none-any.whl";
        assert.deepEqual(source("linked"), { type: "url", url });
        assert.equal(packageNamed(manifest, "linked").files[0]?.url, url);
        assert.deepEqual(source("tree"), {
            type: "directory",
            path: "../tree",
            editable: true,
            virtual: false,
        });
        assert.deepEqual(manifest.doubts, []);
    });

    it("reads markers by group, lists of dependencies, and what is no PEP 508 in extras", async () => {
        const manifest = await parseFixture("poetry-sources/poetry.lock");
        const both = packageNamed(manifest, "both-groups");
        assert.deepEqual(
            [...(both.markersByGroup ?? [])],
            [
                ["main", 'extra == "fast" or extra == "all"'],
                ["dev", 'python_version >= "3.12"'],
            ],
        );
        assert.deepEqual(both.requirements, [
            { name: "six", extras: [], marker: 'python_version < "3.12"', specifier: ">=1.15" },
            { name: "six", extras: [], marker: 'python_version >= "3.12"', specifier: ">=1.16" },
            { name: "gitty", extras: ["x-y"] },
        ]);
        assert.deepEqual(both.extras.get("odd"), [
            { name: "six", extras: [], marker: 'python_version < "3.13"', specifier: ">=1.15,<2" },
            { name: "tree", extras: ["a"] },
        ]);
        assert.deepEqual(
            [...(manifest.extras ?? [])].map(([extra, of]) => [extra, of.map(({ name }) => name)]),
            [
                ["all", ["both-groups", "tree"]],
                ["fast", ["both-groups"]],
            ],
        );
    });

    for (const version of ["1.1", "2.0"]) {
        it(`reads ${version} with the same packages and files, and a doubt that says what to do`, async () => {
            const old = await parseFixture(`poetry-${version}/poetry.lock`);
            const now = await parseFixture("poetry-2.1/poetry.lock");
            const plain = (manifest: typeof old) =>
                manifest.packages.map(({ name, version, source, files }) => ({
                    name,
                    version,
                    source,
                    files,
                }));
            assert.deepEqual(plain(old), plain(now));
            assert.equal(old.doubts.length, 1);
            assert.match(
                old.doubts[0]?.reason ?? "",
                new RegExp(`^A lock of version ${version} does not say`),
            );
            assert.match(old.doubts[0]?.next ?? "", /`poetry lock` with poetry 2/);
            const lines = (await lockText(`poetry-${version}`)).split("\n");
            assert.equal(lines[(old.doubts[0]?.position?.line ?? 0) - 1], `lock-version = "${version}"`);
            assert.ok(old.packages.every(({ markersByGroup }) => markersByGroup === undefined));
        });
    }

    it("has a doubt about a version it does not know, and refuses the next format", async () => {
        const text = await lockText("poetry-2.1");
        const { doubts } = parseText(
            "poetry.lock",
            text.replace('lock-version = "2.1"', 'lock-version = "2.2"'),
        );
        assert.match(doubts[0]?.reason ?? "", /2\.2 is newer/);
        const error = errorOf("poetry.lock", text.replace('lock-version = "2.1"', 'lock-version = "3.0"'));
        assert.match(error.failure.what, /`lock-version` of \[metadata\] is 3\.0, and only 1\.0 to 2\.1/);
    });

    for (const [what, from, to, where] of [
        ["a cut-off file", /\[metadata\].*/s, "", /`metadata` of the file is missing/],
        ["no groups", 'groups = ["main"]\n', "", /`groups` of package annotated-types is missing/],
        ["groups that are text", 'groups = ["main"]', 'groups = "main"', /`groups` of .* is not a list/],
        [
            "markers that are a list",
            /markers = .*/,
            "markers = [1]",
            /`markers` of package orjson is not a table/,
        ],
        [
            "an unknown source",
            'type = "legacy"',
            'type = "pigeon"',
            /`type` of package annotated-types is `pigeon`/,
        ],
        ["a file without name", /\{file = "[^"]*", /, "{", /`file` of package annotated-types is missing/],
        [
            "a dependency that is a number",
            'botocore = ">=1.44.5,<1.45.0"',
            "botocore = 1",
            /`botocore` of package boto3/,
        ],
        ["no version", /^version = .*\n/m, "", /`version` of package annotated-types is missing/],
    ] as const) {
        it(`names the place of ${what}`, async () => {
            const text = await lockText("poetry-2.1");
            const broken = text.replace(from, to);
            assert.notEqual(broken, text);
            const error = errorOf("poetry.lock", broken);
            assert.equal(error.code, "MANIFEST_SYNTAX");
            assert.match(error.failure.what, where);
            assert.match(error.failure.where ?? "", /^poetry\.lock:\d+:\d+$/);
        });
    }

    it("shows the place of a merge conflict", () => {
        const error = errorOf("poetry.lock", '[[package]]\nname = "six"\n<<<<<<< HEAD\nversion = "1"\n');
        assert.equal(error.failure.where?.startsWith("poetry.lock:3:"), true);
        assert.equal(error.failure.detail?.[0], "3: <<<<<<< HEAD");
    });
});
