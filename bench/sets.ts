import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings, repository } from "../scripts/cacheFolder";
import { mustRun } from "../scripts/command";
import type { PythonTools } from "../scripts/pythonTools";
import type { SetInfo } from "./results";

/** From least to greatest. `middle` is what most teams have; `large` comes near Lambda's limit of 250 MB unpacked. */
export const setNames = ["small", "middle", "large"] as const;

export type SetName = (typeof setNames)[number];

const pinsPath = (name: SetName) => join(repository, "bench", "sets", `${name}.txt`);

/** The packages of a set, each `name==version`. */
export async function readPins(name: SetName): Promise<string[]> {
    const lines = (await readFile(pinsPath(name), "utf8")).split("\n").map((line) => line.trim());
    return lines.filter((line) => line !== "");
}

/** The project that is locked. */
export const projectName = "app";

/** The machine of Linux wheels: that of this processor. */
export const wheelMachine = process.arch === "arm64" ? "aarch64" : "x86_64";

/** A folder in the cache that serves a set's wheels; fetched once, from the index that pip is configured for. */
export async function fillMirror(
    name: SetName,
    tools: PythonTools,
    say: (line: string) => void = console.log,
): Promise<{ folder: string; info: SetInfo }> {
    const fill = join(repository, "bench", "mirror", "fill.py");
    const contents = await Promise.all([fill, pinsPath(name)].map((path) => readFile(path)));
    const prefix = `bench-wheels-${name}-`;
    const key = cacheKey([...contents, tools.pythonVersion, wheelMachine]);
    const mirror = join(cacheFolder(), `${prefix}${key}`);
    await makeOnce(mirror, async (folder) => {
        say(`Downloading the wheels of bench/sets/${name}.txt into ${folder} …`);
        await mkdir(join(folder, "files"));
        await mustRun(tools.python, [fill, folder, pinsPath(name), tools.pythonVersion, wheelMachine]);
    });
    await removeOldSiblings(mirror, prefix);
    const wheels = (await readdir(join(mirror, "files"))).filter((file) => file.endsWith(".whl"));
    const sizes = await Promise.all(
        wheels.map(async (file) => (await stat(join(mirror, "files", file))).size),
    );
    return {
        folder: mirror,
        info: {
            name,
            packages: await readPins(name),
            wheels: wheels.length,
            wheelBytes: sizes.reduce((sum, size) => sum + size, 0),
        },
    };
}

/** Writes a Python project of a set's packages: pyproject.toml, uv.lock, and the same exported as requirements.txt. */
export async function writeManifests(
    folder: string,
    name: SetName,
    tools: PythonTools,
    environment: NodeJS.ProcessEnv,
): Promise<void> {
    const project = [
        "[project]",
        `name = "${projectName}"`,
        'version = "1.0.0"',
        `requires-python = "==${tools.pythonVersion}.*"`,
        `dependencies = ${JSON.stringify(await readPins(name))}`,
    ];
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "pyproject.toml"), `${project.join("\n")}\n`);
    const options = { cwd: folder, env: environment };
    await mustRun(tools.uv, ["lock", "--quiet"], options);
    const listed = ["--frozen", "--no-emit-project", "--no-default-groups", "--no-header", "--no-annotate"];
    await mustRun(tools.uv, ["export", "--quiet", ...listed, "-o", "requirements.txt"], options);
}
