import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import { packageTarball } from "../scripts/packageTarball";
import type { Command } from "./tools";

/** This package as users get it, with programs that call its parts. */
export interface OwnPackage {
    readonly folder: string;
    /** What was unpacked, for projects that install it. */
    readonly tarball: string;
    /** A process of `workers/<name>.ts`, compiled, against the packed package. */
    worker(name: "create" | "floor" | "manifest" | "steps", args?: readonly string[]): Command;
}

/** Unpacks the packed package into `folder` and puts the compiled workers beside it, where their imports find it. */
export async function unpackOwnPackage(folder: string): Promise<OwnPackage> {
    const tarball = await packageTarball();
    const unpacked = join(folder, "unpacked");
    await rm(folder, { recursive: true, force: true });
    await mkdir(unpacked, { recursive: true });
    await mustRun("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"]);
    await rename(join(unpacked, "lib"), join(folder, "provider"));
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));

    const sources = join(repository, "bench", "workers");
    const workers = join(folder, "bench", "workers");
    await mkdir(workers, { recursive: true });
    const compilerOptions = {
        module: ModuleKind.CommonJS,
        target: ScriptTarget.ES2022,
        esModuleInterop: true,
    };
    for (const name of await readdir(sources)) {
        const source = await readFile(join(sources, name), "utf8");
        const { outputText } = transpileModule(source, { compilerOptions });
        await writeFile(join(workers, name.replace(/\.ts$/, ".js")), outputText);
    }
    return {
        folder,
        tarball,
        worker: (name, args = []) => ({
            program: process.execPath,
            args: [join(workers, `${name}.js`), ...args],
        }),
    };
}
