import { access, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "smol-toml";
import { mustRun } from "../../../scripts/command";
import { pythonPath, uvPath } from "../../tools";

/** Releases of known projects whose source distribution carries the lock they are developed with. */
const releases = {
    "open-webui": "0.12.4",
    outlines: "1.3.3",
    mcp: "2.3.0",
    "langchain-community": "0.4.2",
    "openhands-ai": "1.11.0",
} as const;

export type Project = keyof typeof releases;

/** The unpacked source distribution of each project, in a new folder of its own; uv says where they are. */
export async function fetchProjects(): Promise<{ folder: string; roots: ReadonlyMap<Project, string> }> {
    const folder = await mkdtemp(join(tmpdir(), "known-projects-"));
    const pins = Object.entries(releases).map(([name, version]) => `${name}==${version}\n`);
    await writeFile(join(folder, "requirements.in"), pins.join(""));
    await mustRun(
        uvPath(),
        [
            ...["pip", "compile", "-q", "--no-deps", "--no-config", "--python-version", "3.12"],
            ...["--python", pythonPath(), "--format", "pylock.toml", "-o", "pylock.toml", "requirements.in"],
        ],
        { cwd: folder, timeoutMs: 120_000 },
    );
    const lock = parse(await readFile(join(folder, "pylock.toml"), "utf8"));
    const roots = new Map<Project, string>();
    for (const [name, url] of sourceDistributions(lock["packages"])) {
        const response = await fetch(url);
        if (!response.ok) {
            throw new Error(`${name}: ${response.status} ${response.statusText}`);
        }
        const archive = join(folder, `${name}.tar.gz`);
        await writeFile(archive, Buffer.from(await response.arrayBuffer()));
        const unpacked = join(folder, name);
        await mkdir(unpacked);
        await mustRun(pythonPath(), ["-m", "tarfile", "-e", archive, unpacked], { cwd: folder });
        const [root] = await readdir(unpacked);
        roots.set(name, join(unpacked, root ?? ""));
    }
    return { folder, roots };
}

/** Whether the project has this file. */
export const has = (root: string, file: string): Promise<boolean> =>
    access(join(root, file)).then(
        () => true,
        () => false,
    );

function sourceDistributions(packages: unknown): [name: Project, url: string][] {
    const found: [Project, string][] = [];
    for (const entry of Array.isArray(packages) ? packages : []) {
        const name = (Object.keys(releases) as Project[]).find((project) => project === entry?.name);
        if (name !== undefined && typeof entry.sdist?.url === "string") {
            found.push([name, entry.sdist.url]);
        }
    }
    return found;
}
