import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageLayer } from "../../../provider/package";
import { placeEntry } from "../../../provider/package/wheelLayout";
import { craftWheel, target } from "./craftWheel";
import { readWithPython } from "./readZip";

describe("wheelLayout", () => {
    const names = { name: "my-demo", distInfo: "My_Demo-1.0.dist-info", data: "My_Demo-1.0.data" };
    const place = (entry: string) => placeEntry(entry, names)?.path;

    it("puts each part of a .data folder where an installer with a target folder does", () => {
        assert.equal(place("My_Demo-1.0.data/purelib/a/b.py"), "a/b.py");
        assert.equal(place("My_Demo-1.0.data/platlib/a.so"), "a.so");
        assert.equal(place("My_Demo-1.0.data/data/share/x"), "share/x");
        assert.equal(place("My_Demo-1.0.data/scripts/tool"), "bin/tool");
        assert.equal(place("My_Demo-1.0.data/headers/x/y.h"), "include/my-demo/x/y.h");
        assert.equal(place("other-1.0.data/scripts/tool"), "other-1.0.data/scripts/tool");
    });

    it("leaves out byte code caches, records of an installation and RECORD, and nothing that only looks like them", () => {
        assert.equal(place("a/__pycache__/b.cpython-312.pyc"), undefined);
        assert.equal(place("My_Demo-1.0.data/purelib/__pycache__/b.pyc"), undefined);
        for (const file of ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"]) {
            assert.equal(place(`My_Demo-1.0.dist-info/${file}`), undefined);
            assert.equal(place(`a/${file}`), `a/${file}`);
            assert.equal(
                place(`My_Demo-1.0.dist-info/licenses/${file}`),
                `My_Demo-1.0.dist-info/licenses/${file}`,
            );
        }
        for (const kept of ["a/b.pyc", "__pycache__", "x.pth", "My_Demo-1.0.dist-info/entry_points.txt"]) {
            assert.equal(place(kept), kept);
        }
    });

    it("keeps native scripts, executable, and drops launchers that name no Python", async () => {
        const folder = await mkdtemp(join(tmpdir(), "layout-"));
        try {
            const script = (name: string, content: string | Buffer, method = 8) => ({
                name: `demo-1.0.data/scripts/${name}`,
                content,
                method,
            });
            const wheel = await craftWheel(folder, {
                entries: [
                    script(
                        "native",
                        Buffer.concat([Buffer.from("\x7fELF", "latin1"), Buffer.alloc(300_000, 1)]),
                    ),
                    script("shell", "#!/bin/sh\nexec true\n"),
                    script("env", "#!/usr/bin/env python3\n"),
                    script("empty", ""),
                    script("launcher", `#!python\n${"import demo\n".repeat(2000)}`),
                    script("stored", "#!python\nimport demo\n", 0),
                    script("windowed", "#!pythonw\nimport demo\n"),
                ],
            });
            const { path } = await packageLayer(
                { wheels: [wheel], target, destination: join(folder, "layer.zip") },
                { signal: new AbortController().signal },
            );
            const scripts = (await readWithPython(path)).filter(({ name }) => name.startsWith("python/bin/"));
            assert.deepEqual(
                scripts.map(({ name, mode }) => [name, mode]),
                ["empty", "env", "native", "shell"].map((name) => [`python/bin/${name}`, 0o100755]),
            );
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});
