import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** Runs work with a folder that nobody else uses; it is removed afterwards, whatever happens. */
export async function inTemporaryFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-"));
    try {
        return await work(folder);
    } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
}
