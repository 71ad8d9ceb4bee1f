import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArchive } from "../../../provider/package";
import { craftZip } from "./craftZip";

describe("readArchive", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "archive-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const read = async (bytes: Buffer) => {
        await writeFile(join(folder, "a.zip"), bytes);
        return readArchive(join(folder, "a.zip"));
    };

    it("gives size, hash and what the directory says, whatever the methods", async () => {
        const bytes = craftZip([
            { name: "nodejs/", method: 0, mode: 0o40755 },
            { name: "nodejs/a.js", content: "x".repeat(1000) },
            { name: "nodejs/b.js", content: "y", method: 12 },
        ]);
        assert.deepEqual(await read(bytes), {
            size: bytes.length,
            codeSha256: createHash("sha256").update(bytes).digest("base64"),
            contents: { uncompressedSize: 1001, files: 2 },
        });
    });

    it("tells an empty zip from what is no zip", async () => {
        assert.deepEqual((await read(craftZip([]))).contents, { uncompressedSize: 0, files: 0 });
        for (const bytes of [Buffer.alloc(0), Buffer.from("PK"), Buffer.alloc(2_000_000, "x")]) {
            const { contents, defect, size } = await read(bytes);
            assert.equal(contents, undefined);
            assert.match(defect ?? "", /not a zip/);
            assert.equal(size, bytes.length);
        }
    });

    it("throws what the file system says", async () => {
        await assert.rejects(readArchive(join(folder, "none.zip")), { code: "ENOENT" });
        await assert.rejects(readArchive(folder), { code: "EISDIR" });
    });

    it("stops when aborted", async () => {
        await writeFile(join(folder, "a.zip"), craftZip([]));
        await assert.rejects(readArchive(join(folder, "a.zip"), AbortSignal.abort()), { name: "AbortError" });
    });
});
