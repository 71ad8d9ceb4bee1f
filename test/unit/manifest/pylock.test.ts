import assert from "node:assert/strict";
import { type Asked, assertRefused, errorOf, selectText } from "./manifestText";

const hash = "ab".repeat(32);
const top = 'lock-version = "1.0"\ncreated-by = "test"\n';
const wheel = (name: string, version = "1.0", more = "") =>
    `[[packages]]\nname = "${name}"\nversion = "${version}"\n${more}wheels = [{ url = "https://index.example/${name}-${version}-py3-none-any.whl", hashes = { sha256 = "${hash}" } }]\n`;
const other = (name: string, table: string) => `[[packages]]\nname = "${name}"\n${table}\n`;

const select = (text: string, asked?: Asked) => selectText("pylock.toml", text, asked);
const names = (...asked: Parameters<typeof select>) => select(...asked).dependencies.map(({ name }) => name);

describe("a pylock.toml", () => {
    const grouped = [
        `${top}extras = ["web"]\ndependency-groups = ["dev", "default"]\ndefault-groups = ["default"]\n`,
        wheel("main", "1.0", `marker = "'default' in dependency_groups"\n`),
        wheel("always"),
        wheel("webby", "1.0", `marker = "'default' in dependency_groups and 'Web' in extras"\n`),
        wheel("tester", "1.0", `marker = "'dev' in dependency_groups"\n`),
        wheel("quiet", "1.0", `marker = "'dev' not in dependency_groups"\n`),
        wheel("winny", "1.0", `marker = "sys_platform == 'win32'"\n`),
    ].join("\n");

    it("gives its default groups, and what extras and groups add", () => {
        assert.deepEqual(names(grouped), ["always", "main", "quiet"]);
        assert.deepEqual(names(grouped, { extras: ["web"] }), ["always", "main", "quiet", "webby"]);
        assert.deepEqual(names(grouped, { groups: ["dev"] }), ["always", "main", "tester"]);
        assert.deepEqual(names(grouped, { onlyGroups: ["dev"] }), ["always", "tester"]);
    });

    it("knows no other extras and groups, and no groups alone beside others", () => {
        assertRefused("MANIFEST_SELECTION", /Set extras to some of: web/, () =>
            select(grouped, { extras: ["x"] }),
        );
        assertRefused("MANIFEST_SELECTION", /default, dev/, () => select(grouped, { groups: ["x"] }));
        assertRefused("MANIFEST_SELECTION", /onlyGroups/, () => select(grouped, { onlyGroups: ["x"] }));
        for (const more of [{ groups: ["dev"] }, { extras: ["web"] }])
            assertRefused("MANIFEST_SELECTION", /alone/, () =>
                select(grouped, { onlyGroups: ["dev"], ...more }),
            );
    });

    it("gives repositories, folders, archives and files beside it as they are", () => {
        const commit = "0123456789abcdef0123456789abcdef01234567";
        const { dependencies, projectLines } = select(
            [
                top,
                other("app", 'directory = { path = ".", editable = true }'),
                other("lib", 'directory = { path = "libs", subdirectory = "lib" }'),
                other(
                    "repo",
                    `vcs = { type = "git", url = "https://index.example/repo", requested-revision = "main", commit-id = "${commit}", subdirectory = "sub" }`,
                ),
                other(
                    "arch",
                    `archive = { url = "https://index.example/arch-2.0-py3-none-any.whl", size = 5, hashes = { sha512 = "${hash}${hash}", sha256 = "${hash}" } }`,
                ),
                other(
                    "near",
                    `version = "1.0"\nwheels = [{ path = "wheels/near-1.0-py3-none-any.whl", hashes = { sha256 = "${hash}" } }]`,
                ),
            ].join("\n"),
        );
        assert.deepEqual(
            dependencies.map(({ name, source, file }) => [name, source, file]),
            [
                [
                    "arch",
                    { type: "url", url: "https://index.example/arch-2.0-py3-none-any.whl" },
                    {
                        filename: "arch-2.0-py3-none-any.whl",
                        url: "https://index.example/arch-2.0-py3-none-any.whl",
                        hash: `sha256:${hash}`,
                        size: 5,
                    },
                ],
                ["lib", { type: "directory", path: "libs/lib", editable: false, virtual: false }, undefined],
                [
                    "near",
                    { type: "registry" },
                    {
                        filename: "near-1.0-py3-none-any.whl",
                        path: "wheels/near-1.0-py3-none-any.whl",
                        hash: `sha256:${hash}`,
                    },
                ],
                [
                    "repo",
                    {
                        type: "git",
                        url: "https://index.example/repo",
                        commit,
                        reference: "main",
                        subdirectory: "sub",
                    },
                    undefined,
                ],
            ],
        );
        assert.equal(projectLines.length, 1);
    });

    it("is refused for a Python or a system that it is not for", () => {
        const python = `${top}requires-python = "<3.12"\n${wheel("a")}`;
        assertRefused("MANIFEST_TARGET", /<3\.12/, () => select(python));
        const environments = `${top}environments = ["sys_platform == 'win32'"]\n${wheel("a")}`;
        assertRefused("MANIFEST_TARGET", /Lock again/, () => select(environments));
        const entry = `${top}${wheel("a", "1.0", 'requires-python = "<3.12"\n')}`;
        assertRefused("MANIFEST_TARGET", /a is for Python <3\.12/, () => select(entry));
        assert.deepEqual(names(entry, { python: "3.11" }), ["a"]);
    });

    it("is refused where two entries of one name are left", () => {
        assertRefused("MANIFEST_SELECTION", /two of a/, () =>
            select(`${top}${wheel("a")}${wheel("a", "2.0")}`),
        );
        const split = (version: string, marker: string) => wheel("a", version, `marker = "${marker}"\n`);
        const forked = `${top}${split("1.0", "python_version < '3.12'")}${split("2.0", "python_version >= '3.12'")}`;
        assert.equal(select(forked).dependencies[0]?.version, "2.0");
        assert.equal(select(forked, { python: "3.11" }).dependencies[0]?.version, "1.0");
    });

    it("means the same in any order, and whatever is excluded is not in it", () => {
        const [header = "", ...entries] = grouped.split(/(?=^\[\[packages\]\])/m);
        const reversed = [header, ...entries.reverse()].join("");
        assert.deepEqual(names(reversed), names(grouped));
        assert.deepEqual(names(grouped, { exclude: ["main"] }), ["always", "quiet"]);
    });

    it("of a newer minor version is read, with a doubt", () => {
        const text = `${top.replace("1.0", "1.7")}${wheel("a")}`;
        assert.match(select(text).doubts[0]?.reason ?? "", /1\.7/);
    });

    const broken: readonly (readonly [string, string, RegExp, number])[] = [
        ["another major version", top.replace("1.0", "2.0"), /only 1\.0 is known/, 1],
        ["no version", 'created-by = "x"\npackages = []\n', /lock-version.*is missing/, 1],
        ["no packages", top, /packages.*is missing/, 1],
        ["no TOML", `${top}[[packages]\n`, /not valid TOML/, 3],
        [
            "an entry without a source",
            `${top}${wheel("a")}${other("b", 'version = "1"')}`,
            /every other source/,
            7,
        ],
        [
            "two sources",
            `${top}${other("a", 'directory = { path = "a" }\nvcs = { type = "git" }')}`,
            /only one/,
            6,
        ],
        [
            "no commit",
            `${top}${other("a", 'vcs = { type = "git", url = "https://index.example/a", commit-id = "main" }')}`,
            /no full commit/,
            3,
        ],
        [
            "another tool than git",
            `${top}${other("a", 'vcs = { type = "hg", url = "https://index.example/a", commit-id = "1" }')}`,
            /only repositories of git/,
            3,
        ],
        [
            "a wheel that is none",
            `${top}${other("a", 'version = "1"\nwheels = [{ url = "https://index.example/a.zip" }]')}`,
            /no wheel/,
            6,
        ],
        [
            "a file without a place",
            `${top}${other("a", 'version = "1"\nwheels = [{ name = "a-1-py3-none-any.whl" }]')}`,
            /url.*is missing/,
            3,
        ],
        [
            "a hash that is none",
            `${top}${other("a", 'version = "1"\nwheels = [{ url = "https://index.example/a-1-py3-none-any.whl", hashes = { sha256 = "x y" } }]')}`,
            /hash that is none/,
            3,
        ],
        ["a range that is none", `${top}requires-python = "new"\n${wheel("a")}`, /no range of Pythons/, 3],
    ];
    for (const [title, text, words, line] of broken) {
        it(`with ${title} is an error with its line`, () => {
            const error = errorOf("pylock.toml", text);
            assert.equal(error.code, "MANIFEST_SYNTAX");
            assert.match(error.message, words);
            assert.match(
                error.failure.where ?? "",
                new RegExp(`^pylock\\.toml:${line}:`),
                error.failure.where,
            );
        });
    }

    it("may not have credentials in an address", () => {
        const error = errorOf("pylock.toml", `${top}${wheel("a").replace("index.", "user:secret@index.")}`);
        assert.equal(error.code, "MANIFEST_CREDENTIALS");
        assert.doesNotMatch(error.message, /secret@/);
    });
});
