import { access, constants, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheFolder, cacheKey, makeOnce, removeOldSiblings, repository } from "./cacheFolder";
import { mustRun, runCommand } from "./command";

/** Python programs at pinned versions, installed in the cache. All are absolute paths. */
export interface PythonTools {
    /** Its folder holds `uv` and `poetry` alone, so it can go on PATH without changing which Python is found. */
    readonly uv: string;
    /** With the export plugin. */
    readonly poetry: string;
    /** An interpreter that has boto3 and packaging. */
    readonly python: string;
    /** moto's server. */
    readonly moto: string;
    /** The interpreter that ministack is installed in, and that runs its Lambda functions. */
    readonly ministack: string;
    /** That interpreter's version without the patch release, such as `3.13`: what a layer it can use is built for. */
    readonly pythonVersion: string;
}

/** An interpreter that can make virtual environments. */
export interface Interpreter {
    readonly path: string;
    /** `3.13.0` */
    readonly version: string;
}

/** Newest first. Older ones are tried as `python3`. */
const names = ["python3.14", "python3.13", "python3.12", "python3"];
/** What `requirements/*.txt` are pinned for. */
const oldest = { major: 3, minor: 11 };

/**
 * Finds the Python tools in the cache or installs them there, with the newest suitable interpreter; says so in a line.
 * Rejects with what is missing when there is no such interpreter, and with pip's last lines when it fails.
 */
export async function pythonTools(say: (line: string) => void = console.log): Promise<PythonTools> {
    const interpreter = await findInterpreter();
    const [tools, ministack] = await Promise.all([
        environmentFor("tools", interpreter, say),
        environmentFor("ministack", interpreter, say),
    ]);
    say(`Python tools, with Python ${interpreter.version}: ${tools}, ${ministack}`);
    return {
        uv: join(tools, "path", "uv"),
        poetry: join(tools, "path", "poetry"),
        python: join(tools, "bin", "python"),
        moto: join(tools, "bin", "moto_server"),
        ministack: join(ministack, "bin", "python"),
        pythonVersion: withoutPatch(interpreter.version),
    };
}

/** The variables through which tests learn where the tools are. */
export function toolVariables(tools: PythonTools): Record<string, string> {
    return {
        PLL_UV: tools.uv,
        PLL_POETRY: tools.poetry,
        PLL_PYTHON: tools.python,
        PLL_MOTO: tools.moto,
        PLL_MINISTACK: tools.ministack,
        PLL_MINISTACK_PYTHON_VERSION: tools.pythonVersion,
    };
}

/** The first two numbers of a version: `3.13` of `3.13.0`. */
export const withoutPatch = (version: string): string => version.split(".").slice(0, 2).join(".");

/** The newest of several versions by their numbers, so that 3.9 comes before 3.13; undefined when there is none. */
export function newest<T extends { readonly version: string }>(candidates: readonly T[]): T | undefined {
    return [...candidates].sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0];
}

/** Looks through PATH, then through pyenv's versions, since its shims only start the selected ones. */
async function findInterpreter(): Promise<Interpreter> {
    const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...(await pyenvFolders())];
    for (const name of names) {
        const found: Interpreter[] = [];
        for (const folder of new Set(folders.filter((folder) => folder !== ""))) {
            const interpreter = await probe(join(folder, name));
            if (interpreter !== undefined) {
                found.push(interpreter);
            }
        }
        const best = newest(found);
        if (best !== undefined) {
            return best;
        }
    }
    throw new Error(
        `No Python ${oldest.major}.${oldest.minor} or newer that can make a virtual environment was found on PATH.\n` +
            "Install Python 3.13 (on Debian and Ubuntu with its python3-venv package) and run this again.",
    );
}

async function probe(path: string): Promise<Interpreter | undefined> {
    const isThere = await access(path, constants.X_OK).then(
        () => true,
        () => false,
    );
    if (!isThere) {
        return undefined;
    }
    const program =
        "import ensurepip, venv, sys; print(sys.version_info[:2] >= " +
        `(${oldest.major}, ${oldest.minor}), '.'.join(map(str, sys.version_info[:3])))`;
    const options = { env: cleanEnvironment(), timeoutMs: 20_000 };
    const result = await runCommand(path, ["-c", program], options).catch(() => undefined);
    const version = /^True (\d+\.\d+\.\d+)$/m.exec(result?.stdout ?? "")?.[1];
    return version === undefined ? undefined : { path, version };
}

async function pyenvFolders(): Promise<string[]> {
    const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
    const found = await readdir(versions).catch(() => []);
    return found.map((version) => join(versions, version, "bin"));
}

async function environmentFor(
    name: "tools" | "ministack",
    interpreter: Interpreter,
    say: (line: string) => void,
): Promise<string> {
    const requirements = join(repository, "scripts", "requirements", `${name}.txt`);
    const key = cacheKey([await readFile(requirements), interpreter.path, interpreter.version]);
    const prefix = `python-${name}-`;
    const environment = join(cacheFolder(), `${prefix}${key}`);
    await makeOnce(environment, async (folder) => {
        say(`Installing ${name} (scripts/requirements/${name}.txt) into ${folder} …`);
        const env = cleanEnvironment();
        await mustRun(interpreter.path, ["-m", "venv", folder], { env });
        const install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-cache-dir",
        ];
        await mustRun(join(folder, "bin", "python"), [...install, "-r", requirements], { env });
        if (name === "tools") {
            await mkdir(join(folder, "path"));
            for (const program of ["uv", "poetry"]) {
                await symlink(join("..", "bin", program), join(folder, "path", program));
            }
        }
    });
    await removeOldSiblings(environment, prefix);
    return environment;
}

/** Without settings that make a virtual environment see another one's packages or pip install elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
    const {
        PYTHONPATH: _path,
        PYTHONHOME: _home,
        PIP_USER: _user,
        PIP_TARGET: _target,
        ...rest
    } = process.env;
    return rest;
}
