import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { storedZip } from "./sampleFiles";

const execute = promisify(execFile);

/** One run of a build hook, as the hook saw this machine. */
export interface Sighting {
    readonly package: string;
    /** `build_wheel`, `setup.py`, … */
    readonly hook: string;
    /** Environment, working folder, files below home and working folder, command lines and environments of the parents, git's settings. */
    readonly seen: string;
    readonly home: string;
}

/**
 * Python that writes down all that a hook can see without knowing where to look. Parents are followed up to Node: its environment
 * is the one that everything was planted in.
 */
const spy = (log: string) => `
import json, os, subprocess

def files(root):
    found = []
    for folder, folders, names in os.walk(root):
        if len(found) > 3000: break
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as file: found.append(path + "\\n" + file.read(200000).decode("latin1"))
            except OSError: pass
    return found

def parents():
    found, pid = [], os.getpid()
    while pid > 1:
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("node"): break
            for name in ("cmdline", "environ"):
                with open(f"/proc/{pid}/{name}", "rb") as file: found.append(file.read().decode("latin1"))
            for fd in os.listdir(f"/proc/{pid}/fd"):
                path = f"/proc/{pid}/fd/{fd}"
                if os.path.isfile(path):
                    with open(path, "rb") as file: found.append(file.read(200000).decode("latin1"))
            with open(f"/proc/{pid}/stat") as file: pid = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError: break
    return found

def look(package, hook):
    home = os.path.expanduser("~")
    git = subprocess.run(["git", "config", "--list"], capture_output=True, text=True).stdout
    seen = [json.dumps(dict(os.environ)), os.getcwd(), git] + parents() + files(home) + files(os.getcwd())
    with open(${JSON.stringify(log)}, "a") as out:
        out.write(json.dumps({"package": package, "hook": hook, "seen": "\\n".join(seen), "home": home}) + "\\n")

def write_wheel(folder, name, version):
    import zipfile
    filename = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as wheel:
        info = f"{name}-{version}.dist-info"
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(info + "/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return filename
`;

const backend = (name: string, version: string, requires: readonly string[]) => `
from spy import look, write_wheel

def get_requires_for_build_wheel(config_settings=None):
    look("${name}", "get_requires_for_build_wheel")
    return ${JSON.stringify(requires)}

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    import os
    look("${name}", "prepare_metadata_for_build_wheel")
    info = "${name}-${version}.dist-info"
    os.mkdir(os.path.join(folder, info))
    with open(os.path.join(folder, info, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
    with open(os.path.join(folder, info, "WHEEL"), "w") as file:
        file.write("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return info

def build_wheel(folder, config_settings=None, metadata_directory=None):
    look("${name}", "build_wheel")
    return write_wheel(folder, "${name}", "${version}")
`;

/** A project whose build hooks append a {@link Sighting} to `log`, and that needs these packages of an index to be built. */
export async function writeSpy(
    folder: string,
    name: string,
    log: string,
    requires: readonly string[] = ["helper", "second-helper"],
): Promise<void> {
    await mkdir(folder, { recursive: true });
    const pyproject =
        `[project]\nname = "${name}"\ndynamic = ["version", "dependencies"]\n` +
        `[build-system]\nrequires = ${JSON.stringify(requires.slice(0, 1))}\nbuild-backend = "backend"\nbackend-path = ["."]\n`;
    await writeFile(join(folder, "pyproject.toml"), pyproject);
    await writeFile(join(folder, "PKG-INFO"), `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
    await writeFile(join(folder, "spy.py"), spy(log));
    await writeFile(join(folder, "backend.py"), backend(name, "1.0", requires.slice(1)));
}

/** The same with nothing but a `setup.py`. */
export async function writeLegacySpy(folder: string, name: string, log: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "PKG-INFO"), `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`);
    await writeFile(
        join(folder, "setup.py"),
        `${spy(log)}\nlook("${name}", "setup.py")\nname, version = "${name}", "1.0"\n`,
    );
}

/** The project in the folder `root` of `folder` as an sdist. */
export async function archiveOf(folder: string, root: string): Promise<Buffer> {
    const archive = join(folder, `${root}.tar.gz`);
    await execute("tar", ["-czf", archive, root], { cwd: folder });
    return readFile(archive);
}

/**
 * Wheels that the spies need to be built: two empty helpers, and a `setuptools` that runs a `setup.py` and makes a wheel of what it
 * says, so that no real one has to be fetched.
 */
export const spyTools: Readonly<Record<string, Buffer>> = Object.fromEntries(
    Object.entries({
        helper: { "helper.py": "" },
        second_helper: { "second_helper.py": "" },
        setuptools: {
            "setuptools/__init__.py": "",
            "setuptools/build_meta.py": `
import os
def _run():
    said = {"__file__": os.path.abspath("setup.py"), "__name__": "__main__"}
    exec(open("setup.py").read(), said)
    return said
class _Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        _run()
        return []
    def prepare_metadata_for_build_wheel(self, folder, config_settings=None):
        said = _run()
        info = f"{said['name']}-{said['version']}.dist-info"
        os.mkdir(os.path.join(folder, info))
        with open(os.path.join(folder, info, "METADATA"), "w") as file:
            file.write(f"Metadata-Version: 2.1\\nName: {said['name']}\\nVersion: {said['version']}\\n")
        return info
    def build_wheel(self, folder, config_settings=None, metadata_directory=None):
        said = _run()
        return said["write_wheel"](folder, said["name"], said["version"])
__legacy__ = _Backend()
`,
        },
        wheel: { "wheel.py": "" },
    }).map(([name, files]): [string, Buffer] => {
        const info = `${name}-99.0.dist-info`;
        return [
            `${name}-99.0-py3-none-any.whl`,
            storedZip({
                ...files,
                [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 99.0\n`,
                [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                [`${info}/RECORD`]: "",
            }),
        ];
    }),
);

/** What the hooks have seen until now. */
export async function sightings(log: string): Promise<readonly Sighting[]> {
    const text = await readFile(log, "utf8").catch(() => "");
    return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line): Sighting => JSON.parse(line));
}
