import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import {
    parseManifest,
    readManifest,
    type SelectionSettings,
    selectDependencies,
} from "../../../provider/manifest";
import { annotatedDirectNames } from "../../../provider/manifest/annotations";
import { describeRuntimeNeeds, namesLeftOut, runtimeNeeds } from "../../../provider/manifest/exclude";
import { readDirectNames, readIndexNames } from "../../../provider/manifest/pyproject";
import { runtimeProvided } from "../../../provider/manifest/runtimeProvided";
import { targetFor } from "../../../provider/target";
import { pythonPath, uvPath } from "../../tools";
import type { LocalServer } from "../build/localServer";
import { startIndex } from "../build/packageIndex";
import { sampleWheel } from "../build/sampleFiles";

const execute = promisify(execFile);
const target = targetFor("3.13", "x86_64");
const nothing: SelectionSettings = { extras: [], groups: [], localPackages: true, allowSourceBuilds: [] };

const graph = (needs: Readonly<Record<string, readonly string[]>>, direct?: readonly string[]) => ({
    installed: Object.keys(needs),
    needs: new Map(Object.entries(needs).map(([name, others]) => [name, new Set(others)])),
    ...(direct === undefined ? {} : { direct: new Set(direct) }),
});
const leftOut = (...args: Parameters<typeof namesLeftOut>) => [...namesLeftOut(...args)].sort();

describe("namesLeftOut", () => {
    const app = graph({
        boto3: ["botocore", "jmespath", "s3transfer"],
        botocore: ["jmespath", "python-dateutil", "urllib3"],
        jmespath: [],
        "python-dateutil": ["six"],
        requests: ["urllib3", "idna"],
        urllib3: [],
        idna: [],
        s3transfer: ["botocore"],
        six: [],
    });

    it("takes what only the excluded package needed with it", () => {
        assert.deepEqual(leftOut(app, { exclude: ["Boto3"] }), [
            "boto3",
            "botocore",
            "jmespath",
            "python-dateutil",
            "s3transfer",
            "six",
        ]);
        assert.deepEqual(leftOut(app, { exclude: ["requests"] }), ["idna", "requests"]);
    });

    it("keeps what the user asked for directly", () => {
        const direct = { ...app, direct: new Set(["boto3", "requests", "six"]) };
        assert.ok(!leftOut(direct, { exclude: ["boto3"] }).includes("six"));
    });

    it("takes packages that need each other, and nothing else, with the one that needed them", () => {
        const cycle = graph({ a: ["b"], b: ["c"], c: ["b"], d: ["e"], e: ["d"] });
        assert.deepEqual(leftOut(cycle, { exclude: ["a"] }), ["a", "b", "c"]);
    });

    describe("with excludeRuntimeProvided", () => {
        const runtime = { excludeRuntimeProvided: true };
        const whole = ["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six"];

        it("leaves all of the runtime's packages out, or none where another package needs one", () => {
            assert.deepEqual(
                leftOut(app, { ...runtime, exclude: ["requests"] }),
                [...whole.slice(0, 4), "idna", "requests", ...whole.slice(4), "urllib3"].sort(),
            );
            assert.deepEqual(leftOut(app, runtime), []);
            const pandas = graph({ pandas: ["python-dateutil"], "python-dateutil": ["six"], six: [] });
            assert.deepEqual(leftOut(pandas, runtime), []);
            const moto = graph({ moto: ["boto3"], boto3: ["botocore"], botocore: [] });
            assert.deepEqual(leftOut(moto, runtime), []);
            assert.deepEqual(leftOut(moto, { ...runtime, exclude: ["moto"] }), ["boto3", "botocore", "moto"]);
        });

        it("leaves all of them out once exclude names those that others need, as its warning says", () => {
            const needs = runtimeNeeds(app, runtime);
            assert.deepEqual(needs, [{ name: "urllib3", neededBy: "requests" }]);
            const warning = describeRuntimeNeeds(needs);
            assert.match(warning, /requests needs urllib3, /);
            const [, list = ""] = /exclude: (\[.*?\])/.exec(warning) ?? [];
            const exclude: string[] = JSON.parse(list);
            assert.deepEqual(leftOut(app, { ...runtime, exclude }), [...whole, "urllib3"]);
        });

        it("leaves all of them out where the manifest lacks one that is needed", () => {
            const tracer = graph({ tracer: ["botocore", "urllib3"], botocore: ["urllib3"], urllib3: [] });
            assert.deepEqual(leftOut(tracer, runtime), []);
            assert.deepEqual(leftOut({ ...tracer, missing: new Set(["botocore"]) }, runtime), [
                "botocore",
                "urllib3",
            ]);
        });

        it("never mixes the runtime's packages with the layer's, whatever needs what", () => {
            const others = ["a", "b", "c", "d"];
            const names = [...others, ...runtimeProvided];
            const edge = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names));
            fc.assert(
                fc.property(
                    fc.array(edge, { maxLength: 16 }),
                    fc.subarray(names, { minLength: 1 }),
                    fc.subarray(names),
                    fc.subarray(names, { maxLength: 2 }),
                    fc.option(fc.subarray(names), { nil: undefined }),
                    (edges, installed, exclude, missing, direct) => {
                        const within = new Set(installed);
                        const manifest = {
                            ...graph(
                                Object.fromEntries(
                                    installed.map((name) => [
                                        name,
                                        edges
                                            .filter(([from, to]) => from === name && within.has(to))
                                            .map(([, to]) => to),
                                    ]),
                                ),
                                direct?.filter((name) => within.has(name)),
                            ),
                            missing: new Set(missing),
                        };
                        const excludedOthers = exclude.filter((name) => !runtimeProvided.has(name));
                        const before = new Set(
                            installed.filter(
                                (name) => !leftOut(manifest, { exclude: excludedOthers }).includes(name),
                            ),
                        );
                        const out = new Set(leftOut(manifest, { exclude, ...runtime }));
                        const layer = installed.filter((name) => !out.has(name));
                        const ours = layer.filter((name) => runtimeProvided.has(name));
                        const all = [...before].filter((name) => runtimeProvided.has(name));
                        assert.ok(ours.length === 0 || ours.length === all.length, `${ours} of ${all}`);
                        // What is in the layer finds what it needs there, or all of it in the runtime.
                        for (const [from, to] of edges) {
                            if (!layer.includes(from) || !within.has(to) || layer.includes(to)) continue;
                            assert.ok(exclude.includes(to) || (runtimeProvided.has(to) && ours.length === 0));
                        }
                        for (const name of exclude) assert.ok(!layer.includes(name));
                    },
                ),
                { numRuns: 500 },
            );
        });
    });

    it("passes globs over", () => {
        assert.deepEqual(leftOut(app, { exclude: ["boto3*", "requests/"] }), []);
    });

    it("never leaves a package in that needs one which only the exclusion of a name took out", () => {
        const names = ["a", "b", "c", "d", "e", "six", "boto3"];
        fc.assert(
            fc.property(
                fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 14 }),
                fc.subarray(names),
                (edges, exclude) => {
                    const needs = Object.fromEntries(
                        names.map((name) => [
                            name,
                            edges.filter(([from]) => from === name).map(([, to]) => to),
                        ]),
                    );
                    const out = namesLeftOut(graph(needs), { exclude });
                    for (const name of exclude) assert.ok(out.has(name));
                    for (const [from, to] of edges) {
                        if (!out.has(from)) assert.ok(!out.has(to) || exclude.includes(to));
                    }
                },
            ),
        );
    });
});

/** Packages by name, with what they need; numpy has a wheel for one architecture only. */
const published: Readonly<Record<string, readonly string[]>> = {
    "aws-lambda-powertools": ["jmespath", "typing-extensions"],
    boto3: ["botocore", "jmespath", "s3transfer"],
    botocore: ["jmespath", "python-dateutil", "urllib3"],
    certifi: [],
    colorama: [],
    jmespath: [],
    numpy: [],
    "python-dateutil": ["six"],
    requests: ["urllib3", "certifi", "colorama; sys_platform == 'win32'"],
    s3transfer: ["botocore"],
    six: [],
    "typing-extensions": [],
    urllib3: [],
};

describe("exclude of a lock", function () {
    this.timeout(120_000);
    let folder: string;
    let index: LocalServer;
    before(async () => {
        const files = Object.entries(published).map(([name, requires]): [string, Buffer] => {
            const stem = name.replaceAll("-", "_");
            const tags = name === "numpy" ? "cp313-cp313-manylinux_2_28_x86_64" : "py3-none-any";
            const version = name === "numpy" ? "2.3.5" : "1.0";
            return [`${stem}-${version}-${tags}.whl`, sampleWheel(stem, version, requires)];
        });
        index = await startIndex(new Map(files));
        folder = await mkdtemp(join(tmpdir(), "exclude-"));
        const dependencies = ["boto3", "requests", "aws-lambda-powertools", "numpy==2.3.5"];
        await writeFile(
            join(folder, "pyproject.toml"),
            `[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = ${JSON.stringify(dependencies)}\n` +
                `[[tool.uv.index]]\nname = "corp"\nurl = "https://index.example/simple"\nexplicit = true\n` +
                `[[tool.poetry.source]]\nname = "poets"\nurl = "https://other.example/simple"\npriority = "explicit"\n`,
        );
        const env = { ...process.env, UV_DEFAULT_INDEX: `${index.origin}/simple/` };
        await execute(uvPath(), ["lock", "--python", pythonPath()], { cwd: folder, env });
    });
    after(async () => {
        await index?.close();
        await rm(folder, { recursive: true, force: true });
    });

    const select = async (settings: Partial<SelectionSettings>, path = "uv.lock") =>
        selectDependencies(
            parseManifest(await readManifest(path, { folder })),
            { ...nothing, ...settings },
            target,
        );

    it("leaves what uv's own --prune leaves, and says what it does not know", async () => {
        const selection = await select({ exclude: ["boto3", "requets"] });
        const { stdout } = await execute(
            uvPath(),
            [
                ...["export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-hashes"],
                ...["--no-annotate", "--no-header", "--prune", "boto3"],
            ],
            { cwd: folder },
        );
        const names = stdout
            .split("\n")
            .filter((line) => line !== "" && !/sys_platform == 'win32'/.test(line))
            .map((line) => line.split("==")[0]);
        assert.deepEqual(selection.dependencies.map(({ name }) => name).sort(), names.sort());
        assert.ok(names.includes("jmespath"), "needed by powertools");
        assert.deepEqual(selection.unknownExcludes, ["requets"]);
    });

    it("lets a package without a wheel for the target go", async () => {
        const old = targetFor("3.13", "arm64");
        const manifest = parseManifest(await readManifest("uv.lock", { folder }));
        assert.throws(() => selectDependencies(manifest, nothing, old), /WHEEL_NOT_FOUND/);
        const without = selectDependencies(manifest, { ...nothing, exclude: ["numpy"] }, old);
        assert.ok(without.dependencies.every(({ name }) => name !== "numpy"));
    });

    it("refuses to leave nothing", async () => {
        await assert.rejects(
            select({ exclude: ["boto3", "requests", "aws-lambda-powertools", "numpy"] }),
            /MANIFEST_EMPTY[\s\S]*exclude less/,
        );
    });

    it("reads direct names and names of indexes from pyproject.toml", async () => {
        assert.deepEqual([...((await readDirectNames(folder)) ?? [])].sort(), [
            "aws-lambda-powertools",
            "boto3",
            "numpy",
            "requests",
        ]);
        assert.deepEqual(await readIndexNames(folder), [
            { name: "corp", url: "https://index.example/simple" },
            { name: "poets", url: "https://other.example/simple" },
        ]);
        assert.equal(await readDirectNames(join(folder, "none")), undefined);
        assert.deepEqual(await readIndexNames(join(folder, "none")), []);
    });

    it("of poetry follows the packages' own needs", async () => {
        const poetryLock = [
            [
                "app-needs",
                '["main"]',
                '[package.dependencies]\nshared = "*"\nonly = {version = ">=1", extras = ["fast"]}',
            ],
            ["other", '["main"]', '[package.dependencies]\nshared = "*"'],
            ["only", '["main"]', '[package.extras]\nfast = ["faster (>=1)"]'],
            ["faster", '["main"]', ""],
            ["shared", '["main"]', ""],
        ].map(
            ([name, groups, more]) =>
                `[[package]]\nname = "${name}"\nversion = "1.0"\ndescription = ""\noptional = false\npython-versions = "*"\ngroups = ${groups}\nfiles = [{file = "${name?.replace("-", "_")}-1.0-py3-none-any.whl", hash = "sha256:00"}]\n${more}\n`,
        );
        await writeFile(
            join(folder, "poetry.lock"),
            `${poetryLock.join("\n")}\n[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\ncontent-hash = "0"\n`,
        );
        const names = async (settings: Partial<SelectionSettings>) =>
            (await select(settings, "poetry.lock")).dependencies.map(({ name }) => name);
        assert.deepEqual(await names({ exclude: ["app-needs"] }), ["other", "shared"]);
        assert.deepEqual(await names({ exclude: ["app-needs"], directNames: new Set(["only"]) }), [
            "faster",
            "only",
            "other",
            "shared",
        ]);
    });

    it("of a compiled requirements.txt knows what was asked for directly", () => {
        const compiled = `# made by uv pip compile requirements.in
alpha==1.0 \\
    --hash=sha256:00
    # via -r requirements.in
beta[x]==2.0  # via alpha
Gamma.One==1.0
    # via
    #   alpha
    #   -r requirements.in
delta==1.0  # via app (pyproject.toml)
epsilon==1.0
    # via -c constraints.txt
`;
        assert.deepEqual([...annotatedDirectNames(compiled)], ["alpha", "gamma-one", "delta"]);
    });

    it("of a requirements.txt takes the names themselves; the rest is for the resolution", async () => {
        await writeFile(join(folder, "requirements.txt"), "boto3==1.40.0\nbotocore==1.40.0\n");
        const { dependencies } = await select({ exclude: ["boto3"] }, "requirements.txt");
        assert.deepEqual(
            dependencies.map(({ name }) => name),
            ["botocore"],
        );
    });
});
