import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { largeLock } from "./largeLock";
import { measure, numberOf } from "./measure";
import type { OwnPackage } from "./ownPackage";
import type { Results } from "./results";
import { known, spread } from "./statistics";

const packages = 500;

/**
 * How long a lock of 500 packages takes to read, and to choose from, each time in a process of its own.
 * `folder` is made.
 */
export async function measureManifest(
    folder: string,
    own: OwnPackage,
    python: string,
    runs: number,
): Promise<NonNullable<Results["manifest"]>> {
    const lock = largeLock(packages);
    await mkdir(join(folder, "temporary"), { recursive: true });
    await writeFile(join(folder, "uv.lock"), lock);
    const reports: Readonly<Record<string, unknown>>[] = [];
    for (let run = 0; run < runs; run += 1) {
        const environment = { PATH: process.env["PATH"] ?? "" };
        const { report } = await measure(own.worker("manifest"), { cwd: folder, env: environment, python });
        reports.push(report);
    }
    const all = (name: string) => known(spread(reports.map((report) => numberOf(report[name]))));
    return {
        packages,
        bytes: Buffer.byteLength(lock),
        readMs: all("readMs"),
        selectMs: all("selectMs"),
        againMs: all("againMs"),
    };
}
