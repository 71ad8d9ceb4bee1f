import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { archiveOf } from "./spyPackage";

/**
 * The sdist of a package with a C library, as bytes. Its build compiles with this machine's `gcc` and names the wheel after this
 * machine and the Python that builds, or, where `tag` is given, whatever that says.
 */
export async function compiledSdist(
    folder: string,
    name: string,
    version: string,
    tag?: string,
): Promise<Buffer> {
    const root = `${name}-${version}`;
    await mkdir(join(folder, root), { recursive: true });
    const write = (file: string, text: string) => writeFile(join(folder, root, file), text);
    await write(
        "pyproject.toml",
        `[project]\nname = "${name}"\nversion = "${version}"\n
[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
    );
    await write("PKG-INFO", `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
    await write("native.c", "int answer(void) { return 42; }\n");
    await write(
        "backend.py",
        `import os, subprocess, sys, sysconfig, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    library = "native" + sysconfig.get_config_var("EXT_SUFFIX")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "native.c"], check=True)
    python = "cp%d%d" % sys.version_info[:2]
    own = f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    tag = ${tag === undefined ? "own" : JSON.stringify(tag)}
    filename = f"${name}-${version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as wheel:
        wheel.write(library, "${name}/" + library)
        wheel.writestr("${name}/__init__.py", "")
        info = "${name}-${version}.dist-info"
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")
        wheel.writestr(info + "/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: {tag}\\n")
        wheel.writestr(info + "/RECORD", "")
    return filename
`,
    );
    return archiveOf(folder, root);
}
