import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings, repository } from "./cacheFolder";
import { mustRun, runCommand } from "./command";

/**
 * The commit whose package users upgrade from. Before the first release that is the first that did all that 0.1.0 promises;
 * later it is the tag of the release before.
 */
const previous = "f88575b8a45b";

/**
 * The path of the package that {@link previous} packs, as a tarball in the cache; built there once, with the checkout's own
 * compiler; `undefined` in a checkout without that commit (a shallow clone, an archive), which is told with what to do.
 */
export async function previousPackage(
    say: (line: string) => void = console.log,
): Promise<string | undefined> {
    const prefix = "previous-package-";
    const packed = join(cacheFolder(), `${prefix}${cacheKey([previous])}`);
    const known = await runCommand("git", ["cat-file", "-e", `${previous}^{commit}`], { cwd: repository });
    if (known.exitCode !== 0) {
        say(`No upgrade is tried: this checkout has no commit ${previous}. git fetch --unshallow brings it.`);
        return undefined;
    }
    await makeOnce(packed, async (made) => {
        say(`Packing the package of ${previous}, to upgrade from …`);
        const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-previous-"));
        try {
            const archive = join(folder, "source.tar");
            await mustRun("git", ["archive", "--output", archive, previous], { cwd: repository });
            await mustRun("tar", ["-xf", archive, "-C", folder]);
            await rm(archive);
            await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
            // Linked packages have no name that declarations could refer to; who upgrades a program in JavaScript needs none.
            const compiler = join(repository, "node_modules", "typescript", "bin", "tsc");
            const compile = [compiler, "-p", "tsconfig.build.json", "--declaration", "false"];
            await mustRun("node", compile, { cwd: folder });
            const pack = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", made];
            await mustRun("npm", pack, { cwd: folder });
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
    await removeOldSiblings(packed, prefix);
    const tarball = (await readdir(packed)).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) {
        throw new Error(`npm pack left no tarball in ${packed}. Remove that folder and run this again.`);
    }
    return join(packed, tarball);
}
