import { readFile, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { repository } from "./cacheFolder";
import { generatedPages } from "./generatedPages";

/** Writes what of `docs/` is generated, and says which pages changed. */
async function main(): Promise<void> {
    for (const [path, text] of await generatedPages()) {
        const before = await readFile(path, "utf8").catch(() => "");
        if (before !== text) await writeFile(path, text);
        console.log(`${relative(repository, path)}: ${before === text ? "unchanged" : "written"}`);
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
});
