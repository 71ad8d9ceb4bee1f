import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { isLayerError } from "../../../provider/errors";
import { type ManifestKind, manifestKinds } from "../../../provider/manifest";
import { fixtures, parseText } from "./manifestText";

/** Understands the text or fails with an error that has a place; anything else is a defect. */
function understandsOrExplains(kind: ManifestKind, text: string): void {
    try {
        const manifest = parseText(kind, text);
        for (const { name, position } of [...manifest.packages, ...(manifest.constraints ?? [])]) {
            assert.ok(name !== "" && position.line >= 1 && position.column >= 1);
        }
    } catch (error) {
        assert.ok(isLayerError(error), error instanceof Error ? error.stack : String(error));
        assert.match(error.code, /^MANIFEST_(?:SYNTAX|CREDENTIALS)$/);
        assert.match(error.failure.where ?? "", /:\d+:\d+$/);
        assert.ok(error.message.split("\n").length <= 12, error.message);
    }
}

const snippets = [
    '"',
    "'",
    '"""',
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    "\n",
    "\r\n",
    "#",
    "\\",
    "\0",
    "\u2028",
    "\ud800",
    "é",
    "[[package]]\n",
    "[package]\n",
    "name = 1\n",
    'name = "__proto__"\n',
    "source = []\n",
    "__proto__ = { x = 1 }\n",
    "constructor = 1\n",
    "1979-05-27T07:32:00Z",
    "0x7fffffffffffffffffff",
    "nan",
    "true",
    "--hash=",
    " -r ",
    " ; ",
    " @ ",
    "://a:b@c",
    "git+https://",
    "[[",
    "==",
    "-e ",
];

/** Cuts, insertions, deletions and swaps at any place of a text. */
const mutations = fc.array(
    fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat({ max: 60 }),
        insert: fc.oneof(fc.constantFrom(...snippets), fc.string({ unit: "binary", maxLength: 8 })),
        cut: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
);

describe("fuzzed manifests", () => {
    const real: { kind: ManifestKind; text: string }[] = [];

    before(async () => {
        const cases: readonly [string, ManifestKind][] = [
            ["uv-workspace", "uv.lock"],
            ["uv-sources", "uv.lock"],
            ["uv-conflicts", "uv.lock"],
            ["uv-revision-0", "uv.lock"],
            ["poetry-sources", "poetry.lock"],
            ["poetry-2.1", "poetry.lock"],
            ["poetry-1.1", "poetry.lock"],
            ["pylock", "pylock.toml"],
            ["pipfile", "Pipfile.lock"],
        ];
        for (const [folder, kind] of cases) {
            const text = await readFile(path.join(fixtures, folder, kind), "utf8");
            // Whole packages only, so that a run mutates what matters a thousand times rather than hashes.
            const short =
                text.length < 20_000 ? text : `${text.slice(0, text.indexOf("\n[[package]]", 15_000))}\n`;
            const metadata =
                kind === "poetry.lock" && short !== text ? text.slice(text.indexOf("\n[metadata]")) : "";
            real.push({ kind, text: short + metadata });
        }
        const lines = await readFile(path.join(fixtures, "requirements", "requirements.txt"), "utf8");
        real.push({ kind: "requirements.txt", text: lines.replaceAll(/^-[rc] .*\n/gm, "") });
    });

    it("are understood or explained, after any edit of a real one", () => {
        fc.assert(
            fc.property(fc.nat({ max: 9 }), mutations, (index, edits) => {
                const { kind, text } = real[index] ?? assert.fail();
                const edited = edits.reduce((current, { at, length, insert, cut }) => {
                    const offset = Math.floor(at * current.length);
                    return current.slice(0, offset) + insert + current.slice(offset + (cut ? length : 0));
                }, text);
                understandsOrExplains(kind, edited);
            }),
            { numRuns: 1500 },
        );
    });

    it("are understood or explained, cut anywhere", () => {
        fc.assert(
            fc.property(fc.nat({ max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (index, at) => {
                const { kind, text } = real[index] ?? assert.fail();
                understandsOrExplains(kind, text.slice(0, Math.floor(at * text.length)));
            }),
            { numRuns: 400 },
        );
    });

    it("are understood or explained, with any value in place of another", () => {
        const values = [
            "1",
            "1.5",
            "true",
            '""',
            '"x"',
            "[]",
            "[1]",
            "[[]]",
            "[{}]",
            "{}",
            "{ a = 1 }",
            "1979-05-27",
        ];
        fc.assert(
            fc.property(fc.nat({ max: 8 }), fc.nat(), fc.constantFrom(...values), (index, n, value) => {
                const { kind, text } = real[index] ?? assert.fail();
                const keys = [
                    ...text.matchAll(/(?<=[\w-]+(?: ?= ?|": ))(?:"[^"\n]*"|\{[^{}\n]*\}|\[[^[\]]*\]|\d+)/g),
                ];
                const key = keys[n % keys.length] ?? assert.fail();
                const after = text.slice(key.index + key[0].length);
                understandsOrExplains(kind, text.slice(0, key.index) + value + after);
            }),
            { numRuns: 1500 },
        );
    });

    it("are understood or explained when they are any text", () => {
        const anyText = fc.oneof(
            fc.string({ unit: "binary" }),
            fc.array(fc.constantFrom(...snippets)).map((all) => all.join("")),
        );
        fc.assert(
            fc.property(fc.constantFrom<ManifestKind>(...manifestKinds), anyText, understandsOrExplains),
            { numRuns: 1500 },
        );
    });

    it("are understood or explained when they are 10 MB of lines", () => {
        const hashes = ` \\\n    --hash=sha256:${"0".repeat(64)}`.repeat(12);
        understandsOrExplains("requirements.txt", `six==1.17.0${hashes}\n`.repeat(10_000));
        const lock = real[0]?.text ?? assert.fail();
        understandsOrExplains("uv.lock", lock + lock.slice(lock.indexOf("[[package]]")).repeat(600));
    });

    const hostile = [
        ...["a", "a ", "[", "{", "(", '"', "\\\n", "\n", "#", "a.", "://", "a@://", "a:b@", "[a]"],
        ...["x = [\n", "-r ", "==1,", "a-", "a==1 --hash=", "'\"", "${", ".1", "[a", "; (", " \t", "@"],
    ];
    for (const unit of hostile) {
        it(`are understood or explained when they are 2 MB of ${JSON.stringify(unit)}`, () => {
            const text = unit.repeat((2 * 1024 * 1024) / unit.length);
            understandsOrExplains("uv.lock", `x = ${text}`);
            understandsOrExplains("poetry.lock", text);
            understandsOrExplains("pylock.toml", `packages = ${text}`);
            understandsOrExplains("Pipfile.lock", `{"_meta": ${text}`);
            understandsOrExplains("Pipfile.lock", text.replaceAll(/.{80}/g, "$&\n"));
            understandsOrExplains("requirements.txt", text);
            understandsOrExplains("requirements.txt", `x @ ${text}`);
            understandsOrExplains("requirements.txt", `x ; ${text}`);
            understandsOrExplains("requirements.txt", `x==1${text}`);
        });
    }
});
