import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findInterpreter, type Interpreter } from "../../../provider/build/interpreter";
import { run } from "../../../provider/build/run";
import { packageLayer } from "../../../provider/package";
import { type Target, targetFor } from "../../../provider/target";
import { pythonPath, uvPath } from "../../tools";
import { craftWheel } from "./craftWheel";
import { readWithPython } from "./readZip";

const execute = promisify(execFile);

describe("compileBytecode", function () {
    this.timeout(60_000);
    let folder: string;
    let target: Target;
    let environment: NodeJS.ProcessEnv;
    const signal = new AbortController().signal;
    before(async () => {
        const { stdout } = await execute(pythonPath(), [
            "-c",
            "import sys; print('%d.%d' % sys.version_info[:2])",
        ]);
        target = targetFor(stdout.trim(), "x86_64");
        environment = {
            ...process.env,
            PATH: `${dirname(pythonPath())}:${process.env["PATH"]}`,
            UV: uvPath(),
        };
    });
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "bytecode-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const context = (more: NodeJS.ProcessEnv = {}) => ({
        run,
        signal,
        cacheFolder: join(folder, "cache"),
        temporaryFolder: folder,
        report: () => undefined,
        environment: { ...environment, ...more },
    });
    const wheels = () =>
        craftWheel(folder, {
            entries: [
                {
                    name: "demo/__init__.py",
                    content: "def where():\n    return where.__code__.co_filename\n",
                },
                { name: "demo/template.py", content: "this is {{ no }} module\n" },
                { name: "demo/bundled.pyc", content: "sourceless" },
                { name: "single.py", content: "x = {'a', 'b', 'c'}\n" },
                { name: "demo-1.0.data/scripts/tool.py", content: "#!/bin/sh\n", mode: 0o100755 },
            ],
        });
    const pack = async (interpreter: Interpreter, name: string, exclude: readonly string[] = []) => {
        const temporaryFolder = join(folder, name);
        await mkdir(temporaryFolder);
        return packageLayer(
            {
                wheels: [await wheels()],
                target,
                destination: join(temporaryFolder, "layer.zip"),
                bytecode: { interpreter, run, temporaryFolder, environment },
                exclude,
            },
            { signal },
        );
    };

    it("adds what Python takes, checked by the source, with paths below /opt", async () => {
        const interpreter = await findInterpreter(target, context());
        const { path, packages, uncompressedSize } = await pack(interpreter, "one");
        const entries = await readWithPython(path);
        const tag = interpreter.cacheTag;
        assert.deepEqual(
            entries.map(({ name }) => name).filter((name) => name.endsWith(".pyc")),
            [
                `python/__pycache__/single.${tag}.pyc`,
                `python/demo/__pycache__/__init__.${tag}.pyc`,
                "python/demo/bundled.pyc",
            ],
        );
        assert.equal(
            uncompressedSize,
            entries.reduce((sum, { size }) => sum + size, 0),
        );
        assert.equal(packages[0]?.files, entries.length);
        const program = `
import importlib.util, marshal, sys, zipfile
data = zipfile.ZipFile(sys.argv[1]).read(sys.argv[2])
assert data[:4] == importlib.util.MAGIC_NUMBER
assert int.from_bytes(data[4:8], "little") == 3, "hash-based and checked (PEP 552)"
code = marshal.loads(data[16:])
names = {}
exec(code, names)
print(code.co_filename, names["where"]())
`;
        const { stdout } = await execute(interpreter.path, [
            "-c",
            program,
            path,
            `python/demo/__pycache__/__init__.${tag}.pyc`,
        ]);
        assert.equal(stdout.trim(), "/opt/python/demo/__init__.py /opt/python/demo/__init__.py");
    });

    it("gives the same bytes in two folders", async () => {
        const interpreter = await findInterpreter(target, context());
        const [one, other] = [await pack(interpreter, "one"), await pack(interpreter, "a-longer-name")];
        assert.deepEqual(await readFile(one.path), await readFile(other.path));
    });

    it("obeys exclude", async () => {
        const { path } = await pack(await findInterpreter(target, context()), "one", ["demo/__pycache__/"]);
        const names = (await readWithPython(path)).map(({ name }) => name);
        assert.ok(names.every((name) => !name.includes("demo/__pycache__")));
        assert.ok(names.some((name) => name.startsWith("python/__pycache__/single")));
    });

    it("asks for a Python of exactly the target's minor version, with the line that installs one", async () => {
        const missing = targetFor(target.pythonVersion === "3.9" ? "3.15" : "3.9", "x86_64");
        const none = join(folder, "none");
        await mkdir(none);
        await assert.rejects(
            findInterpreter(missing, {
                ...context({
                    PATH: none,
                    UV_PYTHON_INSTALL_DIR: none,
                    PYENV_ROOT: none,
                    UV: join(none, "uv"),
                }),
            }),
            (error: Error) => {
                assert.match(error.message, /^TOOL_NOT_FOUND: compileBytecode needs CPython/);
                assert.match(error.message, /uv python install 3\.(9|15)/);
                return true;
            },
        );
    });
});
