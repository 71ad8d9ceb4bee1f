import {
    access,
    link,
    mkdir,
    mkdtemp,
    readdir,
    readFile,
    readlink,
    rm,
    symlink,
    writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../scripts/command";
import { atShutdown } from "../../scripts/shutdown";
import type { Wanted } from "./installers";

const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];

/** `npm install` of what is wanted, whatever is installed already. */
export async function npmInstall(
    folder: string,
    { packages, environment }: Omit<Wanted, "tarball">,
): Promise<void> {
    await mustRun("npm", ["install", ...quiet, ...packages], { cwd: folder, env: environment });
}

/** What npm has installed, by what was wanted, in folders that outlive the projects. */
const made = new Map<string, Promise<string>>();
let home: Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> | undefined;

/**
 * As {@link npmInstall} into a folder that has no `node_modules`. What was installed before is not installed again: a
 * project gets the same files, as links.
 */
export async function npmInstallOnce(folder: string, wanted: Omit<Wanted, "tarball">): Promise<void> {
    const key = wanted.packages.join(" ");
    const installed = made.get(key) ?? installElsewhere(wanted);
    made.set(key, installed);
    const from = await installed;
    await linkFolder(join(from, "node_modules"), join(folder, "node_modules"));
    const { dependencies } = JSON.parse(await readFile(join(from, "package.json"), "utf8"));
    const own = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    await writeFile(join(folder, "package.json"), `${JSON.stringify({ ...own, dependencies })}\n`);
}

/** Removes what {@link npmInstallOnce} keeps. */
export async function removeInstalled(): Promise<void> {
    made.clear();
    await (await home)?.remove();
    home = undefined;
}

async function installElsewhere(wanted: Omit<Wanted, "tarball">): Promise<string> {
    home ??= makeHome();
    const folder = await mkdtemp(join((await home).folder, "npm-"));
    await writeFile(join(folder, "package.json"), '{ "private": true }\n');
    await npmInstall(folder, wanted);
    return folder;
}

async function makeHome() {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-lambda-layer-installed-"));
    return { folder, remove: atShutdown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 })) };
}

async function linkFolder(from: string, to: string): Promise<void> {
    await mkdir(to);
    const entries = await readdir(from, { withFileTypes: true });
    await Promise.all(
        entries.map(async (entry) => {
            const [source, target] = [join(from, entry.name), join(to, entry.name)];
            if (entry.isDirectory()) await linkFolder(source, target);
            else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
            else await link(source, target);
        }),
    );
}

/** Whether a folder has packages. */
export const hasPackages = (folder: string): Promise<boolean> =>
    access(join(folder, "node_modules")).then(
        () => true,
        () => false,
    );
