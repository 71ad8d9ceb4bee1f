import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { errorOf, fixtures, packageNamed, parseFixture, parseText } from "./manifestText";

const lockText = (name: string) => readFile(path.join(fixtures, name, "uv.lock"), "utf8");
const commit = "3f1b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

describe("uv.lock", () => {
    it("reads a workspace: members, root, local packages, extras and groups, empty ones included", async () => {
        const manifest = await parseFixture("uv-workspace/uv.lock");
        assert.deepEqual(manifest.projects, ["shop", "shop-core", "shop-worker"]);
        assert.equal(manifest.root, "shop");
        assert.equal(manifest.requiresPython, ">=3.11");
        assert.deepEqual(manifest.doubts, []);
        const shop = packageNamed(manifest, "shop");
        assert.deepEqual(shop.source, { type: "directory", path: ".", editable: false, virtual: true });
        assert.deepEqual(shop.requirements, [
            { name: "requests", extras: ["socks"] },
            { name: "shop-core", extras: [] },
            { name: "vendored", extras: [] },
        ]);
        assert.deepEqual(
            [...shop.extras].map(([extra, requirements]) => [extra, requirements.map(({ name }) => name)]),
            [
                ["api", ["fastapi"]],
                ["none", []],
                ["win", []],
            ],
        );
        assert.deepEqual(
            [...shop.groups].map(([group, requirements]) => [group, requirements.map(({ name }) => name)]),
            [
                ["dev", ["pytest", "ruff"]],
                ["empty", []],
                ["lint", ["ruff"]],
            ],
        );
        assert.deepEqual(
            shop.declared?.map(({ name, specifier }) => name + (specifier ?? "")),
            ["fastapi", "pywin32", "requests>=2.31", "shop-core", "vendored"],
        );
        const worker = packageNamed(manifest, "shop-worker");
        assert.equal(worker.version, undefined);
        assert.deepEqual(worker.source, {
            type: "directory",
            path: "packages/worker",
            editable: true,
            virtual: false,
        });
        assert.deepEqual(packageNamed(manifest, "vendored").source, {
            type: "directory",
            path: "vendored",
            editable: false,
            virtual: false,
        });
    });

    it("reads forks: markers by package, versions and sources on edges", async () => {
        const manifest = await parseFixture("uv-workspace/uv.lock");
        assert.deepEqual(
            manifest.packages
                .filter(({ name }) => name === "numpy")
                .map((each) => [each.version, each.marker]),
            [
                ["2.4.6", "python_full_version < '3.12'"],
                ["2.5.5", "python_full_version >= '3.12'"],
            ],
        );
        assert.deepEqual(packageNamed(manifest, "shop-core").extras.get("num")?.[0], {
            name: "numpy",
            extras: [],
            marker: "python_full_version < '3.12'",
            version: "2.4.6",
            source: { type: "registry", index: "https://index.example/simple" },
        });
        assert.equal(manifest.resolutionMarkers?.length, 2);
    });

    it("reads wheels and sdist with address, hash and size, and the line of the package", async () => {
        const manifest = await parseFixture("uv-workspace/uv.lock");
        const certifi = packageNamed(manifest, "certifi");
        assert.deepEqual(
            certifi.files.map(({ filename }) => filename),
            ["certifi-2026.10.18-py3-none-any.whl", "certifi-2026.10.18.tar.gz"],
        );
        for (const file of certifi.files) {
            assert.ok(
                file.url?.startsWith("https://files.index.example/") && file.url.endsWith(file.filename),
            );
            assert.match(file.hash ?? "", /^sha256:[0-9a-f]{64}$/);
            assert.ok((file.size ?? 0) > 100_000);
        }
        const lines = (await lockText("uv-workspace")).split("\n");
        for (const { name, position } of manifest.packages) {
            assert.equal(lines[position.line - 1], "[[package]]");
            assert.equal(lines[position.line], `name = "${name}"`);
        }
    });

    it("reads conflicts and limited environments", async () => {
        const manifest = await parseFixture("uv-conflicts/uv.lock");
        assert.deepEqual(manifest.conflicts, [
            [
                { package: "proj", extra: "new" },
                { package: "proj", extra: "old" },
            ],
            [
                { package: "proj", group: "g1" },
                { package: "proj", group: "g2" },
            ],
        ]);
        assert.deepEqual(manifest.environments, ["sys_platform == 'linux'"]);
        assert.deepEqual(manifest.projects, ["proj"]);
    });

    it("reads the groups of a workspace root that is no project", async () => {
        const manifest = await parseFixture("uv-virtual-root/uv.lock");
        assert.equal(manifest.root, undefined);
        assert.deepEqual(manifest.projects, ["one", "two"]);
        assert.deepEqual([...(manifest.groups ?? [])], [["ops", [{ name: "six", extras: [] }]]]);
    });

    it("reads files of local indexes, archives beside the lock and archives at an address", async () => {
        const manifest = await parseFixture("uv-urls/uv.lock");
        const click = packageNamed(manifest, "click");
        assert.deepEqual(click.source, { type: "registry", index: "flat" });
        assert.equal(click.files[0]?.path, "flat/click-8.1.7-py3-none-any.whl");
        const six = packageNamed(manifest, "six");
        assert.deepEqual(six.source, { type: "path", path: "wheels/six-1.17.0-py2.py3-none-any.whl" });
        assert.equal(six.files[0]?.path, "wheels/six-1.17.0-py2.py3-none-any.whl");
        assert.equal(six.files[0]?.filename, "six-1.17.0-py2.py3-none-any.whl");
        const certifi = packageNamed(manifest, "certifi");
        assert.equal(certifi.source.type === "url" && certifi.source.url, certifi.files[0]?.url);
    });

    it("reads repositories, subdirectories, dynamic versions and packages with only an sdist", async () => {
        const manifest = await parseFixture("uv-sources/uv.lock");
        assert.deepEqual(packageNamed(manifest, "branchy").source, {
            type: "git",
            url: "https://git.example/team/branchy.git",
            commit,
            reference: "main",
            subdirectory: "python/lib",
        });
        assert.deepEqual(packageNamed(manifest, "branchy").requirements, [
            { name: "tagged", extras: ["fast", "slow-one"], marker: "sys_platform == 'linux'" },
        ]);
        assert.deepEqual(packageNamed(manifest, "tagged").source, {
            type: "git",
            url: "ssh://git@git.example/team/tagged",
            commit,
            reference: "v3.1",
        });
        assert.deepEqual([...packageNamed(manifest, "tagged").extras.keys()], ["fast", "slow-one"]);
        const mono = packageNamed(manifest, "mono");
        assert.deepEqual(mono.source, {
            type: "url",
            url: "https://files.index.example/mono-1.0.tar.gz",
            subdirectory: "pkg",
        });
        assert.deepEqual([mono.files[0]?.filename, mono.files[0]?.size], ["mono-1.0.tar.gz", 1234]);
        assert.equal(packageNamed(manifest, "sdist-only").files[0]?.filename, "sdist_only-0.5.tar.gz");
        assert.equal(packageNamed(manifest, "tree").version, undefined);
        assert.equal(
            packageNamed(manifest, "wheelhouse").files[0]?.path,
            "../wheelhouse/linux/wheelhouse-1.2+local.1-cp312-cp312-manylinux_2_28_x86_64.whl",
        );
    });

    it("reads the first locks, whose packages were called distributions", async () => {
        const manifest = await parseFixture("uv-revision-0/uv.lock");
        assert.deepEqual(manifest.projects, ["app"]);
        const app = packageNamed(manifest, "app");
        assert.deepEqual(app.requirements, [{ name: "click", extras: [] }]);
        assert.deepEqual([...app.groups.keys()], ["dev"]);
        assert.equal(app.position.line, 8);
        assert.equal(
            packageNamed(manifest, "six").marker,
            "(python_full_version < '3.12') or (python_full_version >= '3.12')",
        );
    });

    it("reads every revision the same: no revision, fewer details, no metadata, an unknown one", async () => {
        const text = await lockText("uv-workspace");
        const now = parseText("uv.lock", text);
        const names = (lock: string) =>
            parseText("uv.lock", lock).packages.map(({ name, version }) => [name, version]);
        const expected = now.packages.map(({ name, version }) => [name, version]);
        for (const revision of ["\n", "revision = 1\n", "revision = 3\n", "revision = 99\n"]) {
            const older = text
                .replace(/^revision = .*\n/m, revision)
                .replaceAll(/, upload-time = "[^"]*"/g, "");
            assert.deepEqual(parseText("uv.lock", older), now);
        }
        assert.deepEqual(names(text.replaceAll(/, size = \d+/g, "")), expected);
        const bare = text
            .split(/^(?=\[)/m)
            .filter((table) => !table.startsWith("[package.metadata"))
            .join("");
        assert.ok(!bare.includes("requires-dist"));
        assert.deepEqual(names(bare), expected);
        assert.deepEqual(parseText("uv.lock", text.replaceAll("\n", "\r\n")), now);
    });

    it("refuses another version, and says what to do", () => {
        const error = errorOf("uv.lock", 'version = 2\nrevision = 0\nrequires-python = ">=3.12"\n');
        assert.equal(error.code, "MANIFEST_SYNTAX");
        assert.match(error.failure.what, /`version` of the file is 2, and only version 1/);
        assert.equal(error.failure.where, "uv.lock:1:1");
    });

    it("shows the place of a syntax error", () => {
        const error = errorOf("uv.lock", 'version = 1\n\n[[package]]\nname = "six\n');
        assert.equal(error.failure.where?.startsWith("uv.lock:4:"), true);
        assert.equal(error.failure.detail?.[0], '4: name = "six');
        assert.match(error.failure.detail?.[1] ?? "", /^ +\^$/);
        assert.match(error.failure.what, /^uv\.lock is not valid TOML: /);
        assert.match(error.message, /Run `uv lock` again/);
    });

    for (const [what, from, to, where] of [
        ["a number as version", 'version = "8.5.1"', "version = 8", /`version` of package click is not text/],
        ["no source", /source = .*\n/, "", /`source` of package annotated-doc is missing/],
        [
            "an unknown source",
            '{ registry = "https://index.example/simple" }',
            '{ carrier = "pigeon" }',
            /kind/,
        ],
        ["a source that is text", /source = \{.*\}/, 'source = "registry"', /`source` of .* is not a table/],
        [
            "wheels that are a table",
            /wheels = \[[^\]]*\]/,
            "wheels = { a = 1 }",
            /`wheels` of .* is not a list/,
        ],
        [
            "a dependency that is text",
            '{ name = "idna" }',
            '"idna"',
            /`dependencies` of package anyio is not a table/,
        ],
        ["a hash that is none", "sha256:", "sha256-", /`hash` of package annotated-doc is no hash/],
        ["a fractional size", /size = \d+/, "size = 1.5", /`size` of .* is not a whole number/],
        [
            "a marker that is a list",
            "marker = \"python_full_version < '3.15'\"",
            "marker = []",
            /`marker` of package anyio/,
        ],
        ["no version", "version = 1\n", "", /`version` of the file is missing/],
        [
            "conflicts that are text",
            "revision = 5",
            'conflicts = "all"',
            /`conflicts` of the file is not a list/,
        ],
    ] as const) {
        it(`names the place of ${what}`, async () => {
            const text = await lockText("uv-workspace");
            const broken = text.replace(from, to);
            assert.notEqual(broken, text);
            const error = errorOf("uv.lock", broken);
            assert.equal(error.code, "MANIFEST_SYNTAX");
            assert.match(error.failure.what, where);
            assert.match(error.failure.where ?? "", /^uv\.lock:\d+:\d+$/);
        });
    }

    it("refuses packages that are no tables", () => {
        const error = errorOf("uv.lock", 'version = 1\npackage = "six"\n');
        assert.match(error.failure.what, /`package` of the file is not a list/);
        assert.equal(error.failure.where, "uv.lock:2:1");
    });

    it("points at the key's own line in a package", async () => {
        const text = await lockText("uv-workspace");
        const error = errorOf("uv.lock", text.replace('version = "8.5.1"', "version = 8"));
        assert.match(error.failure.detail?.join("\n") ?? "", /^207: version = 8\n {5}\^$/);
    });
});
