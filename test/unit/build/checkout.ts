import { mkdir, writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { dirname, join } from "node:path";
import { mustRun } from "../../../scripts/command";

/** Files by path below a folder. */
export type Files = Readonly<Record<string, string>>;

/** Runs git in a folder, with nothing of this machine's configuration. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await mustRun("git", ["-c", "protocol.file.allow=always", ...args], {
        cwd: folder,
        env: {
            PATH: process.env["PATH"],
            HOME: folder,
            GIT_CONFIG_GLOBAL: devNull,
            GIT_CONFIG_NOSYSTEM: "1",
            ...Object.fromEntries(
                ["AUTHOR", "COMMITTER"].flatMap((who) => [
                    [`GIT_${who}_NAME`, "tests"],
                    [`GIT_${who}_EMAIL`, "tests@example.org"],
                ]),
            ),
        },
    });
    return stdout;
}

/** Writes files below a folder. */
export async function write(folder: string, files: Files): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
    }
}

/** Makes a folder's files a repository with one commit. */
export async function commit(folder: string): Promise<void> {
    await git(folder, "init", "--quiet");
    await git(folder, "add", "--all");
    await git(folder, "commit", "--quiet", "--message", "one");
}

/** A build backend that puts all that is below `src` into the wheel, and needs no index for itself. */
const backend = `import os, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    filename = "acme_shared-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as wheel:
        for folder, _, files in sorted(os.walk("src", followlinks=True)):
            for file in sorted(files):
                path = os.path.join(folder, file)
                wheel.write(path, os.path.relpath(path, "src"))
        info = "acme_shared-1.0.dist-info"
        wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: acme-shared\\nVersion: 1.0\\n")
        wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "/RECORD", "")
    return filename
`;

/** A workspace whose application needs one local package, `acme-shared` in `libs/shared`. */
export const workspaceFiles: Files = {
    ".gitignore": "__pycache__/\n.venv/\n/node_modules/\n*.log\nhtmlcov/\n",
    "uv.lock": `version = 1
revision = 3
requires-python = ">=3.9"

[[package]]
name = "app"
version = "1.0.0"
source = { virtual = "." }
dependencies = [{ name = "acme-shared" }]

[[package]]
name = "acme-shared"
version = "1.0"
source = { editable = "libs/shared" }
`,
    "libs/shared/pyproject.toml": `[project]
name = "acme-shared"
version = "1.0"

[build-system]
requires = []
build-backend = "backend"
backend-path = ["backend"]
`,
    "libs/shared/backend/backend.py": backend,
    "libs/shared/README.md": "shared\n",
    "libs/shared/src/acme/__init__.py": "from acme import prices\n",
    "libs/shared/src/acme/prices.py": "rate = 1\n",
    "libs/shared/tests/test_prices.py": "",
};
