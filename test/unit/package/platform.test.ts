import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLayerError } from "../../../provider/errors";
import { packageLayer } from "../../../provider/package";
import type { Target } from "../../../provider/target";
import { type CraftedElf, craftElf } from "./craftElf";
import { type CraftedWheel, craftWheel, target } from "./craftWheel";

describe("ELF files against the target", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "platform-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const platform = "cp312-cp312-manylinux_2_28_x86_64";
    const pack = async (elf: CraftedElf, crafted: CraftedWheel = { tag: platform }, other: Target = target) =>
        packageLayer(
            {
                wheels: [
                    await craftWheel(folder, {
                        entries: [{ name: "demo/a.so", content: craftElf(elf) }],
                        ...crafted,
                    }),
                ],
                target: other,
                destination: join(folder, "layer.zip"),
            },
            { signal: new AbortController().signal },
        );
    const arm: Target = { ...target, architecture: "arm64", machine: "aarch64" };

    const refused = (packing: Promise<unknown>, ...texts: readonly string[]) =>
        assert.rejects(packing, (error) => {
            assert(isLayerError(error) && error.code === "PLATFORM_MISMATCH", String(error));
            for (const text of ["demo 1.0", ...texts]) assert(error.message.includes(text), error.message);
            return true;
        });

    it("accepts the target's machine and glibc", async () => {
        assert.deepEqual((await pack({ versions: ["GLIBC_2.2.5", "GLIBC_2.34"] })).warnings, []);
    });

    it("refuses another machine in a platform wheel", async () => {
        await refused(pack({ machine: 183 }), "demo/a.so is for aarch64", "python3.12 on x86_64");
        await refused(pack({ machine: 3 }), "x86 (32 bits)");
    });

    it("refuses a newer glibc than the target's in a platform wheel", async () => {
        await refused(pack({ versions: ["GLIBC_2.4", "GLIBC_2.35", "GLIBC_2.9"] }), "needs glibc 2.35");
        const older = { ...target, glibc: [2, 26] as const, runtime: "python3.11" };
        await refused(
            pack({ versions: ["GLIBC_2.27"] }, { tag: "cp311-cp311-manylinux_2_17_x86_64" }, older),
            "needs glibc 2.27",
            "glibc 2.26",
        );
        await refused(pack({ versions: ["GLIBC_ABI_DT_RELR"] }), "needs glibc 2.36");
    });

    it("leaves out versions that are weak, private or not glibc's", async () => {
        const { warnings } = await pack({
            versions: ["?GLIBC_2.40", "GLIBC_PRIVATE", "CXXABI_9.9", "GLIBC_2.28"],
        });
        assert.deepEqual(warnings, []);
    });

    it("finds the facts wherever linkers and patchelf put them", async () => {
        for (const dynamicFirst of [false, true]) {
            for (const before of [0, 200_000, 700_000]) {
                for (const between of [0, 100, 150_000, 900_000]) {
                    const elf = {
                        versions: ["GLIBC_2.99"],
                        padding: [before, between] as const,
                        dynamicFirst,
                    };
                    await refused(pack(elf), "needs glibc 2.99");
                }
            }
        }
    });

    it("passes over objects for a linker, accelerators' code, and what only starts like ELF", async () => {
        assert.deepEqual((await pack({ machine: 183, type: 1 })).warnings, []);
        assert.deepEqual((await pack({ machine: 190, type: 2, needed: [] })).warnings, []);
        const content = Buffer.concat([Buffer.from("\x7fELF", "latin1"), Buffer.alloc(500, 0xff)]);
        await pack({}, { tag: platform, entries: [{ name: "demo/a.so", content }] });
    });

    it("never breaks on a damaged ELF file", async () => {
        const honest = craftElf({ versions: ["GLIBC_2.17"] });
        for (let at = 16; at < honest.length; at += 3) {
            const content = Buffer.from(honest);
            content.fill(0xff, at, Math.min(at + 8, content.length));
            const crafted = { tag: "py3-none-any", entries: [{ name: "demo/a.so", content }] };
            await pack({}, crafted);
        }
    });

    it("only warns of foreign files in a wheel for any platform", async () => {
        const { warnings } = await pack({ machine: 183, versions: ["GLIBC_2.99"] }, { tag: "py3-none-any" });
        assert.equal(warnings.length, 1);
        assert.match(
            warnings[0] ?? "",
            /^demo 1\.0 is a wheel for any platform, .*demo\/a\.so is for aarch64\.$/,
        );
    });

    it("refuses them in a wheel for any platform that was built here, extension modules of another Python too", async () => {
        const built = { tag: "py3-none-any", origin: "built" } as const;
        await refused(pack({ machine: 183 }, built), "demo/a.so is for aarch64", "installer:");
        const module = (name: string) =>
            pack({}, { ...built, entries: [{ name: `demo/${name}`, content: craftElf() }] });
        await refused(module("a.cpython-311-x86_64-linux-gnu.so"), "is for Python 3.11");
        await module("a.cpython-312-x86_64-linux-gnu.so");
        await module("a.abi3.so");
    });

    it("warns of libraries that neither the layer nor the runtime has", async () => {
        const needed = [
            "libc.so.6",
            "ld-linux-x86-64.so.2",
            "libgomp.so.1",
            "libdemo.so.3",
            "libstdc++.so.6",
        ];
        const entries = [
            { name: "demo/a.so", content: craftElf({ needed }) },
            { name: "demo/b.so", content: craftElf({ needed: ["libgomp.so.1"] }) },
            { name: "demo.libs/libdemo.so.3", content: craftElf() },
        ];
        const { warnings } = await pack({}, { tag: platform, entries });
        assert.equal(warnings.length, 1);
        assert.match(warnings[0] ?? "", /^demo 1\.0 needs libgomp\.so\.1, which neither/);
    });

    it("refuses a wheel whose name is for another platform, whatever is in it", async () => {
        await refused(pack({}, { tag: platform }, arm), "manylinux_2_28_x86_64", "python3.12 on arm64");
        await refused(
            pack({}, { tag: "cp312-cp312-musllinux_1_2_x86_64", entries: [] }),
            "musllinux_1_2_x86_64",
        );
        await refused(pack({}, { tag: "cp312-cp312-macosx_11_0_arm64", entries: [] }), "macosx_11_0_arm64");
        await refused(
            pack({}, { tag: "cp312-cp312-manylinux_2_35_x86_64", entries: [] }),
            "manylinux_2_35_x86_64",
        );
    });

    for (const [origin, next] of [
        ["built", 'installer: "container"'],
        ["fetched", "Lock a version of demo that has a wheel for the target"],
    ] as const) {
        it(`takes a wheel that names no glibc and was ${origin}, when its files fit`, async () => {
            const wheel = { tag: "cp312-cp312-linux_x86_64", origin };
            assert.deepEqual((await pack({}, wheel)).warnings, []);
            await refused(pack({ versions: ["GLIBC_2.36"] }, wheel), "needs glibc 2.36", next);
        });
    }

    it("counts what it does not name", async () => {
        const entries = Array.from({ length: 9 }, (_, index) => ({
            name: `demo/${index}.so`,
            content: craftElf({ machine: 183 }),
        }));
        await refused(pack({}, { tag: platform, entries }), "demo/3.so", "and 5 more");
    });
});
