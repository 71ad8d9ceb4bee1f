import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Wheel } from "../../../provider/build/model";
import { isLayerError } from "../../../provider/errors";
import { packageLayer } from "../../../provider/package";
import { craftWheel, keepWheel, target } from "./craftWheel";
import { type CraftedEntry, craftZip } from "./craftZip";

describe("a wheel that can't go into a layer", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "wheel-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const pack = (wheel: Wheel) =>
        packageLayer(
            { wheels: [wheel], target, destination: join(folder, "out", "layer.zip") },
            { signal: new AbortController().signal },
        );

    /** Packing is refused as WHEEL_INVALID, says `why`, names package, version and file, and leaves nothing behind. */
    async function refuses(wheel: Wheel, why: RegExp): Promise<void> {
        await assert.rejects(pack(wheel), (error) => {
            assert(isLayerError(error) && error.code === "WHEEL_INVALID", String(error));
            assert.match(error.message, why);
            assert(error.message.includes(`${wheel.name} ${wheel.version}`), error.message);
            assert.equal(error.failure.where, wheel.path);
            assert(error.message.split("\n").length <= 12);
            return true;
        });
        assert.deepEqual(await readdir(join(folder, "out")).catch(() => []), []);
    }

    const long = "x".repeat(300_000);
    const lies: readonly (readonly [string, readonly CraftedEntry[], RegExp])[] = [
        ["climbs out", [{ name: "demo/../../etc/passwd" }], /"demo\/\.\.\/\.\.\/etc\/passwd" climbs out/],
        ["climbs out by a folder's entry", [{ name: "../", method: 0 }], /climbs out/],
        ["climbs out by its .data folder", [{ name: "demo-1.0.data/data/../x" }], /climbs out/],
        ["has an absolute name", [{ name: "/etc/passwd" }], /"\/etc\/passwd" is absolute/],
        ["names a drive", [{ name: "C:evil.py" }], /starts with a drive/],
        ["has a backslash in a name", [{ name: "demo\\evil.py" }], /has a backslash/],
        ["has an empty part in a name", [{ name: "demo//evil.py" }], /has an empty part/],
        ["has a dot for a part of a name", [{ name: "./evil.py" }], /has an empty part/],
        ["has an empty name", [{ name: "" }], /is empty/],
        [
            "has a NUL in a name",
            [{ name: "demo/a.py\0.txt" }],
            /"demo\/a\.py\\u0000\.txt" has a control character/,
        ],
        [
            "moves the cursor by a name",
            [{ name: "demo/\u001b[2Ja.py" }],
            /\\u001b\[2Ja\.py" has a control character/,
        ],
        ["has a name that is not UTF-8", [{ name: Buffer.from("demo/\xff.py", "latin1") }], /is not UTF-8/],
        ["has a name too long for Linux", [{ name: `demo/${"é".repeat(128)}` }], /has too long a part/],
        ["has a path too long for Linux", [{ name: "demo/".repeat(1000).concat("a") }], /is too long/],
        [
            "has a link",
            [{ name: "demo/l", content: "/etc/passwd", mode: 0o120777 }],
            /"demo\/l" is a symbolic link/,
        ],
        ["has a link made on DOS", [{ name: "demo/l", mode: 0o120777, system: 0 }], /is a symbolic link/],
        ["has a device", [{ name: "demo/d", mode: 0o020666 }], /neither a file nor a folder/],
        [
            "has a folder with data",
            [{ name: "demo/", mode: 0o040755, content: "hidden" }],
            /a folder with data/,
        ],
        [
            "has a file and a folder of one name",
            [{ name: "demo/a" }, { name: "demo/a/b" }],
            /are a file and a folder/,
        ],
        [
            "has one name twice",
            [
                { name: "a", content: "1" },
                { name: "a", content: "2" },
            ],
            /are the same file, and differ/,
        ],
        [
            "places two files on one path",
            [{ name: "a", content: "1" }, { name: "demo-1.0.data/data/a" }],
            /same file, and differ/,
        ],
        ["is encrypted", [{ name: "demo/a", flags: 1 }], /"demo\/a" is encrypted/],
        ["is strongly encrypted", [{ name: "demo/a", flags: 0x41 }], /is encrypted/],
        [
            "is compressed with bzip2",
            [{ name: "demo/a", method: 12 }],
            /neither stored nor deflated, but of method 12/,
        ],
        [
            "promises less than it unpacks to",
            [{ name: "demo/a", content: "aaaa", claims: { unpacked: 3 } }],
            /more than the 3 bytes/,
        ],
        [
            "promises more than it unpacks to",
            [{ name: "demo/a", content: "aaaa", claims: { unpacked: 5 } }],
            /unpacks to 4 bytes, not 5/,
        ],
        [
            "is a bomb",
            [{ name: "demo/a", content: Buffer.alloc(50_000_000), claims: { unpacked: 10 } }],
            /more than the 10 bytes/,
        ],
        [
            "promises less, and is long",
            [{ name: "demo/a", content: long, claims: { unpacked: 299_999 } }],
            /more than the 299999 bytes/,
        ],
        [
            "promises more, and is long",
            [{ name: "demo/a", content: long, claims: { unpacked: 300_001 } }],
            /unpacks to 300000 bytes/,
        ],
        [
            "has stored data of another size",
            [{ name: "demo/a", content: "aa", method: 0, claims: { unpacked: 1 } }],
            /two different sizes/,
        ],
        [
            "does not match its CRC-32",
            [{ name: "demo/a", content: "aaaa", claims: { crc32: 7 } }],
            /does not match its CRC-32/,
        ],
        [
            "is stored and does not match its CRC-32",
            [{ name: "demo/a", content: "aaaa", method: 0, claims: { crc32: 7 } }],
            /CRC-32/,
        ],
        [
            "is long and does not match its CRC-32",
            [{ name: "demo/a", content: long, claims: { crc32: 7 } }],
            /CRC-32/,
        ],
        [
            "hides bytes behind the data",
            [{ name: "demo/a", content: "aaaa", trailing: Buffer.from("hidden") }],
            /bytes behind/,
        ],
        [
            "hides bytes behind long data",
            [{ name: "demo/a", content: long, trailing: Buffer.alloc(400_000) }],
            /bytes behind/,
        ],
        ["is cut off", [{ name: "demo/a", content: "aaaa", claims: { packed: 3 } }], /does not unpack/],
        [
            "has another name in the local header",
            [{ name: "demo/a", local: { name: "demo/b" } }],
            /disagrees on its name/,
        ],
        [
            "has another CRC-32 in the local header",
            [{ name: "demo/a", local: { crc32: 9 } }],
            /disagrees on its CRC-32/,
        ],
        [
            "has another size in the local header",
            [{ name: "demo/a", local: { unpacked: 9 } }],
            /disagrees on its unpacked size/,
        ],
        [
            "has another method in the local header",
            [{ name: "demo/a", local: { method: 0 } }],
            /disagrees on its compression method/,
        ],
        [
            "has a descriptor that disagrees",
            [
                {
                    name: "demo/a",
                    content: "a",
                    descriptor: "signed",
                    trailing: Buffer.alloc(3),
                    claims: { packed: 3 },
                },
            ],
            /data descriptor/,
        ],
        [
            "has two entries in one place",
            [
                { name: "demo/a", content: "same" },
                { name: "demo/b", content: "same", offset: 0 },
            ],
            /overlaps/,
        ],
        [
            "has an entry within another",
            [
                { name: "demo/a", content: "x".repeat(90), method: 0 },
                { name: "demo/b", offset: 40 },
            ],
            /overlaps/,
        ],
        ["points nowhere", [{ name: "demo/a", offset: 0xfffffff }], /overlaps/],
        [
            "lacks its zip64 sizes",
            [{ name: "demo/a", claims: { unpacked: 0xffffffff } }],
            /lacks its zip64 sizes/,
        ],
        [
            "has a second name",
            [{ name: "demo/a", centralExtra: Buffer.from("7570060001aabbccdd62", "hex") }],
            /has a second name/,
        ],
        [
            "has an unknown part in its .data folder",
            [{ name: "demo-1.0.data/stdlib/a" }],
            /unknown installation scheme "stdlib"/,
        ],
        [
            "has a file directly in its .data folder",
            [{ name: "demo-1.0.data/a" }],
            /belongs to no installation scheme/,
        ],
        ["has two dist-info folders", [{ name: "other-1.0.dist-info/METADATA" }], /two dist-info folders/],
    ];
    for (const [what, entries, why] of lies) {
        it(`is refused when it ${what}`, async () => refuses(await craftWheel(folder, { entries }), why));
    }

    it("is refused, and nothing else happens, whatever single byte is changed", async () => {
        const honest = craftZip([
            { name: "demo/__init__.py", content: "x".repeat(50) },
            { name: "demo-1.0.dist-info/METADATA", content: "Name: demo\n", method: 0 },
            { name: "demo-1.0.dist-info/WHEEL", content: "Wheel-Version: 1.0\n", descriptor: "signed" },
            { name: "demo-1.0.dist-info/RECORD", content: "" },
        ]);
        for (let at = 0; at < honest.length; at += 1) {
            const bytes = Buffer.from(honest);
            bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
            const wheel = await keepWheel(folder, "demo-1.0-py3-none-any.whl", bytes, {
                name: "demo",
                version: "1.0",
            });
            try {
                await pack(wheel);
            } catch (error) {
                assert(isLayerError(error), `byte ${at}: ${String(error)}`);
                assert(["WHEEL_INVALID", "LAYER_TOO_LARGE"].includes(error.code), error.message);
            }
        }
    }).timeout(60_000);

    it("is told apart when it was built here: the remedy is the build", async () => {
        const wheel = await craftWheel(folder, { origin: "built", entries: [{ name: "/a" }] });
        await assert.rejects(pack(wheel), /Mend how demo is built/);
    });

    it("is taken when it is only unusual: a comment, zip64 records, one file twice with the same content", async () => {
        const twice = { name: "demo/a.py", content: "same" };
        const wheel = await craftWheel(folder, {
            entries: [twice, { ...twice, method: 0 }],
            zip: { comment: Buffer.from("a comment"), zip64: true },
        });
        assert.equal((await pack(wheel)).files, 4);
    });
});
