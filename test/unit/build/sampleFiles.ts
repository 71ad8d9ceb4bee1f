import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";

export const sha256 = (bytes: Uint8Array | string): string =>
    createHash("sha256").update(bytes).digest("hex");

/** A wheel of one module, as small as one can be: every entry stored. */
export function sampleWheel(
    name: string,
    version: string,
    requires: readonly string[] = [],
    extras: readonly string[] = [],
): Buffer {
    const info = `${name}-${version}.dist-info`;
    return storedZip({
        [`${name}.py`]: `version = ${JSON.stringify(version)}\n`,
        [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${[
            ...extras.map((extra) => `Provides-Extra: ${extra}\n`),
            ...requires.map((one) => `Requires-Dist: ${one}\n`),
        ].join("")}`,
        [`${info}/WHEEL`]:
            "Wheel-Version: 1.0\nGenerator: sample\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        [`${info}/RECORD`]: "",
    });
}

/** A zip of these files, every entry stored. */
export function storedZip(files: Readonly<Record<string, string>>): Buffer {
    const parts: Buffer[] = [];
    const directory: Buffer[] = [];
    let offset = 0;
    for (const [path, text] of Object.entries(files)) {
        const [name, bytes] = [Buffer.from(path), Buffer.from(text)];
        const common = Buffer.alloc(26);
        common.writeUInt16LE(20, 0);
        common.writeUInt16LE(0x21, 8); // 1980-01-01
        common.writeUInt32LE(crc32(bytes), 10);
        common.writeUInt32LE(bytes.length, 14);
        common.writeUInt32LE(bytes.length, 18);
        common.writeUInt16LE(name.length, 22);
        const tail = Buffer.alloc(14);
        tail.writeUInt32LE(0o100644 * 0x10000, 6);
        tail.writeUInt32LE(offset, 10);
        const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, bytes]);
        directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03"), common, tail, name]));
        parts.push(local);
        offset += local.length;
    }
    const central = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.write("PK\x05\x06", "latin1");
    end.writeUInt16LE(directory.length, 8);
    end.writeUInt16LE(directory.length, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(offset, 16);
    return Buffer.concat([...parts, central, end]);
}

/**
 * Writes a project that builds with a backend of its own, so that building it needs no index. The wheel's platform is
 * `tag`.
 */
export async function writeProject(
    folder: string,
    name: string,
    version: string,
    tag = "py3-none-any",
): Promise<void> {
    await mkdir(folder, { recursive: true });
    await writeFile(
        join(folder, "pyproject.toml"),
        [
            `[project]\nname = "${name}"\nversion = "${version}"\n`,
            `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`,
        ].join("\n"),
    );
    await writeFile(join(folder, "PKG-INFO"), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
    const metadata = `Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n`;
    await writeFile(
        join(folder, "backend.py"),
        `import os, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    open("left-by-the-build.txt", "w").close()
    filename = "${name}-${version}-${tag}.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as wheel:
        wheel.writestr("${name}.py", "version = '${version}'\\n")
        info = "${name}-${version}.dist-info"
        wheel.writestr(info + "/METADATA", "${metadata}")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: ${tag}\\n")
        wheel.writestr(info + "/RECORD", "")
    return filename
`,
    );
}
