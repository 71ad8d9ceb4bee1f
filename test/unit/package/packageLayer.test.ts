import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Wheel } from "../../../provider/build/model";
import { isLayerError } from "../../../provider/errors";
import { type Artifact, packageLayer } from "../../../provider/package";
import { craftWheel, recordHash, target } from "./craftWheel";
import type { CraftedEntry } from "./craftZip";
import { countWithPython, readWithPython } from "./readZip";

describe("packageLayer", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "package-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const pack = (wheels: readonly Wheel[], name = "layer.zip", signal = new AbortController().signal) =>
        packageLayer({ wheels, target, destination: join(folder, name) }, { signal });

    const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

    const part = fc.oneof(
        fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.-]{0,11}$/),
        fc.stringMatching(/^[a-zé漢😀][a-z é,"漢😀]{0,9}[a-z]$/u),
    );
    const anyEntry = fc.record({
        path: fc.array(part, { minLength: 1, maxLength: 4 }),
        content: fc.oneof(
            fc.uint8Array({ maxLength: 400 }),
            fc
                .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(20_000))
                .map(([bytes, times]) =>
                    Uint8Array.from(
                        { length: bytes.length * times },
                        (_, index) => bytes[index % bytes.length] ?? 0,
                    ),
                ),
        ),
        method: fc.constantFrom(0, 8),
        executable: fc.boolean(),
        descriptor: fc.constantFrom(undefined, "signed" as const, "unsigned" as const, "long" as const),
        zip64: fc.boolean(),
    });
    /** Any entries whose paths do not get into each other's way: no folder is a file. */
    const anyEntries = fc
        .uniqueArray(anyEntry, { maxLength: 20, selector: ({ path }) => path.join("/") })
        .map((entries) =>
            entries.map(
                ({ path, content, method, executable, descriptor, zip64 }): CraftedEntry => ({
                    name: `${path.map((text) => `d-${text}`).join("/")}.f`,
                    content: Buffer.from(content),
                    method,
                    mode: executable ? 0o100755 : 0o100600,
                    ...(descriptor === undefined ? { zip64 } : { descriptor }),
                }),
            ),
        );

    it("keeps every file of any wheel, sorted, with fixed dates and modes", async () => {
        await fc.assert(
            fc.asyncProperty(anyEntries, async (entries) => {
                const artifact = await pack([await craftWheel(folder, { entries })]);
                const read = await readWithPython(artifact.path);
                const names = read.map(({ name }) => name);
                assert.deepEqual(
                    names,
                    [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
                );
                for (const entry of read) {
                    assert.deepEqual(entry.date, [1980, 1, 1, 0, 0, 0]);
                    assert.equal(entry.system, 3);
                    assert.equal(entry.extra, 0);
                    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant
                    assert.equal(entry.flags, /^[\x00-\x7f]*$/.test(entry.name) ? 0 : 0x800);
                }
                const found = new Map(read.map((entry) => [entry.name, entry]));
                for (const entry of entries) {
                    const copy = found.get(`python/${entry.name}`);
                    assert.equal(copy?.sha256, sha256(entry.content ?? ""));
                    assert.equal(copy?.mode, entry.mode === 0o100755 ? 0o100755 : 0o100644);
                    assert.equal(copy?.method, entry.method);
                }
                assert.equal(read.length, entries.length + 3);
                const bytes = await readFile(artifact.path);
                assert.equal(artifact.codeSha256, createHash("sha256").update(bytes).digest("base64"));
                assert.equal(artifact.size, bytes.length);
                assert.equal(artifact.files, read.length);
                assert.equal(
                    artifact.uncompressedSize,
                    read.reduce((sum, { size }) => sum + size, 0),
                );
            }),
            { numRuns: 25 },
        );
    }).timeout(60_000);

    it("gives the same bytes for any order, folder, umask and time zone", async () => {
        const [umask, zone] = [process.umask(), process.env["TZ"]];
        try {
            await fc.assert(
                fc.asyncProperty(
                    fc.array(anyEntries, { minLength: 1, maxLength: 4 }),
                    fc.constantFrom(0o000, 0o022, 0o077),
                    fc.constantFrom("UTC", "Asia/Kathmandu", "America/Los_Angeles"),
                    fc.infiniteStream(fc.nat()),
                    async (packages, mask, otherZone, random) => {
                        const make = async (where: string) => {
                            await mkdir(join(folder, where), { recursive: true });
                            return Promise.all(
                                packages.map((entries, index) =>
                                    craftWheel(join(folder, where), {
                                        name: `p${index}`,
                                        entries: entries.map((entry) => ({
                                            ...entry,
                                            name: `p${index}/${entry.name}`,
                                        })),
                                    }),
                                ),
                            );
                        };
                        const first = await pack(await make("here"), "first.zip");
                        process.umask(mask);
                        process.env["TZ"] = otherZone;
                        const shuffled = (await make("there/deeper"))
                            .map((wheel) => ({ wheel, key: random.next().value }))
                            .sort((left, right) => left.key - right.key)
                            .map(({ wheel }) => wheel);
                        const second = await pack([...shuffled, ...shuffled.slice(0, 1)], "second.zip");
                        assert.deepEqual(await readFile(second.path), await readFile(first.path));
                        assert.deepEqual({ ...second, path: "" }, { ...first, path: "" });
                    },
                ),
                { numRuns: 25 },
            );
        } finally {
            process.umask(umask);
            if (zone === undefined) delete process.env["TZ"];
            else process.env["TZ"] = zone;
        }
    }).timeout(60_000);

    it("drops __pycache__ but keeps a sourceless .pyc", async () => {
        const wheel = await craftWheel(folder, {
            entries: [
                { name: "demo/__pycache__/a.cpython-312.pyc", content: "x" },
                { name: "demo/b.pyc", content: "y" },
                { name: "demo/", mode: 0o40755, method: 0 },
                { name: "demo.pth", content: "import demo" },
            ],
        });
        assert.deepEqual(await names(await pack([wheel])), [
            "python/demo-1.0.dist-info/METADATA",
            "python/demo-1.0.dist-info/RECORD",
            "python/demo-1.0.dist-info/WHEEL",
            "python/demo.pth",
            "python/demo/b.pyc",
        ]);
    });

    it("writes RECORD anew, sorted and stored, for the files that are there", async () => {
        const entries = [
            { name: "demo/z.py", content: "z" },
            { name: 'demo/a,"b.py', content: "a" },
            { name: "demo/__pycache__/z.cpython-312.pyc", content: "x" },
            { name: "demo-1.0.data/scripts/tool", content: "#!/bin/sh\n" },
            { name: "demo-1.0.dist-info/INSTALLER", content: "someone" },
        ];
        const [z, a, , tool] = entries.map(recordHash);
        const read = await readWithPython((await pack([await craftWheel(folder, { entries })])).path);
        const record = read.find(({ name }) => name.endsWith("/RECORD"));
        assert.equal(record?.method, 0);
        const lines = (record?.text ?? "").split("\n");
        assert.deepEqual(
            lines.filter((line) => !/METADATA|WHEEL/.test(line)),
            [
                `bin/tool,${tool},10`,
                "demo-1.0.dist-info/RECORD,,",
                `"demo/a,""b.py",${a},1`,
                `demo/z.py,${z},1`,
                "",
            ],
        );
    });

    it("takes a file that two packages share once, and marks it executable when either does", async () => {
        const shared = { name: "shared/data.txt", content: "same" };
        const wheels = [
            await craftWheel(folder, { name: "a", entries: [{ ...shared, method: 0 }] }),
            await craftWheel(folder, { name: "b", entries: [{ ...shared, mode: 0o100755 }] }),
        ];
        const artifact = await pack(wheels);
        const read = (await readWithPython(artifact.path)).filter(({ name }) => name.includes("shared"));
        assert.deepEqual(
            read.map(({ name, mode, method }) => [name, mode, method]),
            [["python/shared/data.txt", 0o100755, 0]],
        );
        assert.deepEqual(
            artifact.packages.map(({ name, files }) => [name, files]),
            [
                ["a", 4],
                ["b", 3],
            ],
        );
    });

    it("takes files whose names differ only in case: to Linux they are two", async () => {
        const wheels = [
            await craftWheel(folder, {
                name: "one-pkg",
                entries: [{ name: "shared/a.py", content: "1" }, { name: "shared/A.py" }],
            }),
            await craftWheel(folder, { name: "two-pkg", entries: [{ name: "Shared/A.py", content: "2" }] }),
        ];
        const found = (await names(await pack(wheels))).filter((name) => /shared/i.test(name));
        assert.deepEqual(found, ["python/Shared/A.py", "python/shared/A.py", "python/shared/a.py"]);
    });

    for (const [what, ...paths] of [
        ["different files under one path", ["shared/a.py"], ["shared/a.py"], ["shared/a.py"]],
        ["a file where another has a folder", ["shared/a"], ["shared/a/b.py"], ["shared/a/c/d.py"]],
        [
            "several such files",
            ["tests/__init__.py", "tests/b.py", "conftest.py"],
            ["tests/__init__.py", "tests/b.py"],
            ["conftest.py", "c.py"],
        ],
        [
            "more of them than a message holds",
            Array.from({ length: 20 }, (_, position) => `shared/${position}.py`),
            Array.from({ length: 20 }, (_, position) => `shared/${position}.py`),
            ["shared/0.py"],
        ],
    ] as const) {
        it(`names all packages that bring ${what}, and an exclude that lets them pass`, async () => {
            const wheels = await Promise.all(
                ["one-pkg", "two-pkg", "three-pkg"].map((name, position) =>
                    craftWheel(folder, {
                        name,
                        entries: (paths[position] ?? []).map((path) => ({ name: path, content: name })),
                    }),
                ),
            );
            const failure: unknown = await pack(wheels).catch((error: unknown) => error);
            assert(isLayerError(failure) && failure.code === "FILES_CONFLICT");
            for (const text of ["one-pkg 1.0", "two-pkg 1.0", "three-pkg 1.0", "python/"])
                assert(failure.message.includes(text), failure.message);
            assert(failure.message.split("\n").length <= 12, failure.message);
            const exclude: unknown = JSON.parse(/exclude: (\[.*?\])/.exec(failure.message)?.[1] ?? "");
            assert(Array.isArray(exclude));
            const destination = join(folder, "layer.zip");
            const { signal } = new AbortController();
            await packageLayer({ wheels, target, destination, exclude: exclude.map(String) }, { signal });
        });
    }

    it("packs more than 65,535 files", async () => {
        const entries = Array.from({ length: 66_000 }, (_, index) => ({
            name: `demo/f${index}.txt`,
            content: "",
            method: 0,
        }));
        const artifact = await pack([await craftWheel(folder, { entries, zip: { zip64: true } })]);
        assert.equal(artifact.files, 66_003);
        assert.deepEqual(await countWithPython(artifact.path), [66_003, "python/demo/f9999.txt"]);
    }).timeout(60_000);

    it("packs the largest entries and the smallest", async () => {
        const noise = Buffer.alloc(3_000_000);
        for (let at = 0; at < noise.length; at += 32)
            createHash("sha256").update(`${at}`).digest().copy(noise, at);
        const entries = [
            { name: "demo/stored.bin", content: noise, method: 0 },
            { name: "demo/deflated.bin", content: noise, method: 8 },
            { name: "demo/flat.bin", content: Buffer.alloc(5_000_000), method: 8 },
            { name: "demo/empty", content: "", method: 8 },
        ];
        const read = await readWithPython((await pack([await craftWheel(folder, { entries })])).path);
        const found = new Map(read.map((entry) => [entry.name, entry.sha256]));
        for (const { name, content } of entries) assert.equal(found.get(`python/${name}`), sha256(content));
    });

    const names = async (artifact: Artifact) => (await readWithPython(artifact.path)).map(({ name }) => name);
});
