import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";

/** Runs work with a folder below `parent` that nobody else uses; it is removed afterwards, whatever happens. */
export async function inTemporaryFolder<Result>(
    parent: string,
    work: (folder: string) => Promise<Result>,
): Promise<Result> {
    const folder = await mkdtemp(path.join(parent, "pulumi-lambda-layer-"));
    try {
        return await work(folder);
    } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
}
