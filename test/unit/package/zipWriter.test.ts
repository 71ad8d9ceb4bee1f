import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { readArchive } from "../../../provider/package";
import { createZipWriter, type NewEntry, type ZipWriter } from "../../../provider/package/zipWriter";
import { countWithPython, readWithPython } from "./readZip";

describe("zipWriter", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "writer-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const stored = (path: string, content: Buffer): NewEntry => ({
        path,
        method: 0,
        crc32: crc32(content),
        compressedSize: content.length,
        uncompressedSize: content.length,
        executable: false,
    });

    async function write(work: (writer: ZipWriter) => Promise<void>) {
        const file = await open(join(folder, "a.zip"), "wx");
        try {
            const writer = createZipWriter(file);
            await work(writer);
            return await writer.end();
        } finally {
            await file.close();
        }
    }

    it("hashes what it writes, in pieces of any size", async () => {
        const content = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * 31) % 251));
        const { size, sha256 } = await write(async (writer) => {
            await writer.startEntry(stored("a", content));
            for (let at = 0, length = 1; at < content.length; at += length, length = (length * 3) % 900_001) {
                await writer.write(content.subarray(at, at + length));
            }
        });
        const bytes = await readFile(join(folder, "a.zip"));
        assert.equal(size, bytes.length);
        assert.deepEqual(sha256, createHash("sha256").update(bytes).digest());
        const [entry] = await readWithPython(join(folder, "a.zip"));
        assert.equal(entry?.sha256, createHash("sha256").update(content).digest("hex"));
    });

    for (const [count, hasZip64] of [
        [0, false],
        [65_534, false],
        [65_535, true],
        [65_536, true],
    ] as const) {
        it(`writes ${count} entries ${hasZip64 ? "with" : "without"} zip64 records`, async () => {
            await write(async (writer) => {
                for (let index = 0; index < count; index += 1) {
                    await writer.startEntry(stored(`f${String(index).padStart(5, "0")}`, Buffer.alloc(0)));
                }
            });
            const path = join(folder, "a.zip");
            assert.equal((await readFile(path)).includes(Buffer.from("PK\x06\x06", "latin1")), hasZip64);
            assert.equal((await readArchive(path)).contents?.files, count);
            assert.deepEqual(await countWithPython(path), [count, count === 0 ? undefined : `f${count - 1}`]);
        }).timeout(60_000);
    }

    it("refuses to write a zip that would be wrong", async () => {
        const content = Buffer.from("content");
        const attempts: readonly ((writer: ZipWriter) => Promise<void>)[] = [
            (writer) => writer.startEntry({ ...stored("a", content), uncompressedSize: 2 ** 32 }),
            async (writer) => {
                await writer.startEntry(stored("b", Buffer.alloc(0)));
                await writer.startEntry(stored("a", Buffer.alloc(0)));
            },
            async (writer) => {
                await writer.startEntry(stored("a", Buffer.alloc(0)));
                await writer.startEntry(stored("a", Buffer.alloc(0)));
            },
            async (writer) => {
                await writer.startEntry(stored("a", content));
                await writer.write(Buffer.concat([content, content]));
            },
            (writer) => writer.startEntry(stored("a", content)),
        ];
        for (const attempt of attempts) {
            await assert.rejects(write(attempt));
            await rm(join(folder, "a.zip"));
        }
    });
});
