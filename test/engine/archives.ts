import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../scripts/command";
import { pythonPath } from "../tools";

/** A zip with one module, `python/greeting.py`, as someone's build script would leave it. */
export async function layerZip(source: string): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-zip-"));
    try {
        await mkdir(join(folder, "python"));
        await writeFile(join(folder, "python", "greeting.py"), source);
        await mustRun(pythonPath(), ["-m", "zipfile", "-c", "layer.zip", "python"], { cwd: folder });
        return await readFile(join(folder, "layer.zip"));
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
