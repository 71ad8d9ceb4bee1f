import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { isLayerError } from "../../../provider/errors";
import { dependencyDigest, selectDependencies } from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { mustRun } from "../../../scripts/command";
import { pythonPath, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";
import { parseText } from "./manifestText";

const execute = promisify(execFile);
const target = targetFor("3.13", "x86_64");
const settings = { extras: ["web"], groups: [], localPackages: true, allowSourceBuilds: [] };

/** What a selection comes to: its digest, or that there is none. Anything but an error of ours is a defect. */
function outcomeOf(text: string): string {
    try {
        const selection = selectDependencies(parseText("uv.lock", text), settings, target);
        return selection.doubts.length > 0 ? "doubtful" : dependencyDigest(selection);
    } catch (error) {
        assert.ok(isLayerError(error), error instanceof Error ? error.stack : String(error));
        return "refused";
    }
}

describe("a uv.lock after random edits", function () {
    this.timeout(300_000);
    let folder: string;
    let index: LocalServer;
    let original: string;

    before(async () => {
        const needs: Readonly<Record<string, readonly string[]>> = {
            alpha: ["beta", "gamma; sys_platform == 'linux'", "olden; python_version < '3.11'"],
            beta: ["delta[fast]; platform_machine == 'x86_64'"],
            gamma: ["winny; sys_platform == 'win32'"],
        };
        const names = ["alpha", "beta", "gamma", "delta", "olden", "winny", "webby"];
        index = await startIndex(
            new Map(
                names.flatMap((name) =>
                    ["1.0", "1.1"].map((version) => [
                        `${name}-${version}-py3-none-any.whl`,
                        sampleWheel(name, version, needs[name]),
                    ]),
                ),
            ),
        );
        folder = await mkdtemp(join(tmpdir(), "selection-fuzz-"));
        await writeFile(
            join(folder, "pyproject.toml"),
            `[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ["alpha<1.1"]\n[project.optional-dependencies]\nweb = ["webby"]\n[dependency-groups]\ndev = ["delta"]\n[[tool.uv.index]]\nurl = "${index.origin}/simple"\ndefault = true\n`,
        );
        await mustRun(uvPath(), ["lock", "--python", pythonPath()], { cwd: folder });
        original = await readFile(join(folder, "uv.lock"), "utf8");
    });
    after(async () => {
        await index?.close();
        await rm(folder, { recursive: true, force: true });
    });

    /** What uv would install of a lock, as `name==version` and the file's hash; undefined when it refuses the lock. */
    async function installedByUv(text: string): Promise<string | undefined> {
        await writeFile(join(folder, "uv.lock"), text);
        try {
            const exported = ["export", "-q", "--frozen", "--no-default-groups", "--extra", "web"];
            await execute(
                uvPath(),
                [...exported, "--no-emit-project", "--format", "pylock.toml", "-o", "pylock.toml"],
                { cwd: folder },
            );
            const { stderr } = await execute(
                uvPath(),
                [
                    ...["pip", "install", "--dry-run", "--target", "empty", "--no-deps", "-r", "pylock.toml"],
                    ...["--python-version", target.pythonFullVersion, "--python", pythonPath()],
                    ...["--python-platform", "x86_64-manylinux_2_34", "--no-config", "--no-progress"],
                ],
                { cwd: folder },
            );
            return [...stderr.matchAll(/^ \+ (\S+)/gm)]
                .map(([, line]) => line)
                .sort()
                .join(" ");
        } catch {
            return undefined;
        }
    }

    const values = [
        ...['"1.0"', '"1.1"', '"alpha"', '"beta"', '"gamma"', '"delta"', '"webby"', '"olden"', '"winny"'],
        ..."sys_platform == 'linux'|sys_platform != 'linux'|python_full_version < '3.11'|extra == 'web'"
            .split("|")
            .map((marker) => `"${marker}"`),
    ];
    /** A line gone, doubled, or with another value; never one that only names a place. */
    const edit = fc.record({
        line: fc.nat(),
        kind: fc.constantFrom("drop", "double", "value", "block"),
        value: fc.constantFrom(...values),
        at: fc.nat({ max: 3 }),
    });
    type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;
    const apply = (text: string, { line, kind, value, at }: Edit): string => {
        if (kind === "block") {
            const blocks = text.split(/(?=^\[\[package\]\]$)/m);
            return blocks.filter((_, position) => position !== 1 + (line % (blocks.length - 1))).join("");
        }
        const lines = text.split("\n");
        const chosen = line % lines.length;
        const current = lines[chosen] ?? "";
        const texts = [...current.matchAll(/"[^"]*"/g)];
        const replaced = texts[at % Math.max(texts.length, 1)];
        const edited =
            kind === "drop"
                ? []
                : kind === "double"
                  ? [current, current]
                  : replaced === undefined
                    ? [current]
                    : [
                          current.slice(0, replaced.index) +
                              value +
                              current.slice(replaced.index + replaced[0].length),
                      ];
        return [...lines.slice(0, chosen), ...edited, ...lines.slice(chosen + 1)].join("\n");
    };

    it("never crashes a selection", () => {
        fc.assert(
            fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
                outcomeOf(edits.reduce(apply, original));
            }),
            { numRuns: 1500 },
        );
    });

    it("never has equal dependencies where uv installs others", async () => {
        const [ours, theirs] = [outcomeOf(original), await installedByUv(original)];
        assert.match(theirs ?? "", /alpha==1\.0 beta==1\.\d delta==1\.\d gamma==1\.\d webby==1\.\d/);
        assert.match(ours, /^1:/);
        let compared = 0;
        await fc.assert(
            fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 2 }), async (edits) => {
                const text = edits.reduce(apply, original);
                // Where we refuse or decide by the bytes, nothing can be overlooked.
                if (text === original || outcomeOf(text) !== ours) return;
                const installed = await installedByUv(text);
                if (installed === undefined) return;
                compared += 1;
                assert.equal(installed, theirs);
            }),
            { numRuns: 120 },
        );
        assert.ok(compared > 0, "some edits change nothing that is installed");
    });
});
