import assert from "node:assert/strict";
import fc from "fast-check";
import {
    areComparableDigests,
    compareDependencies,
    dependencyDigest,
    dependencyVersions,
    summarizeComparison,
} from "../../../provider/manifest/compare";
import type { Dependency, Source } from "../../../provider/manifest/model";

const dependency = (name: string, version: string, more: Partial<Dependency> = {}): Dependency => ({
    name,
    version,
    source: { type: "registry", index: "https://index.example/simple" },
    file: { filename: `${name}-${version}-py3-none-any.whl`, hash: "sha256:aa" },
    hashes: [],
    position: { file: "uv.lock", line: 1, column: 1 },
    ...more,
});
const digest = (...dependencies: readonly Dependency[]): string => dependencyDigest({ dependencies });

describe("dependencyDigest", () => {
    it("is a persisted format: this value may only change together with the algorithm's number", () => {
        assert.equal(
            digest(dependency("requests", "2.31.0")),
            "1:5d46df61ec6a6bf770e88598f386487096161c68e0699af45bbca581c66e7bab",
        );
    });

    it("ignores order, places, index addresses, mirrors, sizes and credentials", () => {
        const a = dependency("a", "1");
        const b = dependency("b", "2");
        assert.equal(digest(a, b), digest(b, a));
        assert.equal(digest(a), digest({ ...a, position: { file: "x", line: 9, column: 9 } }));
        assert.equal(digest(a), digest({ ...a, source: { type: "registry" } }));
        const file = { filename: "a-1-py3-none-any.whl", hash: "sha256:aa" };
        assert.equal(
            digest({ ...a, file }),
            digest({ ...a, file: { ...file, url: "https://mirror.example/a", size: 9 } }),
        );
        const git = (url: string): Dependency => ({ ...a, source: { type: "git", url, commit: "00ff" } });
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as manifests write it
        assert.equal(digest(git("https://${TOKEN}@host.example/a")), digest(git("https://host.example/a")));
        assert.equal(digest({ ...a, hashes: ["x", "y"] }), digest({ ...a, hashes: ["y", "x"] }));
    });

    it("differs with the index's address where no hash says what the file is", () => {
        const { file: _file, ...unhashed } = dependency("a", "1");
        const from = (index: string) => digest({ ...unhashed, source: { type: "registry", index } });
        assert.notEqual(from("https://index.example/simple"), from("https://other.example/simple"));
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable as manifests write it
        assert.equal(from("https://index.example/simple"), from("https://${USER}@index.example/simple"));
        const hashed = (index: string) =>
            digest({ ...unhashed, hashes: ["sha256:aa"], source: { type: "registry", index } });
        assert.equal(hashed("https://index.example/simple"), hashed("https://other.example/simple"));
    });

    const base = dependency("a", "1");
    const sources: readonly Source[] = [
        { type: "url", url: "https://index.example/a.zip" },
        { type: "url", url: "https://index.example/b.zip" },
        { type: "git", url: "https://host.example/a", commit: "00" },
        { type: "git", url: "https://host.example/a", commit: "01" },
        { type: "git", url: "https://host.example/a", commit: "01", subdirectory: "x" },
        { type: "path", path: "a" },
        { type: "directory", path: "a", editable: true, virtual: false },
    ];
    const others: readonly Dependency[] = [
        base,
        dependency("b", "1"),
        dependency("a", "2"),
        { ...base, file: { filename: "a-1-py3-none-any.whl", hash: "sha256:bb" } },
        { ...base, file: { filename: "a-1-1-py3-none-any.whl", hash: "sha256:aa" } },
        { ...base, hashes: ["sha256:aa"] },
        { ...base, extras: ["web"] },
        ...sources.map((source) => ({ ...base, source })),
    ];

    it("differs with name, version, source, file, hash and extras", () => {
        assert.equal(new Set(others.map((other) => digest(other))).size, others.length);
    });

    it("tells digests of other algorithms apart", () => {
        assert.ok(areComparableDigests(digest(base), digest(dependency("b", "1"))));
        assert.ok(!areComparableDigests(digest(base), "0:00"));
    });
});

describe("compareDependencies", () => {
    const old = { requests: "2.31.0", pydantic: "1.10.2", six: "1.16.0", same: "1.0" };
    const current = { requests: "2.32.3", pydantic: "2.5.0", certifi: "2024.12.14", same: "1.0" };

    it("finds what came, went and moved, and marks major steps", () => {
        assert.deepEqual(compareDependencies(old, current), {
            added: [{ name: "certifi", version: "2024.12.14" }],
            removed: [{ name: "six", version: "1.16.0" }],
            changed: [
                { name: "pydantic", from: "1.10.2", to: "2.5.0", isMajor: true },
                { name: "requests", from: "2.31.0", to: "2.32.3", isMajor: false },
            ],
        });
    });

    it("says so in one line, major steps first", () => {
        const comparison = compareDependencies(old, current);
        assert.equal(
            summarizeComparison(comparison),
            "2 changed, 1 added, 1 removed; pydantic 1.10.2 → 2.5.0 (major), requests 2.31.0 → 2.32.3, + certifi 2024.12.14, - six 1.16.0",
        );
        assert.match(
            summarizeComparison(comparison, { most: 1 }),
            /^2 changed, 1 added, 1 removed; pydantic [^,]+, …$/,
        );
        assert.equal(summarizeComparison(compareDependencies(old, old)), "no version changed");
        assert.match(
            summarizeComparison(compareDependencies({}, { local: "" })),
            /\+ local \(built from source\)/,
        );
    });

    it("marks a step down and an epoch as major, and nothing that is no version", () => {
        const isMajor = (from: string, to: string) =>
            compareDependencies({ a: from }, { a: to }).changed[0]?.isMajor;
        assert.deepEqual(
            [isMajor("2.0", "1.9"), isMajor("1.0", "1!1.0"), isMajor("1.0", "1.0.post1")],
            [true, true, false],
        );
        assert.equal(isMajor("", "2.0"), false);
    });

    it("accounts for each name once, in either direction", () => {
        const side = fc.dictionary(fc.constantFrom(..."abcdefgh"), fc.constantFrom("1.0", "1.1", "2.0"));
        fc.assert(
            fc.property(side, side, (left, right) => {
                const { added, removed, changed } = compareDependencies(left, right);
                const back = compareDependencies(right, left);
                assert.deepEqual(back.added, removed);
                assert.deepEqual(back.removed, added);
                const same = Object.keys(left).filter((name) => left[name] === right[name]).length;
                const all = new Set([...Object.keys(left), ...Object.keys(right)]).size;
                assert.equal(added.length + removed.length + changed.length + same, all);
            }),
        );
    });

    it("shows dependencies sorted by name", () => {
        const { version: _version, ...open } = dependency("a", "1");
        const source = { type: "directory", path: "c", editable: false, virtual: false } as const;
        const local = { ...open, name: "c", source };
        const ranged = { ...open, name: "d", specifier: ">=2,<3" };
        const shown = dependencyVersions({ dependencies: [ranged, dependency("b", "2"), local, open] });
        assert.deepEqual(Object.entries(shown), [
            ["a", "*"],
            ["b", "2"],
            ["c", ""],
            ["d", ">=2,<3"],
        ]);
    });
});
