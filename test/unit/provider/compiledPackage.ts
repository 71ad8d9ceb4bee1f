import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { repository } from "../../../scripts/cacheFolder";
import { runCommand } from "../../../scripts/command";

/** The package as it is shipped: compiled JavaScript, in a folder that programs find it from. */
export interface CompiledPackage {
    /** A folder whose `node_modules` holds the package and `@pulumi/pulumi`. */
    readonly folder: string;
    readonly remove: () => Promise<void>;
}

let compiled: Promise<CompiledPackage> | undefined;

// At the top level of a module this is a hook of mocha's root suite.
after(async () => {
    await (await compiled)?.remove();
});

/** The package, compiled once for all tests with the settings that the release is built with. */
export function compiledPackage(): Promise<CompiledPackage> {
    compiled ??= compilePackage();
    return compiled;
}

async function compilePackage(): Promise<CompiledPackage> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-lambda-layer-test-"));
    const modules = path.join(folder, "node_modules");
    const installed = path.join(modules, "pulumi-lambda-layer");
    await mkdir(installed, { recursive: true });
    const tsc = path.join(repository, "node_modules/typescript/bin/tsc");
    const outcome = await runCommand(
        process.execPath,
        [
            tsc,
            ...["-p", "tsconfig.build.json", "--outDir", path.join(installed, "lib")],
            // The same JavaScript as without them, in a fraction of the time: types are another stage's business.
            ...["--noCheck", "--noResolve", "--declaration", "false"],
        ],
        { cwd: repository },
    );
    if (outcome.exitCode !== 0) {
        throw new Error(`The package does not compile:\n${outcome.stdout}${outcome.stderr}`);
    }
    await symlink(path.join(repository, "package.json"), path.join(installed, "package.json"));
    // Everything it needs is found from its own place, as after an installation.
    await symlink(path.join(repository, "node_modules"), path.join(installed, "node_modules"));
    for (const name of ["@pulumi", "typescript"]) {
        await symlink(path.join(repository, "node_modules", name), path.join(modules, name));
    }
    return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs a program in the compiled package's folder and answers what it prints. */
export async function runProgram(folder: string, program: string): Promise<string> {
    const outcome = await runCommand(process.execPath, ["-e", program], { cwd: folder });
    if (outcome.exitCode !== 0) {
        throw new Error(outcome.stderr);
    }
    return outcome.stdout;
}
