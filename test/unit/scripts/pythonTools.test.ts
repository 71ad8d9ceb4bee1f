import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../../scripts/cacheFolder";
import { newest, withoutPatch } from "../../../scripts/pythonTools";

describe("Python tools", () => {
    it("prefer the newest interpreter by its numbers", () => {
        const versions = ["3.9.20", "3.13.0", "3.12.11", "3.13.2"].map((version) => ({ version }));
        assert.equal(newest(versions)?.version, "3.13.2");
        assert.equal(newest([]), undefined);
    });

    it("know a version without its patch release", () => {
        assert.equal(withoutPatch("3.13.0"), "3.13");
        assert.equal(withoutPatch("3.14.0"), "3.14");
    });

    for (const name of ["tools", "ministack"]) {
        it(`are pinned, every one, in ${name}.txt, with no place to get them from`, async () => {
            const path = join(repository, "scripts", "requirements", `${name}.txt`);
            for (const line of (await readFile(path, "utf8")).trimEnd().split("\n")) {
                assert.match(line, /^[a-z0-9-]+(\[[a-z0-9,-]+\])?==[0-9][0-9a-z.]*( ; .+)?$/);
                assert.doesNotMatch(line, /:\/\//);
            }
        });
    }
});
