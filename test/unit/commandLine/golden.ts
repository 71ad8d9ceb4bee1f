import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../../scripts/cacheFolder";

/**
 * Compares a text with the file of that name in `golden/`. Times are no part of it: they become `YYYY-MM-DD hh:mm`. With
 * `UPDATE_GOLDEN=1` the file is written instead.
 */
export async function assertGolden(name: string, text: string): Promise<void> {
    const path = join(repository, "test/unit/commandLine/golden", `${name}.txt`);
    const masked = text.replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/g, "YYYY-MM-DD hh:mm");
    if (process.env["UPDATE_GOLDEN"] === "1") {
        await writeFile(path, masked);
        return;
    }
    assert.equal(masked, await readFile(path, "utf8"));
}
