import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "../../../provider/manifest";
import { findStaleness } from "../../../provider/manifest/staleness";
import { type Asked, assertRefused, errorOf, selectText } from "./manifestText";

type Entries = Readonly<Record<string, object>>;

const hash = `sha256:${"ab".repeat(32)}`;
const commit = "0123456789abcdef0123456789abcdef01234567";
const pinned = (more: object = {}) => ({ hashes: [hash], version: "==1.0", ...more });

const lock = (categories: Readonly<Record<string, Entries>>, meta: object = {}): string =>
    JSON.stringify(
        {
            _meta: {
                hash: { sha256: "0".repeat(64) },
                "pipfile-spec": 6,
                requires: { python_version: "3.13" },
                sources: [
                    { name: "first", url: "https://index.example/simple", verify_ssl: true },
                    { name: "second", url: "https://other.index.example/simple", verify_ssl: false },
                ],
                ...meta,
            },
            ...categories,
        },
        null,
        4,
    );

const select = (text: string, asked?: Asked) => selectText("Pipfile.lock", text, asked);
const names = (...asked: Parameters<typeof select>) => select(...asked).dependencies.map(({ name }) => name);

describe("a Pipfile.lock", () => {
    const grouped = lock({
        default: { Main_Package: pinned(), shared: pinned() },
        develop: { tester: pinned(), shared: pinned() },
        "prereq-packages": { earlier: pinned() },
    });

    it("gives its default packages, and the categories that groups name", () => {
        assert.deepEqual(names(grouped), ["main-package", "shared"]);
        assert.deepEqual(names(grouped, { groups: ["develop"] }), ["main-package", "shared", "tester"]);
        assert.deepEqual(names(grouped, { onlyGroups: ["develop"] }), ["shared", "tester"]);
        assert.deepEqual(names(grouped, { groups: ["prereq_packages"] }), [
            "earlier",
            "main-package",
            "shared",
        ]);
    });

    it("takes the names that pipenv's command line has for categories", () => {
        assert.deepEqual(names(grouped, { groups: ["dev-packages"] }), ["main-package", "shared", "tester"]);
        assert.deepEqual(names(grouped, { onlyGroups: ["packages"] }), ["main-package", "shared"]);
    });

    it("knows no other groups, and no extras of its own", () => {
        assertRefused("MANIFEST_SELECTION", /default, develop, prereq-packages/, () =>
            select(grouped, { groups: ["dev"] }),
        );
        assertRefused("MANIFEST_SELECTION", /Leave out extras/, () => select(grouped, { extras: ["web"] }));
        assertRefused("MANIFEST_SELECTION", /two of a/, () =>
            select(lock({ default: { a: pinned() }, develop: { a: pinned({ version: "==2.0" }) } }), {
                groups: ["develop"],
            }),
        );
    });

    it("evaluates markers, those among the keys too", () => {
        const text = lock({
            default: {
                a: pinned({ markers: "python_version >= '3.9'" }),
                b: pinned({ markers: "python_version < '3.9'" }),
                c: pinned({ sys_platform: "== 'win32'" }),
                d: pinned({
                    sys_platform: "== 'linux'",
                    markers: "python_version < '3.9' or os_name == 'posix'",
                }),
                e: pinned({
                    sys_platform: "== 'win32'",
                    markers: "python_version < '3.9' or os_name == 'posix'",
                }),
            },
        });
        assert.deepEqual(names(text), ["a", "d"]);
    });

    it("takes each package from the index that it names, or from the first", () => {
        const text = lock({ default: { a: pinned({ index: "second" }), b: pinned() } });
        assert.deepEqual(
            select(text).dependencies.map(({ source }) => source),
            [
                { type: "registry", index: "https://other.index.example/simple" },
                { type: "registry", index: "https://index.example/simple" },
            ],
        );
        assert.deepEqual(select(text).doubts, []);
    });

    it("gives repositories, folders, archives and addresses as they are", () => {
        const { dependencies, projectLines } = select(
            lock({
                default: {
                    app: { editable: true, path: "." },
                    lib: { editable: true, path: "./libs/lib", markers: "python_version >= '3.9'" },
                    near: { path: "./wheels/near-1.0-py3-none-any.whl" },
                    far: { file: "https://index.example/far-2.0-py3-none-any.whl", hashes: [hash] },
                    repo: { git: "https://index.example/repo.git", ref: commit, subdirectory: "sub" },
                },
            }),
        );
        assert.deepEqual(
            dependencies.map(({ name, source }) => [name, source]),
            [
                ["far", { type: "url", url: "https://index.example/far-2.0-py3-none-any.whl" }],
                ["lib", { type: "directory", path: "libs/lib", editable: true, virtual: false }],
                ["near", { type: "path", path: "wheels/near-1.0-py3-none-any.whl" }],
                ["repo", { type: "git", url: "https://index.example/repo.git", commit, subdirectory: "sub" }],
            ],
        );
        assert.equal(projectLines.length, 1);
    });

    it("is for the Python that it was locked for, whatever the patch release", () => {
        const text = (requires: object) => lock({ default: { a: pinned() } }, { requires });
        assertRefused("MANIFEST_TARGET", /\[requires\] in the Pipfile/, () =>
            select(grouped, { python: "3.12" }),
        );
        assert.deepEqual(names(text({ python_full_version: "3.12.1" }), { python: "3.12" }), ["a"]);
        for (const requires of [
            {},
            { python_version: "3" },
            { python_version: "*" },
            { python_version: ">=3.9" },
        ])
            assert.deepEqual(names(text(requires), { python: "3.12" }), ["a"], JSON.stringify(requires));
    });

    it("names a branch as a doubt, and what pipenv left open as no pin", () => {
        const branch = select(lock({ default: { a: { git: "https://index.example/a", ref: "main" } } }));
        assert.match(branch.doubts[0]?.reason ?? "", /without a commit/);
        const open = select(lock({ default: { a: { version: "*" } } }));
        assert.equal(open.dependencies[0]?.version, undefined);
    });

    const broken: readonly (readonly [string, string, RegExp, number])[] = [
        ["no JSON", '{\n    "_meta": {\n        ]\n', /not valid JSON/, 3],
        ["an end too early", grouped.slice(0, 400), /not valid JSON/, 0],
        ["no object", "[]\n", /no object/, 1],
        ["no _meta", '{\n    "default": {}\n}', /_meta/, 1],
        ["another specification", lock({}, { "pipfile-spec": 7 }), /only 6 is known/, 6],
        ["an entry that is none", lock({ default: { a: 1 as unknown as object } }), /not a table/, 24],
        ["no version", lock({ default: { a: pinned(), b: { hashes: [hash] } } }), /version.*is missing/, 30],
        ["a version that is none", lock({ default: { a: pinned({ version: "new" }) } }), /is no version/, 28],
        [
            "hashes that are none",
            lock({ default: { a: pinned({ hashes: ["x"] }) } }),
            /no hash|that is none/,
            25,
        ],
        ["an index that is not there", lock({ default: { a: pinned({ index: "third" }) } }), /third/, 29],
        ["a name that is none", lock({ default: { "../a": pinned() } }), /name of a package/, 24],
        [
            "a repository of hg",
            lock({ default: { a: { hg: "https://index.example/a" } } }),
            /only those of git/,
            25,
        ],
        [
            "a Python that is none",
            lock({ default: {} }, { requires: { python_version: "new" } }),
            /no version of Python/,
            8,
        ],
    ];
    for (const [title, text, words, line] of broken) {
        it(`with ${title} is an error with its line`, () => {
            const error = errorOf("Pipfile.lock", text);
            assert.equal(error.code, "MANIFEST_SYNTAX");
            assert.match(error.message, words);
            const expected = new RegExp(`^Pipfile\\.lock:${line || "\\d+"}:`);
            assert.match(error.failure.where ?? "", expected, error.message);
        });
    }

    it("may not have credentials in an address", () => {
        const sources = [{ name: "x", url: "https://user:secret@index.example/simple" }];
        const error = errorOf("Pipfile.lock", lock({ default: {} }, { sources }));
        assert.equal(error.code, "MANIFEST_CREDENTIALS");
        assert.doesNotMatch(error.message, /secret@/);
    });

    it("is stale where its Pipfile has changed, as pipenv has it", async () => {
        const folder = await mkdtemp(join(tmpdir(), "pipfile-"));
        try {
            const pipfile = `[[source]]\nurl = "https://index.example/simple"\nverify_ssl = true\nname = "é"\n[packages]\na = {version = "*", extras = ["x"]}\n[docs]\nb = "*"\n[requires]\npython_version = "3.13"\n[scripts]\nrun = "x"\n`;
            // What `pipenv verify` takes for this Pipfile.
            const sha256 = "bf25205d6899dad35906f3b152ac1b9e1a18e88801e24d2ee101a8f7d62589ec";
            await writeFile(join(folder, "Pipfile.lock"), lock({ default: {} }, { hash: { sha256 } }));
            const stale = async (text: string) => {
                await writeFile(join(folder, "Pipfile"), text);
                return findStaleness(await readManifest("Pipfile.lock", { folder }));
            };
            assert.equal(await stale(pipfile), undefined);
            assert.equal(await stale(`# a comment\n${pipfile}`), undefined);
            assert.match((await stale(pipfile.replace("docs", "more"))) ?? "", /Pipfile has changed/);
            assert.equal(await stale(pipfile.replace(/^\[\[source[^[]*/, "")), undefined);
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});
