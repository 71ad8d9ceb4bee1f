import assert from "node:assert/strict";
import { type ErrorCode, isLayerError } from "../../../provider/errors";
import {
    type Manifest,
    parseManifest,
    type SelectionSettings,
    selectDependencies,
} from "../../../provider/manifest";
import { targetFor } from "../../../provider/target";
import { manifestText } from "./manifestText";

const arm = targetFor("3.13", "arm64");
const intel = targetFor("3.13", "x86_64");

const settings = (some: Partial<SelectionSettings> = {}): SelectionSettings => ({
    extras: [],
    groups: [],
    localPackages: true,
    allowSourceBuilds: [],
    ...some,
});

/** A registry package of a uv.lock with one universal wheel, unless told otherwise. */
function locked(
    name: string,
    version: string,
    more = "",
    files = [`${name}-${version}-py3-none-any.whl`],
): string {
    const isSdist = (file: string) => file.endsWith(".tar.gz");
    const entry = (file: string) =>
        `{ url = "https://index.example/${file}", hash = "sha256:${"ab".repeat(32)}", size = 1 }`;
    return [
        "[[package]]",
        `name = "${name}"`,
        `version = "${version}"`,
        'source = { registry = "https://index.example/simple" }',
        ...files.filter(isSdist).map((file) => `sdist = ${entry(file)}`),
        `wheels = [${files
            .filter((file) => !isSdist(file))
            .map(entry)
            .join(", ")}]`,
        more,
        "",
    ].join("\n");
}

const uvLock = (...parts: readonly string[]): Manifest =>
    parseManifest(
        manifestText("uv.lock", ['version = 1\nrequires-python = ">=3.10"\n', ...parts].join("\n")),
    );

const project = (name: string, more: string, source = '{ virtual = "." }'): string =>
    `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = ${source}\n${more}\n`;

const names = (manifest: Manifest, some: Partial<SelectionSettings> = {}, target = intel): string[] =>
    selectDependencies(manifest, settings(some), target).dependencies.map(
        ({ name, version }) => `${name} ${version}`,
    );

function assertFails(run: () => unknown, code: ErrorCode, ...parts: readonly RegExp[]): void {
    assert.throws(run, (error: unknown) => {
        assert.ok(isLayerError(error), String(error));
        assert.equal(error.code, code);
        for (const part of parts) assert.match(error.message, part);
        assert.ok(error.message.split("\n").length <= 12, error.message);
        return true;
    });
}

describe("selectDependencies of a uv.lock", () => {
    const app = uvLock(
        project(
            "app",
            `dependencies = [{ name = "web" }, { name = "only-windows", marker = "sys_platform == 'win32'" }]
[package.optional-dependencies]
excel = [{ name = "sheets", extra = ["fast"] }]
all = [{ name = "app", extra = ["excel"] }]
[package.dev-dependencies]
dev = [{ name = "tester" }]
ops = [{ name = "shell" }]
[package.metadata]
provides-extras = ["excel", "all", "empty"]`,
        ),
        locked("web", "2.0", 'dependencies = [{ name = "base" }]'),
        locked("base", "1.0", 'dependencies = [{ name = "web" }]'),
        locked("only-windows", "1.0"),
        locked("sheets", "3.0", '[package.optional-dependencies]\nfast = [{ name = "speed" }]'),
        locked("speed", "1.0"),
        locked("tester", "8.0"),
        locked("shell", "1.5"),
    );

    it("takes what the project needs, sorted, without itself, dev groups and other platforms", () => {
        assert.deepEqual(names(app), ["base 1.0", "web 2.0"]);
    });

    it("follows extras and groups, also an extra that asks for one of its own project", () => {
        assert.deepEqual(names(app, { extras: ["All"] }), ["base 1.0", "sheets 3.0", "speed 1.0", "web 2.0"]);
        assert.deepEqual(names(app, { groups: ["ops"] }), ["base 1.0", "shell 1.5", "web 2.0"]);
        assert.deepEqual(names(app, { extras: ["empty"] }), names(app));
    });

    it("names the extras and groups that there are when one is unknown", () => {
        assertFails(
            () => names(app, { extras: ["xml"] }),
            "MANIFEST_SELECTION",
            /no extra xml of app/,
            /all, empty, excel/,
        );
        assertFails(
            () => names(app, { groups: ["prod"] }),
            "MANIFEST_SELECTION",
            /no group prod/,
            /dev, ops/,
        );
    });

    it("tells which file it would install", () => {
        const [first] = selectDependencies(app, settings(), intel).dependencies;
        assert.equal(first?.file?.filename, "base-1.0-py3-none-any.whl");
        assert.deepEqual(first?.hashes, []);
    });

    it("picks the fork that the target is in", () => {
        const forked = uvLock(
            project(
                "app",
                `dependencies = [
    { name = "numeric", version = "1.0", source = { registry = "https://index.example/simple" }, marker = "platform_machine == 'aarch64'" },
    { name = "numeric", version = "2.0", source = { registry = "https://index.example/simple" }, marker = "platform_machine != 'aarch64'" },
]`,
            ),
            locked("numeric", "1.0", "resolution-markers = [\"platform_machine == 'aarch64'\"]"),
            locked("numeric", "2.0", "resolution-markers = [\"platform_machine != 'aarch64'\"]"),
        );
        assert.deepEqual(names(forked, {}, arm), ["numeric 1.0"]);
        assert.deepEqual(names(forked, {}, intel), ["numeric 2.0"]);
    });

    const conflicting = uvLock(
        'conflicts = [[{ package = "app", extra = "cpu" }, { package = "app", extra = "gpu" }]]',
        project(
            "app",
            `dependencies = [{ name = "shared" }]
[package.optional-dependencies]
cpu = [{ name = "torch", version = "1.0" }]
gpu = [{ name = "torch", version = "2.0" }]`,
        ),
        locked(
            "shared",
            "1.0",
            `dependencies = [{ name = "torch", version = "1.0", marker = "extra == 'extra-3-app-cpu'" }, { name = "torch", version = "2.0", marker = "extra != 'extra-3-app-cpu' and extra == 'extra-3-app-gpu'" }]`,
        ),
        locked("torch", "1.0"),
        locked("torch", "2.0"),
    );

    it("reads conflict markers by the extras that are active", () => {
        assert.deepEqual(names(conflicting), ["shared 1.0"]);
        assert.deepEqual(names(conflicting, { extras: ["cpu"] }), ["shared 1.0", "torch 1.0"]);
        assert.deepEqual(names(conflicting, { extras: ["gpu"] }), ["shared 1.0", "torch 2.0"]);
    });

    it("refuses extras that exclude each other", () => {
        assertFails(
            () => names(conflicting, { extras: ["cpu", "gpu"] }),
            "MANIFEST_SELECTION",
            /extra cpu of app and extra gpu of app exclude each other/,
        );
    });

    it("refuses extras of which each is active just when the other is not, as uv does", () => {
        const undecided = uvLock(
            'conflicts = [[{ package = "core", extra = "a" }, { package = "core", extra = "b" }]]',
            project(
                "app",
                `dependencies = [
    { name = "core", extra = ["a"], marker = "extra != 'extra-4-core-b'" },
    { name = "core", extra = ["b"], marker = "extra != 'extra-4-core-a'" },
]`,
            ),
            locked("core", "1.0", '[package.optional-dependencies]\na = [{ name = "base" }]\nb = []'),
            locked("base", "1.0"),
        );
        assertFails(
            () => names(undecided),
            "MANIFEST_SELECTION",
            /does not say whether core is installed: it depends on extras/,
            /core\[a\]\n.*core\[b\]/,
        );
    });

    it("leaves out what a group of a root that is no project needs on other Pythons, forked or not", () => {
        const forked = uvLock(
            `[manifest]\nmembers = ["app"]\n[manifest.dependency-groups]\nops = [{ name = "base", marker = "python_full_version >= '3.14'" }, { name = "only" }]`,
            project("app", "", '{ virtual = "app" }'),
            locked("base", "1.0", "resolution-markers = [\"python_full_version == '3.14.*'\"]"),
            locked("base", "2.0", "resolution-markers = [\"python_full_version >= '3.15'\"]"),
            locked("only", "1.0"),
        );
        assert.deepEqual(names(forked, { groups: ["ops"] }), ["only 1.0"]);
        assert.deepEqual(names(forked, { groups: ["ops"] }, targetFor("3.14", "arm64")), [
            "base 1.0",
            "only 1.0",
        ]);
    });

    it("refuses a group of a root that is no project where the lock has two versions for it, as uv does", () => {
        const forked = uvLock(
            'conflicts = [[{ package = "app", extra = "a" }, { package = "app", extra = "b" }]]',
            '[manifest]\nmembers = ["app"]\n[manifest.dependency-groups]\nops = [{ name = "base" }]',
            project(
                "app",
                `[package.optional-dependencies]
a = [{ name = "base", version = "1.0" }]
b = [{ name = "base", version = "2.0" }]`,
                '{ virtual = "app" }',
            ),
            locked("base", "1.0"),
            locked("base", "2.0"),
        );
        assert.deepEqual(names(forked, { extras: ["a"] }), ["base 1.0"]);
        assertFails(
            () => names(forked, { extras: ["a"], groups: ["ops"] }),
            "MANIFEST_SELECTION",
            /two of base, 1\.0 and 2\.0, and a group of the workspace's root does not say which/,
        );
    });

    const workspace = uvLock(
        '[manifest]\nmembers = ["api", "lib"]\n[manifest.dependency-groups]\nlint = [{ name = "linter" }]',
        project("api", 'dependencies = [{ name = "lib" }]', '{ editable = "packages/api" }'),
        project(
            "lib",
            'dependencies = [{ name = "base" }, { name = "api" }]',
            '{ editable = "packages/lib" }',
        ),
        locked("base", "1.0"),
        locked("linter", "1.0"),
    );

    it("asks for a member when the root is no project", () => {
        assertFails(
            () => names(workspace),
            "MANIFEST_SELECTION",
            /root is no project/,
            /Set package to one of: api, lib/,
        );
        assertFails(
            () => names(workspace, { package: "other" }),
            "MANIFEST_SELECTION",
            /no project other/,
            /api, lib/,
        );
        assertFails(() => names(workspace, { package: "base" }), "MANIFEST_SELECTION", /no project base/);
        assertFails(
            () => names(workspace, { groups: ["lint"] }),
            "MANIFEST_SELECTION",
            /root is no project/,
            /Set package to one of: api, lib/,
        );
    });

    it("takes a group of the workspace's root beside a member that has none of that name", () => {
        assert.deepEqual(names(workspace, { package: "api", groups: ["lint"] }), [
            "base 1.0",
            "lib 1.0",
            "linter 1.0",
        ]);
    });

    it("takes members that the project needs, or only what they need", () => {
        assert.deepEqual(names(workspace, { package: "API" }), ["base 1.0", "lib 1.0"]);
        assert.deepEqual(names(workspace, { package: "api", localPackages: false }), ["base 1.0"]);
    });

    it("refuses a Python that the lock was not made for", () => {
        const narrow = (range: string) =>
            parseManifest(
                manifestText("uv.lock", `version = 1\nrequires-python = "${range}"\n${project("app", "")}`),
            );
        assertFails(
            () => names(narrow(">=3.14")),
            "MANIFEST_TARGET",
            /made for Python >=3\.14, and no release of 3\.13 is among it/,
            /Set pythonVersion to one/,
        );
        assertFails(
            () => names(narrow(">=3.13.14"), {}, targetFor("3.13.5", "x86_64")),
            "MANIFEST_TARGET",
            /made for Python >=3\.13\.14, and 3\.13\.5 is not among it/,
            /Set pythonVersion to "3\.13"/,
        );
        assertFails(() => names(narrow("==3.12.*")), "MANIFEST_TARGET");
    });

    it("refuses an environment that the lock was limited away from", () => {
        const limited = uvLock(
            `supported-markers = ["platform_machine == 'x86_64' and sys_platform == 'linux'"]`,
            project("app", 'dependencies = [{ name = "base" }]'),
            locked("base", "1.0"),
        );
        assert.deepEqual(names(limited), ["base 1.0"]);
        assertFails(
            () => names(limited, {}, arm),
            "MANIFEST_TARGET",
            /locked for some environments only/,
            /platform_machine == 'x86_64'/,
        );
    });

    it("refuses to install nothing", () => {
        assertFails(
            () => names(uvLock(project("app", ""))),
            "MANIFEST_EMPTY",
            /Nothing in uv\.lock is to be installed/,
        );
    });

    it("counts what is known at run time only as needed, and doubts", () => {
        const doubtful = uvLock(
            project("app", `dependencies = [{ name = "base", marker = "platform_release >= '6'" }]`),
            locked("base", "1.0"),
        );
        const selection = selectDependencies(doubtful, settings(), intel);
        assert.equal(selection.dependencies.length, 1);
        assert.match(
            selection.doubts[0]?.reason ?? "",
            /whether base is installed depends on `platform_release/,
        );
    });

    it("refuses a marker that nobody can read, at its place", () => {
        const broken = uvLock(
            project("app", `dependencies = [{ name = "base", marker = "sys_platform = 'x'" }]`),
            locked("base", "1.0"),
        );
        assertFails(() => names(broken), "MANIFEST_SYNTAX", /marker of base can't be read/, /uv\.lock:4:/);
    });
});

describe("selectDependencies without a wheel for the target", () => {
    const needs = (...files: readonly string[]): Manifest =>
        uvLock(project("app", 'dependencies = [{ name = "fast" }]'), locked("fast", "1.0", "", [...files]));

    it("says what there is, how near it comes, and three ways out", () => {
        const manifest = needs(
            "fast-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
            "fast-1.0-cp313-cp313-manylinux_2_28_x86_64.whl",
            "fast-1.0-cp313-cp313-win_amd64.whl",
            "fast-1.0.tar.gz",
        );
        assertFails(
            () => names(manifest, {}, targetFor("3.11", "x86_64")),
            "WHEEL_NOT_FOUND",
            /fast has no wheel for python3\.11 on x86_64 \(manylinux_2_26_x86_64 or older\)/,
            /Pythons: cp311, cp313/,
            /platforms: manylinux_2_28_x86_64, others/,
            /one needs glibc 2\.28; python3\.11 has 2\.26/,
            /has one for x86_64 with Python 3\.13/,
            /Lock another version of fast/,
            /allowSourceBuilds: \["fast"\]/,
            /container/,
        );
        assertFails(() => names(manifest, {}, arm), "WHEEL_NOT_FOUND", /has one for x86_64$/m);
    });

    it("does not take a wheel that names another machine alone", () => {
        assertFails(
            () => names(needs("fast-1.0-cp313-cp313-linux_aarch64.whl")),
            "WHEEL_NOT_FOUND",
            /platforms: linux_aarch64/,
            /has one for arm64/,
            /no sdist to build from/,
        );
    });

    it("takes the sdist where that is allowed, but rather a wheel", () => {
        const sdist = needs("fast-1.0.tar.gz");
        assertFails(() => names(sdist), "WHEEL_NOT_FOUND", /no wheel at all, only fast-1\.0\.tar\.gz/);
        const allowed = settings({ allowSourceBuilds: ["FAST"] });
        assert.equal(
            selectDependencies(sdist, allowed, intel).dependencies[0]?.file?.filename,
            "fast-1.0.tar.gz",
        );
        const both = needs("fast-1.0.tar.gz", "fast-1.0-py3-none-any.whl");
        assert.match(
            selectDependencies(both, allowed, intel).dependencies[0]?.file?.filename ?? "",
            /\.whl$/,
        );
    });

    it("stays short for many packages", () => {
        const many = Array.from({ length: 9 }, (_, index) => `p${index}`);
        const manifest = uvLock(
            project("app", `dependencies = [${many.map((name) => `{ name = "${name}" }`).join(", ")}]`),
            ...many.map((name) => locked(name, "1.0", "", [`${name}-1.0-cp313-cp313-win_amd64.whl`])),
        );
        assertFails(() => names(manifest), "WHEEL_NOT_FOUND", /9 packages have no wheel/, /and 6 more/);
    });
});

describe("selectDependencies of a poetry.lock", () => {
    const poetryPackage = (name: string, more: string): string =>
        `[[package]]\nname = "${name}"\nversion = "1.0"\ndescription = ""\noptional = false\npython-versions = ">=3.9"\n${more}\nfiles = [{file = "${name}-1.0-py3-none-any.whl", hash = "sha256:${"cd".repeat(32)}"}]\n`;
    const poetry = parseManifest(
        manifestText(
            "poetry.lock",
            [
                poetryPackage("base", 'groups = ["main", "dev"]'),
                poetryPackage("tester", 'groups = ["dev"]'),
                poetryPackage("mac", `groups = ["main"]\nmarkers = "sys_platform == 'darwin'"`),
                poetryPackage("web", `groups = ["main"]\nmarkers = "extra == \\"http\\""`),
                poetryPackage(
                    "both",
                    `groups = ["main", "ops"]\nmarkers = {main = "extra == \\"http\\"", ops = "sys_platform == 'linux'"}`,
                ),
                '[extras]\nhttp = ["web", "both"]\n',
                '[metadata]\nlock-version = "2.1"\npython-versions = "^3.9"\ncontent-hash = "00"\n',
            ].join("\n"),
        ),
    );

    it("takes the main group, and extras and groups by name", () => {
        assert.deepEqual(names(poetry), ["base 1.0"]);
        assert.deepEqual(names(poetry, { extras: ["http"] }), ["base 1.0", "both 1.0", "web 1.0"]);
        assert.deepEqual(names(poetry, { groups: ["ops"] }), ["base 1.0", "both 1.0"]);
        assert.deepEqual(names(poetry, { groups: ["dev"] }), ["base 1.0", "tester 1.0"]);
    });

    it("names the extras and groups that there are, and has no projects to choose", () => {
        assertFails(() => names(poetry, { extras: ["xml"] }), "MANIFEST_SELECTION", /some of: http/);
        assertFails(() => names(poetry, { groups: ["x"] }), "MANIFEST_SELECTION", /dev, main, ops/);
        assertFails(() => names(poetry, { package: "x" }), "MANIFEST_SELECTION", /no workspace's lock/);
    });
});

describe("selectDependencies of a requirements.txt", () => {
    const requirements = (text: string): Manifest => parseManifest(manifestText("requirements.txt", text));

    it("takes the lines whose markers hold, with their hashes sorted", () => {
        const hash = (digit: string) => `--hash=sha256:${digit.repeat(64)}`;
        const selection = selectDependencies(
            requirements(
                `requests==2.31.0 ${hash("b")} ${hash("a")}\npywin32==310 ; sys_platform == 'win32'\ntomli==2.0 ; python_version < '3.11'\n`,
            ),
            settings(),
            intel,
        );
        assert.deepEqual(
            selection.dependencies.map(({ name, version, hashes }) => [name, version, hashes]),
            [["requests", "2.31.0", [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`]]],
        );
    });

    it("takes one of two lines that exclude each other, and refuses two that do not", () => {
        const lines =
            "numpy==1.0 ; platform_machine == 'aarch64'\nnumpy==2.0 ; platform_machine == 'x86_64'\n";
        assert.deepEqual(names(requirements(lines), {}, arm), ["numpy 1.0"]);
        assert.deepEqual(names(requirements(lines), {}, intel), ["numpy 2.0"]);
        assertFails(
            () => names(requirements("numpy==1.0\nnumpy==2.0\n")),
            "MANIFEST_SELECTION",
            /two of numpy for the same target: 1\.0 and 2\.0/,
            /requirements\.txt:1:1 and requirements\.txt:2:1/,
        );
    });

    it("checks a wheel that a line names by its address", () => {
        const line = "fast @ https://index.example/fast-1.0-cp313-cp313-win_amd64.whl\n";
        assertFails(() => names(requirements(line)), "WHEEL_NOT_FOUND", /fast/);
    });

    it("has no extras and groups, and is not empty", () => {
        assertFails(
            () => names(requirements("a==1\n"), { extras: ["x"] }),
            "MANIFEST_SELECTION",
            /Leave out extras/,
        );
        assertFails(() => names(requirements("# nothing\n")), "MANIFEST_EMPTY", /Add a dependency/);
    });
});
