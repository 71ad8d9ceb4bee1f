import assert from "node:assert/strict";
import fc from "fast-check";
import { readRecordHashes, writeRecord } from "../../../provider/package/record";

describe("record", () => {
    const line = fc.record({
        path: fc.stringMatching(/^[a-zé漢😀",' ._/-]{1,20}$/u),
        hash: fc.stringMatching(/^sha256=[A-Za-z0-9_-]{43}$/),
        size: fc.nat(),
    });
    const lines = fc.uniqueArray(line, { selector: ({ path }) => path, maxLength: 30 });

    it("reads the hashes of every path that it writes, in any order given", async () => {
        await fc.assert(
            fc.asyncProperty(lines, async (files) => {
                const record = await writeRecord(files, "demo.dist-info/RECORD");
                assert.deepEqual(record, await writeRecord([...files].reverse(), "demo.dist-info/RECORD"));
                const hashes = await readRecordHashes(record.toString());
                assert.deepEqual(hashes, new Map(files.map(({ path, hash }) => [path, hash] as const)));
            }),
        );
    });

    it("reads RECORD files as they are found: CRLF, quotes, no hash, no size, lines that are none", async () => {
        const text =
            'a.py,sha256=AA,1\r\n"b,""c"".py",sha256=BB,2\r\nd.py,,\r\nnonsense\r\n"e.py",sha256=EE,\r\n';
        assert.deepEqual(
            [...(await readRecordHashes(text))],
            [
                ["a.py", "sha256=AA"],
                ['b,"c".py', "sha256=BB"],
                ["e.py", "sha256=EE"],
            ],
        );
    });
});
