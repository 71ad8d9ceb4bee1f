import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../scripts/command";
import { uvPath } from "../tools";

/** Small packages, one of them with compiled wheels for every target. */
export const smallDependencies = ["idna==3.10", "markupsafe==3.0.2"];

/** The same with a newer idna. */
export const bumpedDependencies = ["idna==3.11", "markupsafe==3.0.2"];

/** What uv makes of a project's direct dependencies. */
export interface Locks {
    readonly uvLock: Buffer;
    /** `uv export` of the same: pinned, complete, with hashes. */
    readonly requirements: Buffer;
}

const made = new Map<string, Promise<Locks>>();

/** Locks real packages, once for each set of dependencies in this process. */
export function lock(dependencies: readonly string[] = smallDependencies): Promise<Locks> {
    const key = dependencies.join(" ");
    const locks = made.get(key) ?? makeLocks(dependencies);
    made.set(key, locks);
    return locks;
}

async function makeLocks(dependencies: readonly string[]): Promise<Locks> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-lock-"));
    try {
        const project = [
            "[project]",
            'name = "app"',
            'version = "1.0.0"',
            'requires-python = ">=3.10"',
            `dependencies = ${JSON.stringify(dependencies)}`,
        ];
        await writeFile(join(folder, "pyproject.toml"), `${project.join("\n")}\n`);
        await mustRun(uvPath(), ["lock"], { cwd: folder });
        const exported = ["export", "--frozen", "--no-emit-project", "--no-default-groups", "--no-header"];
        await mustRun(uvPath(), [...exported, "-o", "requirements.txt"], { cwd: folder });
        return {
            uvLock: await readFile(join(folder, "uv.lock")),
            requirements: await readFile(join(folder, "requirements.txt")),
        };
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
